import type { Capacity } from './capacity.js';

/** A moment: a `Date`, a text such as `2026-11-22T09:30:00Z`, or milliseconds since 1970. */
export type Moment = Date | string | number;

/** One value of a lead. `null`, `undefined` and NaN are missing; an infinity or an invalid date is reported. */
export type Attribute = string | number | boolean | bigint | Date | null | undefined;

/** Something that happened with a lead. */
export interface Activity {
  /** Activities with the same id count once. */
  id?: string | number | bigint | null | undefined;
  /** What happened, in your own words, such as `email_open`. */
  kind: string;
  /** When; a text without an offset is meant in the zone of the options. */
  at: Date | string;
  /** More about it, such as the page seen. */
  properties?: { readonly [name: string]: Attribute } | null | undefined;
}

/** A lead as a flat record: every field but the id and the activities is an attribute. */
export interface FlatLead {
  readonly id?: string | number | bigint | null | undefined;
  readonly lead_id?: string | number | bigint | null | undefined;
  readonly activities?: readonly Activity[] | null | undefined;
  readonly [attribute: string]: Attribute | readonly Activity[];
}

/** A lead with its attributes apart. */
export interface NestedLead {
  readonly id?: string | number | bigint | null | undefined;
  readonly lead_id?: string | number | bigint | null | undefined;
  readonly attributes: { readonly [name: string]: Attribute };
  readonly activities?: readonly Activity[] | null | undefined;
}

/** A person or company that may buy. */
export type Lead = FlatLead | NestedLead;

/** The fields of an object of an interface of your own, as those of a lead. */
export type LeadLike<L> = {
  readonly [K in keyof L]: K extends 'activities'
    ? readonly Activity[] | null | undefined
    : K extends 'attributes'
      ? object
      : Attribute;
};

/** What scoring needs besides the lead. */
export interface ScoreOptions {
  /** The moment as of which leads are judged: no later activity can matter. Now, if there is none. */
  as_of?: Moment | undefined;
  /** The zone of local hours and of times without an offset, such as `Europe/Berlin`; UTC if there is none. */
  zone?: string | undefined;
  /** `strict` refuses leads with missing or unusable values, `lenient` reports them. */
  mode?: 'lenient' | 'strict' | undefined;
  /** `brief` fills in score, probability, tier, action, top reasons and limits only. */
  detail?: 'full' | 'brief' | undefined;
  /** The most reasons to name; 5 if there is none. */
  reasons?: number | undefined;
}

/** The same for many leads, which may have a moment each. */
export interface ScoreManyOptions extends Omit<ScoreOptions, 'as_of'> {
  /** The moment as of which leads are judged, or one for each of them. Now, if there is none. */
  as_of?: Moment | readonly Moment[] | undefined;
}

