import { encodeAny } from './encode.js';
import { enter, LeadscoreError } from './error.js';
import { pathOf } from './handle.js';
import { enterLater } from './later.js';
import { cleanUpBeforeSignals, native } from './native.js';
import { asOfText, checkThreads, known, later } from './options.js';
import { Pipeline } from './pipeline.js';

const LISTENER = 'onProgress';
const TEXTS = ['positive', 'drop', 'won_by', 'lost_by'];
const OPTIONS = [
  'input',
  'target',
  ...TEXTS,
  'id',
  'weight',
  'missing',
  'time',
  'activities',
  'horizon',
  'every',
  'start',
  'ended',
  'valid',
  'map',
  'as_of',
  'zone',
  'capture',
  'precision',
  'monotone',
  'calibration',
  'folds',
  'rounds',
  'seed',
  'pipeline_id',
  'name',
  'synthetic',
  'output',
  'threads',
];

/** How a pipeline is learned from a file of past leads (CSV, JSON lines or JSON, also gzipped). */
export interface TrainOptions {
  input: string | URL;
  /** The column that says what became of a lead; with a horizon the dates on which leads were won. */
  target?: string | undefined;
  /** Its values that mean won, where they are not 1, yes, true, won or converted. */
  positive?: readonly (string | number | boolean)[] | undefined;
  /** The column of the leads' ids: not learned from, and rows of one lead are kept together. */
  id?: string | undefined;
  /** The column of numbers from 0 up that say how much each row counts; not learned from. */
  weight?: string | undefined;
  /** Columns that are not learned from. */
  drop?: readonly string[] | undefined;
  /** Values of columns that mean missing: `{ pdays: [999] }`. */
  missing?: { readonly [column: string]: readonly (string | number)[] } | undefined;
  /** The column of dates as of which each lead is judged, instead of one moment for all. */
  time?: string | undefined;
  /** A log of activities: how many of each kind, and when, is learned from. */
  activities?: string | URL | undefined;
  /** In days: learned is who is won within them, from leads as of moments of their lives. */
  horizon?: number | undefined;
  /** The days between the moments of a lead; a third of the horizon if there is none. */
  every?: number | undefined;
  /** The column of dates on which leads came; without it a life begins with the first activity. */
  start?: string | undefined;
  /** The column of dates on which leads were given up. */
  ended?: string | undefined;
  /** Kinds of activities by which a lead is won, or lost. */
  won_by?: readonly string[] | undefined;
  lost_by?: readonly string[] | undefined;
  /** Past leads to stop, calibrate and measure by, instead of folds. */
  valid?: string | URL | undefined;
  /** A mapping file: columns that the pipeline is to know by the names of other attributes. */
  map?: string | URL | undefined;
  /** The moment that ages of dates are counted to, and whose day is that of the training; now if there is none. */
  as_of?: Date | string | number | null | undefined;
  zone?: string | undefined;
  /** Shares of all won leads that the tiers down to each one hold: one to three, rising; [0.5, 0.8, 0.95] if none. */
  capture?: readonly number[] | undefined;
  /** Instead the least shares of won leads in each tier but the last: one to three, falling. */
  precision?: readonly number[] | undefined;
  /** Features that may only raise, or only lower, the probability. */
  monotone?: { readonly [feature: string]: 'rising' | 'falling' } | undefined;
  /** How margins become probabilities; `best` if there is none. */
  calibration?: 'best' | 'none' | 'platt' | 'beta' | 'bends' | 'isotonic' | undefined;
  /** 5 if there is none. */
  folds?: number | undefined;
  /** The most boosting rounds of a fold; 2,000 if there is none. */
  rounds?: number | undefined;
  /** Where the draws begin; 0 if there is none. */
  seed?: number | undefined;
  pipeline_id?: string | undefined;
  name?: string | undefined;
  /** Whether the leads are made up, which the pipeline then says. */
  synthetic?: boolean | undefined;
  /** A file for the pipeline. */
  output?: string | URL | undefined;
  threads?: number | undefined;
}

/** How a pipeline was learned, and how good it is on leads that its trees had not seen. */
export interface TrainReport {
  /** Its id. */
  pipeline: string;
  content_hash: string;
  /** How many leads, or with a horizon moments, and how many of them were won. */
  leads: number;
  won: number;
  /** What rows count by, if they do: how many weigh 0, the weight of the measured ones, and the share of the won. */
  weights: { column: string | null; zero_rows: number; total: number; won_share: number } | null;
  /** Null with a horizon. */
  without_outcome: number | null;
  rejected: number;
  out_of_fold: {
    auc: number;
    /** Where 95 of 100 values lie when the leads are drawn anew. */
    auc_interval: [number, number];
    average_precision: number;
    log_loss: number;
    brier: number;
    ks: number;
    /** How much more the best tenth is won than all are. */
    lift_10: number;
    /** The share of all won leads in the best fifth. */
    capture_20: number;
    calibration_error: number;
    /** What the error of perfect probabilities stays below. */
    calibration_error_by_chance_95: number;
    calibration_error_by_chance_999: number;
  };
  /** The size of the trees that was taken, and the log loss of each that was tried; null where there was no choice. */
  trees: { size: 'small' | 'medium' | 'large'; log_losses: { [size: string]: number } } | null;
  calibration: { method: string; log_losses: { [method: string]: number } };
  folds: { leads: number; rounds: number; log_loss: number }[];
  tiers: { tier: string; leads: number; won: number }[];
  /** The columns that were learned from, by feature. */
  columns: { feature: string; column: string }[];
  left_out: { column: string; reason: string }[];
  /** Columns that look like the answer. */
  leaks: { columns: string[]; auc: number; reason: string }[];
  /** Of how many leads moments are, and in days what they were labelled by; null without a horizon. */
  moments: {
    leads: number;
    won_leads: number;
    horizon_days: number;
    every_days: number;
    known_up_to: string;
  } | null;
  /** The last fifth by time, by trees of leads of all times and of earlier ones alone; null where there are too few. */
  time_order: {
    from: string;
    rows: number;
    won: number;
    earlier_rows: number;
    random_auc: number;
    ordered_auc: number;
    difference: [number, number];
  } | null;
}

