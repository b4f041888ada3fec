import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Answer, ModelFailure, Pipeline, Task, type TaskFields, assist } from 'leadscore';
import { refused } from './support.js';

// What is wrong by its type too.
type Any = any;

const pipeline = Pipeline.builtin('conversion');
const lead = { id: 'l-1', title: 'VP Sales', name: 'Ann Lee', email: 'ann@acme.example' };
const fields = { pipeline, lead, as_of: '2026-11-22' };
const task = Task.of('next_action', fields);
const GOOD = '{"action":"Call the VP Sales","rationale":"They decide.","priority":"high","timeframe":"Today"}';

test('an answer is taken, with usage and cost', async () => {
  const asked = await assist(task, async (prompt) => {
    assert.ok(prompt.user.includes('VP Sales') && prompt.schema['type'] === 'object');
    return { text: GOOD, model: 'gpt-4o-mini', usage: { input_tokens: 600, output_tokens: 40 } };
  });
  assert.equal(asked.output.action, 'Call the VP Sales');
  const { usage, cost, provenance } = asked;
  assert.deepEqual([usage, cost], [{ input_tokens: 600, output_tokens: 40 }, 0.000114]);
  assert.deepEqual(provenance, { task: 'next_action', version: 1, author: 'model', model: 'gpt-4o-mini' });
  assert.equal((await assist(task, () => GOOD)).provenance.author, 'model');
});

test('what is no good answer is by the rules', async () => {
  for (const answer of [null, undefined, 'Sure!', GOOD.replace('They', 'Marcus Miller')]) {
    const asked = await assist(task, () => answer);
    assert.equal(asked.provenance.author, 'rules');
    assert.ok(asked.output.action.length > 0 && asked.provenance.reason);
  }
  assert.deepEqual(task.overBudget().provenance.reason, { kind: 'not_asked', why: 'over_budget' });
});

test('failures of the call are the reason', async () => {
  class APIConnectionTimeoutError extends Error {}
  class APIConnectionError extends Error {}
  const failed = (extra: object) => Object.assign(new Error('key sk-secret'), extra);
  const failures: [unknown, string][] = [
    [failed({ status: 429, headers: new Headers({ 'retry-after': '2.5' }) }), 'rate_limited'],
    [failed({ status_code: 404 }), 'unknown_model'],
    [failed({ code: 'ECONNRESET' }), 'connection'],
    [new TypeError('fetch failed', { cause: failed({ code: 'ECONNREFUSED' }) }), 'connection'],
    [new TypeError('fetch failed', { cause: failed({ code: 'UND_ERR_HEADERS_TIMEOUT' }) }), 'timeout'],
    [new APIConnectionTimeoutError('x'), 'timeout'],
    [new APIConnectionError('x'), 'connection'],
    [new DOMException('x', 'TimeoutError'), 'timeout'],
    [new ModelFailure('refused', 'no'), 'refused'],
    [new ModelFailure(503, 'busy'), 'unavailable'],
  ];
  for (const [error, kind] of failures) {
    const { reason } = (await assist(task, () => Promise.reject(error))).provenance;
    assert.ok(reason?.kind === 'failed', String(error));
    assert.equal(reason.failure.kind, kind, String(error));
    assert.equal(reason.failure.retry_after, kind === 'rate_limited' ? 2.5 : undefined);
    assert.ok(!JSON.stringify(reason).includes('sk-secret'));
  }
  const aborted = new DOMException('x', 'AbortError');
  for (const error of [new TypeError('a defect'), aborted, 'a text', failed({ code: 7 })]) {
    await assert.rejects(
      assist(task, () => {
        throw error;
      }),
      (thrown) => thrown === error,
    );
  }
});

test('details go out as placeholders', async () => {
  const masked = Task.of('next_action', { ...fields, mask: true });
  assert.ok(!/Ann|acme/.test(masked.prompt().user), masked.prompt().user);
  const asked = await assist(masked, () => GOOD.replace('the VP Sales', '[NAME_1]'));
  assert.equal(asked.output.action, 'Call Ann Lee');
});

