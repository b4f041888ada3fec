export { Forest, LeadscoreError, Pipeline, errorCodes, isRefused, version } from './index.js';
export type * from './index.js';