/** A learned pipeline with what is known of it. */
export interface Trained {
  pipeline: Pipeline;
  report: TrainReport;
  /** What was assumed of the leads. */
  notes: string[];
  /** What nobody should miss, such as columns that look like the answer. */
  warnings: string[];
}

/** How far learning is. */
export interface TrainProgress {
  /** The number of the fold, from 1. */
  fold: number;
  foldCount: number;
  /** Folds that choose the size of the trees come once for each size. */
  size: 'small' | 'medium' | 'large';
  /** The boosting rounds that were learned in this fold. */
  round: number;
  /** The log loss of the fold's own leads after that round. */
  heldOutLoss: number;
}

/** What hears of the progress of learning. */
export interface TrainListener {
  /** Called some twenty times a second; what it throws ends the work. */
  onProgress?: ((progress: TrainProgress) => void) | undefined;
}

/** Learns a complete pipeline from a file of past leads that were won and lost, on this thread; it may take minutes. */
export function trainFile(options: TrainOptions & TrainListener): Trained {
  const text = trainOptions(options);
  const told = new Told(options.onProgress);
  try {
    return trained(enter(() => native.trainFile(text, told.hears ? (...step) => !told.tell(...step) : undefined)));
  } finally {
    told.check();
  }
}

/** The same off the event loop. */
export async function trainFileAsync(
  options: TrainOptions & TrainListener & { signal?: AbortSignal | undefined },
): Promise<Trained> {
  const { signal } = later(options, [...OPTIONS, LISTENER]);
  const text = trainOptions(options);
  const told = new Told(options.onProgress);
  try {
    return trained(
      await enterLater(signal, (own) => {
        const tell = (...step: Step) => {
          if (!told.tell(...step)) {
            own.stop();
          }
        };
        return native.trainFileAsync(text, own, told.hears ? tell : undefined);
      }),
    );
  } finally {
    told.check();
  }
}

type Step = [fold: number, foldCount: number, size: string, round: number, heldOutLoss: number];

/** Tells a listener of progress, until it throws or the work is done. */
class Told {
  readonly #listener: TrainListener['onProgress'];
  #thrown: { error: unknown } | undefined;
  #isDone = false;

  constructor(listener: unknown) {
    if (listener !== undefined && listener !== null && typeof listener !== 'function') {
      throw new LeadscoreError('invalid_context', LISTENER, 'wants a function');
    }
    this.#listener = (listener ?? undefined) as TrainListener['onProgress'];
  }

  get hears(): boolean {
    return this.#listener !== undefined;
  }

  /** Whether the work goes on. */
  tell(...[fold, foldCount, size, round, heldOutLoss]: Step): boolean {
    if (this.#thrown === undefined && !this.#isDone) {
      try {
        this.#listener?.({ fold, foldCount, size: size as TrainProgress['size'], round, heldOutLoss });
      } catch (error) {
        this.#thrown = { error };
      }
    }
    return this.#thrown === undefined;
  }

  /** Throws what the listener threw; it hears of nothing more. */
  check(): void {
    this.#isDone = true;
    if (this.#thrown !== undefined) {
      throw this.#thrown.error;
    }
  }
}

function trained(text: string): Trained {
  const { pipeline, ...rest } = JSON.parse(text);
  return { pipeline: Pipeline.fromJSON(pipeline), ...rest };
}

/** The options as JSON text. */
function trainOptions(options: TrainOptions): string {
  const { signal: _, [LISTENER]: __, ...given } = known(options, [...OPTIONS, 'signal', LISTENER]);
  const own: Record<string, unknown> = {
    ...given,
    as_of: asOfText(given['as_of']),
    threads: checkThreads(given['threads']),
  };
  for (const name of TEXTS) {
    own[name] = texts(own[name]);
  }
  const missing = own['missing'];
  if (typeof missing === 'object' && missing !== null) {
    own['missing'] = Object.fromEntries(Object.entries(missing).map(([column, values]) => [column, texts(values)]));
  }
  for (const name of ['input', 'output', 'activities', 'valid', 'map']) {
    own[name] = own[name] instanceof URL ? pathOf(own[name]) : own[name];
  }
  if (own['output'] !== undefined && own['output'] !== null) {
    cleanUpBeforeSignals();
  }
  // Null is as good as nothing, also where the library wants a list.
  const kept = Object.entries(own).filter(([, value]) => value !== undefined && value !== null);
  return encodeAny(Object.fromEntries(kept), 'invalid_context', 'options');
}

/** A list of texts; what is no list is refused with its name by the library. */
function texts(values: unknown): unknown {
  return Array.isArray(values) ? values.map(String) : values;
}