test('a chat goes on', () => {
  const first = Task.of('chat_reply', { message: 'How much is the oak desk?', country: 'GB' }).conclude();
  assert.equal(first.output.reply.asks, 'name');
  const { conversation } = first.output;
  const facts = ['The oak desk costs 420 euros.'];
  const next = Task.of('chat_reply', { message: "I'm Ann Smith", conversation, facts }).conclude();
  assert.deepEqual(next.output.captured, { name: 'Ann Smith' });
  assert.equal(Task.of('chat_intent', { message: 'Not interested' }).conclude().output.intent, 'COLD');
});

test('every kind is made of its fields', () => {
  const kinds: { [K in keyof TaskFields]: TaskFields[K] } = {
    conversion: { ...fields, band: 0.1 },
    time_to_close: fields,
    next_action: { ...fields, as_of: new Date(0), zone: 'Europe/Berlin', mode: 'lenient', reasons: 2 },
    qualification: { ...fields, pipeline: Pipeline.builtin('qualify') },
    ranking: { pipeline, leads: [lead, { id: 2 }], mask: true },
    email: {
      ...fields,
      knowledge: [{ name: 'a.md', text: '# Oriole\n\nOriole finds duplicates in lists of contacts.' }],
      sender: {
        name: 'Mara Quill',
        company: 'Oriole',
        address: '1 Sample Street',
        unsubscribe: 'https://oriole.example/u',
      },
      channel: 'whatsapp',
    },
    chat_intent: { message: 'Hi' },
    chat_reply: { message: 'Hi' },
  };
  for (const [kind, own] of Object.entries(kinds)) {
    const made = Task.of(kind as keyof TaskFields, own as Any);
    assert.equal(made.prompt().task, kind);
    assert.equal(made.conclude().provenance.author, 'rules');
  }
});

test('what is no task is refused', () => {
  const wrong: [Any, Any, string, string][] = [
    ['horoscope', {}, 'invalid_task', 'task'],
    [7, {}, 'invalid_task', 'task'],
    ['next_action', undefined, 'invalid_task', ''],
    ['next_action', { lead }, 'invalid_task', ''],
    ['next_action', { lead, pipeline: {} }, 'invalid_task', 'pipeline'],
    ['next_action', { ...fields, lead: 5 }, 'invalid_lead', 'lead'],
    ['next_action', { ...fields, lead: { a: /x/ } }, 'invalid_lead', 'lead.a'],
    ['next_action', { ...fields, as_of: 'soon' }, 'invalid_context', 'as_of'],
    ['next_action', { ...fields, band: 0.5 }, 'invalid_task', ''],
    ['conversion', { ...fields, band: 2 }, 'invalid_task', 'band'],
    ['ranking', { pipeline, leads: [lead, lead] }, 'invalid_task', 'leads[1]'],
    ['ranking', { pipeline, leads: 'abc' }, 'invalid_task', 'leads'],
    ['chat_intent', { message: '\ud800' }, 'invalid_json', ''],
    ['chat_reply', { message: 'Hi', conversation: () => 1 }, 'invalid_task', 'conversation'],
  ];
  for (const [kind, own, code, path] of wrong) {
    assert.throws(() => Task.of(kind, own), refused(code, path));
  }
  const answers: Any[] = [7, {}, [], { text: 7 }, { text: 'a', cost: -1 }, { text: 'a', tokens: 1 }, '\ud800'];
  for (const answer of answers as Answer[]) {
    assert.throws(() => task.conclude(answer), refused('invalid_task'));
  }
  assert.throws(() => task.conclude(new ModelFailure(700)), refused('invalid_task', 'failure.status'));
  const closed = Pipeline.builtin('conversion');
  closed.close();
  assert.throws(() => Task.of('next_action', { ...fields, pipeline: closed }), refused('closed'));
});
