export { Forest, LeadscoreError, ModelFailure, Pipeline, Task, assist, errorCodes, version } from './index.js';
export type * from './index.js';
