// In the same process as the first file, in a realm of its own.
const suite = require('../suite.cjs');

test.each(suite)('%s', (_, work) => work(require('leadscore')));
