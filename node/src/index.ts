/**
 * Scores sales leads inside your own process: which ones first, why, and what to do next.
 *
 * @packageDocumentation
 */
import './bundled.js';
import { native } from './native.js';

export type * from './assisted.js';
export {
  Capacity,
  type CapacityRanking,
  type GroupStanding,
  type Standing,
  type Tie,
} from './capacity.js';
export { type CoreErrorCode, type ErrorCode, type Issue, LeadscoreError } from './error.js';
export { Forest, type ForestLaterOptions, type ForestOptions, type LoadOptions, type Unseen } from './forest.js';
export type { Refused, Scored } from './many.js';
export type { FeatureMatrix, Matrix, MatrixInput, Values } from './matrix.js';
export { type MatrixScores, Pipeline } from './pipeline.js';
export { type Ranking, mergeRankings, rank } from './rank.js';
export type { Rows } from './rows.js';
export {
  type Answer,
  type FailureKind,
  ModelFailure,
  type Prompt,
  type Reply,
  Task,
  type TaskFields,
  type Usage,
  assist,
} from './task.js';
export {
  type Trained,
  type TrainListener,
  type TrainOptions,
  type TrainProgress,
  type TrainReport,
  trainFile,
  trainFileAsync,
} from './train.js';
export type * from './types.js';

/** The library's version. */
export const version: string = native.version();

/** Every code an error of the library can have. */
export const errorCodes: readonly string[] = Object.freeze(native.errorCodes());
