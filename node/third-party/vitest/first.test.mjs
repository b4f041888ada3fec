import * as leadscore from 'leadscore';
import { expect, test } from 'vitest';

import suite from '../suite.cjs';

test.each(suite)('%s', (_, work) => work(leadscore));

test('values of the package are equal to those of the test', () => {
  expect(leadscore.Pipeline.builtinNames()).toStrictEqual([...leadscore.Pipeline.builtinNames()]);
  expect(() => leadscore.Pipeline.builtin('none')).toThrow(leadscore.LeadscoreError);
  expect(leadscore.Pipeline.builtin('b2b').scoreMatrix(new Float64Array(50)).scores).toBeInstanceOf(Float64Array);
});
