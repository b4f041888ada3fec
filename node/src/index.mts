export { Capacity, Forest, LeadscoreError, ModelFailure, Pipeline, Task, assist, errorCodes } from './index.js';
export { mergeRankings, rank, trainFile, trainFileAsync, version } from './index.js';
export type * from './index.js';
