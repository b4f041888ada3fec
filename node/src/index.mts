export { Forest, LeadscoreError, Pipeline, errorCodes, version } from './index.js';
export type * from './index.js';
