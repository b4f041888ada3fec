// Types by openapi-typescript, which tsc checks; then a call of each family with openapi-fetch.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import createClient from 'openapi-fetch';

const { LEADSCORE_URL: baseUrl, LEADSCORE_KEY: key, LEADSCORE_TOKEN: token, LEADSCORE_WORK: work } = process.env;
const tool = (...path) => join(import.meta.dirname, 'node_modules', ...path);
const types = join(work, 'schema.d.ts');
execFileSync(process.execPath, [tool('openapi-typescript', 'bin', 'cli.js'), `${baseUrl}/openapi.json`, '-o', types], { stdio: 'inherit' });
execFileSync(process.execPath, [tool('typescript', 'bin', 'tsc'), '--noEmit', '--strict', types], { stdio: 'inherit' });
const source = readFileSync(types, 'utf8');

const sample = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/examples/sample_request_1.json'), 'utf8'));
const keyed = createClient({ baseUrl, headers: { 'x-api-key': key } });
const signed = createClient({ baseUrl, headers: { authorization: `Bearer ${token}` } });
const calls = [
  ['system', '/health', () => keyed.GET('/health')],
  ['b2b', '/api/v1/score', () => keyed.POST('/api/v1/score', { body: sample })],
  ['core', '/api/v1/leads', () => keyed.POST('/api/v1/leads', { body: { id: 'ts-1', email: 'ts@acme.example' } })],
  ['heatscore', '/api/v1/metrics', () => keyed.GET('/api/v1/metrics')],
  ['lead-ml', '/api/lead-scoring/leads/{id}/ml/features', () => signed.GET('/api/lead-scoring/leads/{id}/ml/features', { params: { path: { id: 1 } } })],
];
for (const [family, path, call] of calls) {
  assert.ok(source.includes(`"${path}"`), `${path} is not among the generated types`);
  const { data, error, response } = await call();
  assert.ok(response.ok, `${family} ${path}: ${response.status} ${JSON.stringify(error)}`);
  assert.ok(data, `${family}: no data`);
  console.log(`${family}: ${response.status}`);
}
