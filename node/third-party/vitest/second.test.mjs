import * as leadscore from 'leadscore';
import { test } from 'vitest';

import suite from '../suite.cjs';

test.each(suite)('%s', (_, work) => work(leadscore));
