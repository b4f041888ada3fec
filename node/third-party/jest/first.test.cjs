const suite = require('../suite.cjs');

const leadscore = require('leadscore');

test.each(suite)('%s', (_, work) => work(leadscore));

test('values of the package are equal to those of the test', () => {
  expect(leadscore.Pipeline.builtinNames()).toStrictEqual([...leadscore.Pipeline.builtinNames()]);
  expect(() => leadscore.Pipeline.builtin('none')).toThrow(leadscore.LeadscoreError);
  expect(leadscore.Pipeline.builtin('b2b').scoreMatrix(new Float64Array(50)).scores).toBeInstanceOf(Float64Array);
});

test('a second copy in the same file knows the errors of the first', () => {
  let error;
  try {
    leadscore.Pipeline.builtin('none');
  } catch (thrown) {
    error = thrown;
  }
  jest.resetModules();
  const again = require('leadscore');
  expect(again.LeadscoreError).not.toBe(leadscore.LeadscoreError);
  expect(error).toBeInstanceOf(again.LeadscoreError);
});

test('fake timers do not stop work', async () => {
  jest.useFakeTimers();
  const leads = Array.from({ length: 300 }, (_, id) => ({ id }));
  const scored = await leadscore.Pipeline.builtin('b2b').scoreManyAsync(leads);
  jest.useRealTimers();
  expect(scored).toHaveLength(300);
});