/** What work off the event loop can be told. */
export interface LaterOptions {
  /** The most threads to use. */
  threads?: number | undefined;
  /** Ends the work; the promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A feature's value; `null` where the lead does not say. */
export type FeatureValue = number | boolean | string | null;

/** What leadscore says of one lead. */
export interface Prediction {
  lead_id: string;
  /** 0–100. */
  score: number;
  /** 0–1, where the pipeline has one. */
  probability?: number;
  /** The probability of every class, where the model has classes. */
  classes?: ClassProbability[];
  /** What the probabilities rest on. */
  basis?: 'model' | 'calibrated' | 'rules' | 'llm';
  tier: string | null;
  /** What to do with a lead of this tier. */
  action: string | null;
  /** Why this is no lead at all, if a rule said so. */
  disqualified?: string;
  explanation: Explanation;
  /** The score by groups of rules, or the points of a model by groups of features. */
  breakdown: GroupScore[];
  /** Numbers computed after the score. */
  estimates: Estimate[];
  risks: RiskFactor[];
  recommendations: Recommendation[];
  /** Features without a value of their own, and rules that could not be decided for want of one. */
  missing: Missing[];
  /** The share of features that had a value before defaults, 0–1. */
  completeness: number;
  /** What the record said that could not be used. */
  warnings: string[];
  provenance: Provenance;
}

/** How probable one class is; those of all classes sum to 1. */
export interface ClassProbability {
  class: string;
  probability: number;
}

/** Why a score is what it is: `baseline` + Σ `contributions` + `rest` = score, within 1e-9. */
export interface Explanation {
  /** The score at the baseline margin; `null` where the pipeline gives no reasons, or none were asked for. */
  baseline: number | null;
  /** Every line of the sum; empty in `brief`. */
  contributions: Contribution[];
  /** The strongest features and rules, by absolute points. */
  reasons: TopReason[];
  /** Clips, caps and a disqualification; they stand among the contributions too. */
  limits: TopReason[];
  /** What rounding leaves over. */
  rest: number;
  /** The whole in one line; empty in `brief`. */
  summary: string;
}

/** One line of the sum that makes a score. */
export interface Contribution {
  code: string;
  group?: string;
  kind: 'feature' | 'rule' | 'limit' | 'model';
  /** The features it speaks of, with the lead's values. */
  features: { [name: string]: FeatureValue };
  /** Points of score, added or taken away. */
  points: number;
  /** In words. */
  text: string;
}

/** One of the things that moved the score most. */
export interface TopReason {
  code: string;
  points: number;
  text: string;
}

/** The score by one group. */
export interface GroupScore {
  group: string;
  label: string;
  value: number;
  /** The same times the group's weight. */
  weighted: number;
}

/** A number, or word, computed after the score. */
export interface Estimate {
  name: string;
  value: number | string | null;
  /** How it was reached, such as `completeness`. */
  method?: string;
  /** The name people read, if the pipeline gives one. */
  label?: string;
  /** What a number counts, such as `days`, if the pipeline tells. */
  unit?: string;
  /** The closed interval around a number, if the pipeline computes one. */
  interval?: { low: number; high: number };
}

/** Something that speaks for or against the deal. */
export interface RiskFactor {
  code: string;
  factor: string;
  impact: 'high' | 'medium' | 'low';
  trend: 'improving' | 'stable' | 'declining';
  value: number | null;
  text: string;
}

/** Something to do next. */
export interface Recommendation {
  code: string;
  priority: 'urgent' | 'high' | 'medium' | 'low';
  action: string;
  rationale: string;
  expected_impact: string;
  timeframe: string;
}

/** A feature without a value of its own. */
export interface Missing {
  name: string;
  label: string;
  reason: 'absent' | 'unreadable' | 'out_of_range' | 'future' | 'unseen';
  /** What the record said, where it said something. */
  found?: string;
  /** The default that was used. */
  default?: number;
}

/** Where a prediction came from. */
export interface Provenance {
  pipeline: string;
  version?: string;
  /** SHA-256 of the pipeline's JSON. */
  content_hash: string;
  /** Whether the model was trained on made-up leads. */
  is_stub?: true;
  /** The library's version. */
  library: string;
  as_of: string;
  zone: string;
}

/** What a pipeline is. */
export interface PipelineDescription {
  id: string;
  name: string;
  version: string | null;
  note: string | null;
  content_hash: string;
  /** The columns of its matrix. */
  columns: Column[];
  /** The attributes it reads. */
  attributes: string[];
  reads_activities: boolean;
  /** True where tiers are by rank, so that a lead that is scored alone has none; else left out. */
  ranks?: boolean | undefined;
  /** Its tiers, with what to do. */
  tiers: { tier: string; action: string }[];
  /** The names of its classes, in the model's order; empty where it has none. */
  classes: string[];
  /** Where its model comes from. */
  model: ModelCard | null;
}

/** One feature of a pipeline's matrix. */
export interface Column {
  name: string;
  label: string;
  group: string | null;
  type: 'number' | 'flag' | 'category';
  /** The levels of a category; the place is the code. */
  levels: string[];
}

/** What a model says of itself. */
export interface ModelCard {
  name: string;
  version?: string;
  model_type: string;
  training_date?: string;
  /** Whether it was trained on made-up leads. */
  is_stub: boolean;
}

/** What a forest is. */
export interface ForestDescription {
  library: 'xgboost' | 'lightgbm';
  library_version: string;
  objective: string;
  features: { name: string; type: 'number' | 'flag' | 'category' | 'ordered'; levels: string[] }[];
  /** Whether the file names its features. */
  named: boolean;
  /** Margins for a row. */
  outputs: number;
  /** Predictions for a row. */
  predictions: number;
  trees: number;
  rounds: number;
  best_iteration?: number;
  /** The value besides NaN that is read as missing; JSON has words for infinities. */
  missing?: number | 'inf' | '-inf';
  precision: 'f32' | 'f64';
}

/** How much a feature or rule matters. */
export interface FeatureImportance {
  code: string;
  label: string;
  group?: string;
  /** The share of the whole; all sum to 1. */
  importance: number;
}

/** What importance is measured by; `leads` wants a matrix. */
export type ImportanceBy = 'gain' | 'total_gain' | 'cover' | 'total_cover' | 'largest' | 'leads';

/** How a model file becomes a pipeline; schema, scale and tiers as in a pipeline file, or by a built-in name. */
export interface ImportOptions {
  id: string;
  name?: string | undefined;
  schema?: string | object | undefined;
  scale?: string | object | undefined;
  classes?: readonly string[] | undefined;
  /** The weights of the classes, 0–1. */
  weights?: readonly number[] | undefined;
  tiers?: string | object | undefined;
  /** Whether scores go with reasons, as they do by default; a model without cover has none. */
  reasons?: boolean | undefined;
  /** Which boosting rounds are kept: those up to the `best` that the file names, by default, or `all` of it. */
  iterations?: 'all' | 'best' | undefined;
  /** The value that stood for missing in training besides NaN, which no model file keeps; the pipeline does. */
  missing?: number | undefined;
  /** The levels of categorical columns in the order of their codes, where the model file does not settle them. */
  levels?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** How a file of leads (CSV, JSONL or JSON, also gzipped) is scored. */
export interface RowOptions {
  /** The moment as of which leads are judged; now, if there is none. */
  as_of?: Moment | undefined;
  zone?: string | undefined;
  /** A mapping file that names the columns. */
  map?: string | undefined;
  /** A file with the leads' activities. */
  activities?: string | undefined;
  /** Whether leads with missing or unusable values are refused. */
  strict?: boolean | undefined;
  /** A file for the rows that were refused. */
  rejects?: string | undefined;
  /** The most reasons to name; 3 if there is none. */
  reasons?: number | undefined;
  threads?: number | undefined;
}

/** How a file of leads is scored into another. */
export interface FileOptions extends RowOptions {
  input: string;
  output: string;
  /** What the ending of the output's name says if there is none, and `csv` if it says none. */
  format?: 'csv' | 'jsonl' | 'json' | 'html' | undefined;
  /** Only the best so many. */
  top?: number | undefined;
  /** How many leads can be worked on: `40`, `10 %` or `40/owner`; every row says its rank and whether it is in. */
  capacity?: string | number | Capacity | undefined;
  /** Columns of the input that are written to the output too; `all` means every column. */
  columns?: string[] | undefined;
  /** Whether CSV is written so that Excel reads it as it is meant. */
  excel?: boolean | undefined;
  /** Whether a result that says nothing of the leads is written, instead of the error `worthless_result`. */
  allow_worthless?: boolean | undefined;
}

/** What came of a file. */
export interface FileSummary {
  scored: number;
  rejected: number;
  tiers: { tier: string; leads: number }[];
  /** What was assumed or could not be used. */
  notes: string[];
  /** Who is within the capacity, where one was given. */
  capacity?: FileCapacity | undefined;
  /** Why the result says nothing of the leads, where it was allowed to. */
  worthless?: string[] | undefined;
}

/** What came of a capacity in a file. */
export interface FileCapacity {
  capacity: string;
  /** How many leads were ruled out and take no place. */
  ruled_out: number;
  groups: {
    /** Null for leads without one, and where the capacity is for the whole file. */
    group: string | null;
    /** How many leads have a rank. */
    leads: number;
    /** How many of them are within the capacity. */
    within: number;
    /** Leads with one score on both sides of the cut, by their rows in the file from 1. */
    tie: { score: number; rows_within: number[]; rows_beyond: number[] } | null;
  }[];
}

/** A prediction with its row in the file, from 1. */
export interface RowPrediction extends Prediction {
  row: number;
}

/** How pipelines are measured on a file of leads (CSV, JSONL or JSON, also gzipped) whose outcome is known. */
export interface EvaluationOptions extends Omit<RowOptions, 'reasons'> {
  input: string;
  /** The column that says what became of a lead. */
  target: string;
  /** Its values that mean won, where they are not 1, yes, true, won or converted. */
  positive?: readonly (string | number | boolean)[] | undefined;
  /** Columns; the leads of each value are measured too. */
  segments?: readonly string[] | undefined;
  /** How many of the best leads are looked at: `10 %` and `20 %`, if there is none. */
  top?: readonly (string | number)[] | undefined;
  /** How often leads are drawn anew for the intervals; 1,000 if there is none. */
  draws?: number | undefined;
  /** The seed of the draws; 1 if there is none. */
  seed?: number | undefined;
  /** An HTML page to write. */
  report?: string | undefined;
  /** Whether measures that mean nothing are given, instead of the error `worthless_result`. */
  allow_worthless?: boolean | undefined;
}

/** A measure, and where 95 of 100 values lie when the leads are drawn anew; no range without draws. */
export interface Measured {
  value: number;
  low?: number | undefined;
  high?: number | undefined;
}

/** Measures of ranking, and those of probabilities where there are some. */
export interface Measures {
  auc: Measured;
  average_precision: Measured;
  ks: Measured;
  log_loss?: Measured | undefined;
  brier?: Measured | undefined;
}

/** What pipelines are worth on leads whose outcome is known. */
export interface Evaluation {
  /** The name of the file, without its folders. */
  source: string;
  as_of: string;
  target: { column: string; won: string[]; lost: string[] };
  rejected: number;
  /** How many rows are left out since they say nothing of what became of the lead. */
  without_outcome: number;
  leads: number;
  won: number;
  base_rate: number;
  /** The measures of who knows the share of won leads alone. */
  chance: { auc: number; average_precision: number; log_loss: number; brier: number };
  draws: number;
  seed: number;
  pipelines: PipelineEvaluation[];
  notes: string[];
  worthless?: string[] | undefined;
  library: string;
}

/** What one pipeline is worth. */
export interface PipelineEvaluation {
  pipeline: {
    id: string;
    name: string;
    version?: string | undefined;
    content_hash: string;
    basis?: string | undefined;
    model?: ModelCard | undefined;
    note?: string | undefined;
  };
  ruled_out: number;
  measures: Measures & {
    /** The expected calibration error, and what that of perfect probabilities stays below. */
    calibration_error?:
      | { value: number; perfect_95?: number | undefined; perfect_999?: number | undefined }
      | undefined;
  };
  /** Its measures less those of the first pipeline, with ranges of draws of the same leads. */
  difference?: Measures | undefined;
  /** Why there are no measures of probabilities, where there are none. */
  without_probability?: string | undefined;
  top: { top: string; leads: number; conversion: Measured; lift: Measured; capture: Measured }[];
  tiers: {
    tier?: string | undefined;
    leads: number;
    won: number;
    conversion?: Measured | undefined;
  }[];
  /** Leads of like probability: their mean probability, and the share that was won. */
  reliability: { count: number; predicted: number; won: number }[];
  histogram: { from: number; to: number; won: number; lost: number }[];
  roc: [number, number][];
  gain: [number, number][];
  /** Over how many leads `features` and `dependence` are. */
  explained: number;
  features: { code: string; label: string; group?: string | undefined; mean_points: number }[];
  dependence: {
    feature: string;
    label: string;
    /** Value and points of some leads. */
    leads: [number, number][];
    levels: { level: string; leads: number; mean_points: number }[];
    missing?: { leads: number; mean_points: number } | undefined;
  }[];
  segments: {
    column: string;
    groups: {
      value?: string | undefined;
      leads: number;
      won: number;
      conversion: Measured;
      mean_score: number;
      auc?: Measured | undefined;
    }[];
    more: number;
  }[];
}
