// A receiver of webhooks that knows Stripe's and Standard Webhooks' own libraries for Node, and nothing else of ours.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import Stripe from 'stripe';
import { Webhook } from 'standardwebhooks';

const { LEADSCORE_URL: url, LEADSCORE_KEY: key } = process.env;
const stripe = new Stripe('sk_test_none');
const taken = [];
let wake = () => {};
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    taken.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(204).end();
    wake();
  });
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

async function call(path, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

async function next() {
  const late = AbortSignal.timeout(30_000);
  while (taken.length === 0) {
    late.throwIfAborted();
    await Promise.race([new Promise((done) => (wake = done)), new Promise((done) => setTimeout(done, 500))]);
  }
  return taken.shift();
}

/** Whether both libraries take a delivery; they must agree. */
function verifies({ headers, body }, secret) {
  const said = [
    () => stripe.webhooks.constructEvent(body, headers['x-qualifier-signature'], secret),
    () => new Webhook(secret).verify(body, headers),
  ].map((verify) => {
    try {
      return verify().event === headers['x-qualifier-event'];
    } catch {
      return false;
    }
  });
  assert.equal(said[0], said[1], JSON.stringify(headers));
  return said[0];
}

const hook = await call('/api/webhooks', {
  url: `http://127.0.0.1:${server.address().port}/hook`,
  events: ['lead.qualified', 'lead.scored'],
});
const lead = { email: 'zoe@acme.example', company: 'Acme Corp' };
await call('/api/qualify', lead);
const first = await next();
const other = 'whsec_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=';
assert.ok(verifies(first, hook.secret), JSON.stringify(first));
assert.ok(!verifies({ ...first, body: first.body.replace('acme', 'evil') }, hook.secret));
assert.ok(!verifies({ ...first, body: `${first.body} ` }, hook.secret));
assert.ok(!verifies(first, other));
const time = first.headers['webhook-timestamp'];
const old = Object.fromEntries(
  Object.entries(first.headers).map(([name, value]) => [name, value.replace(time, '1742034600')]),
);
assert.ok(!verifies({ ...first, headers: old }, hook.secret));
// With a new secret, receivers of both verify.
const rotated = await call(`/api/webhooks/${hook.id}/rotate`, {});
await call('/api/qualify', lead);
const second = await next();
assert.ok(verifies(second, hook.secret) && verifies(second, rotated.secret) && !verifies(second, other));
console.error('stripe and standardwebhooks for Node took 2 deliveries and refused 5 others');
server.closeAllConnections();
server.close();
