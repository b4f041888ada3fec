// A page of another origin in Chromium: one that the server knows may read its answers, one that it does not know may not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { LEADSCORE_URL: base, LEADSCORE_KEY: key, LEADSCORE_TOKEN: token, LEADSCORE_PAGE_PORT: allowedPort } = process.env;
const sample = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/examples/sample_request_1.json'), 'utf8'));

const page = (port) =>
  new Promise((resolve) => {
    const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>CRM</title>'));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
const servers = [await page(Number(allowedPort)), await page(0)];
const [allowed, other] = servers.map((server) => `http://127.0.0.1:${server.address().port}`);
const predictions = async () => {
  const text = await (await fetch(`${base}/metrics`)).text();
  return [...text.matchAll(/^model_predictions_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const context = await browser.newContext();

// Opens a page of an origin; gives what calls from it, and the preflights that the browser sent.
async function open(origin) {
  const tab = await context.newPage();
  const preflights = [];
  const network = await context.newCDPSession(tab);
  await network.send('Network.enable');
  network.on('Network.requestWillBeSent', ({ request }) => {
    if (request.method === 'OPTIONS') preflights.push(request.url.slice(base.length));
  });
  if (origin) await tab.goto(origin);
  const call = (path, method = 'GET', headers = {}, body) =>
    tab.evaluate(
      async ([url, options]) => {
        try {
          const response = await fetch(url, options);
          return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
        } catch (error) {
          return { error: error.message };
        }
      },
      [base + path, { method, headers, body: body && JSON.stringify(body) }],
    );
  return { call, preflights };
}

const json = { 'Content-Type': 'application/json' };
const keyed = { ...json, 'X-API-Key': key };
const lead = { name: 'Ann', email: 'ann@acme.example', page_views: 12 };

const ours = await open(allowed);
let answer = await ours.call('/api/v1/score', 'POST', keyed, sample);
assert.equal(answer.status, 200, JSON.stringify(answer));
assert.ok(answer.body.score.raw_score > 0);
assert.ok(ours.preflights.includes('/api/v1/score'), `the browser asked first: ${ours.preflights}`);
assert.ok(answer.headers['x-request-id'], 'the id of the request can be read');
answer = await ours.call('/api/v1/score-lead', 'POST', { ...keyed, 'Idempotency-Key': 'a page' }, lead);
assert.equal(answer.status, 200, JSON.stringify(answer));
assert.equal(answer.headers['x-ratelimit-limit'], '100', 'what is left can be read');
const id = answer.body.lead_id;
answer = await ours.call(`/api/v1/leads/${id}`, 'PATCH', keyed, { attributes: { company: 'Acme' } });
assert.equal(answer.body.attributes?.company, 'Acme', JSON.stringify(answer));
answer = await ours.call('/api/lead-scoring/leads/1/ml/predict', 'POST', { ...json, Authorization: `Bearer ${token}` }, {});
assert.equal(answer.status, 200, JSON.stringify(answer));
// What goes wrong can be read too: a page that cannot say why it fails is of no use.
for (const [path, method, headers, body, status] of [
  ['/api/v1/score', 'POST', { ...keyed, 'X-API-Key': 'wrong' }, sample, 401],
  ['/api/v1/score', 'POST', keyed, {}, 422],
  ['/api/v1/score-lead', 'POST', keyed, {}, 400],
  ['/api/v1/no-such-route', 'GET', keyed, undefined, 404],
]) {
  answer = await ours.call(path, method, headers, body);
  assert.equal(answer.status, status, `${path}: ${JSON.stringify(answer)}`);
}

const before = await predictions();
for (const [name, origin] of [['another port', other], ['another name', other.replace('127.0.0.1', 'localhost')], ['no origin', null]]) {
  const theirs = await open(origin);
  answer = await theirs.call('/api/v1/score', 'POST', keyed, sample);
  assert.ok(answer.error, `${name} reads the answer: ${JSON.stringify(answer)}`);
  // Also where the browser asks nothing first: the answer comes, and the page does not get it.
  answer = await theirs.call('/health');
  assert.ok(answer.error, `${name} reads an answer to a simple request: ${JSON.stringify(answer)}`);
  assert.deepEqual(theirs.preflights.slice(0, 1), ['/api/v1/score'], name);
}
assert.equal(await predictions(), before, 'what is not allowed is not even sent');
console.log(`${allowed} reads, ${other} does not; ${ours.preflights.length} preflights`);
await browser.close();
servers.forEach((server) => server.close());
