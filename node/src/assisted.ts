import type { FailureKind, Usage } from './task.js';
import type { Prediction, Recommendation, RiskFactor } from './types.js';

/** What a number rests on. */
export type Basis = NonNullable<Prediction['basis']>;

/** What a chat message says about its sender's wish to buy. */
export type Intent = 'HOT' | 'WARM' | 'COLD' | 'NEUTRAL';

/** How probable it is that a lead becomes a customer, with the reasons in words. */
export interface ConversionPrediction {
  lead_id: string;
  /** 0–1. */
  probability: number;
  basis: Basis;
  /** The pipeline's own, 0–1, and what it rests on. */
  pipeline_probability: number;
  pipeline_basis: Basis;
  /** How much is known of the lead, 0–1. */
  confidence?: number;
  explanation: string;
  risks: RiskFactor[];
  recommendations: Recommendation[];
}

/** How many days it takes until a lead signs, if it does. */
export interface TimeToClose {
  lead_id: string;
  days: number;
  basis: Basis;
  pipeline_days: number;
  interval?: { low: number; high: number };
  explanation: string;
  risks: RiskFactor[];
}

/** The one thing to do next with a lead. */
export interface NextAction {
  action: string;
  rationale: string;
  priority: 'urgent' | 'high' | 'medium' | 'low';
  timeframe: string;
}

/** An adjustment of a score: give it to the lead as `model_adjustment` and score again. */
export interface Qualification {
  /** In points of the pipeline's rule; 0 without a model. */
  adjustment: number;
  reasoning: string;
}

/** A lead in a ranking. */
export interface RankedLead {
  lead_id: string;
  /** Its place, from 1. */
  rank: number;
  /** The pipeline's score, 0–100. */
  score: number;
  basis: Basis;
  reason: string;
}

/** Where a message is sent. */
export type Channel = 'email' | 'whatsapp' | 'instagram';

/** A message to a lead. */
export interface Email {
  lead_id: string;
  channel: Channel;
  /** Only e-mails have one. */
  subject?: string;
  /** From the greeting to the way to unsubscribe. */
  body: string;
  tone: string;
  /** Why it is as it is, for the person who sends it. */
  why: string;
  /** The ids of the passages that it rests on. */
  passages: string[];
  /** The attributes of the lead that it names. */
  facts: string[];
}

/** The intent of a message by the library's own classifier. */
export interface Classification {
  intent: Intent;
  method: 'rules' | 'class' | 'nothing';
  confidence?: number;
  evidence: { words: string; code: string; intent: Intent; negated: boolean }[];
}

/** The intent of a chat message. */
export interface ChatIntent {
  intent: Intent;
  basis: Basis;
  /** The words of the message that a model went by. */
  words?: string;
  /** What the classifier says. */
  own: Classification;
}

/** What a lead may be asked in a chat. */
export type Question = 'name' | 'interest' | 'contact';

/** What is known of a lead from a chat. */
export interface ContactDetails {
  name?: string;
  email?: string;
  /** With a `+` in E.164, else its digits as written. */
  phone?: string;
  interest?: string;
}

/** What is known in a chat so far: keep it, and give it to the next `chat_reply`. */
export interface Conversation {
  messages: { sender: 'lead' | 'assistant'; text: string }[];
  contact: ContactDetails;
  intent: Intent;
  open_question?: Question;
  asked: Question[];
}

/** The next reply of a chat. */
export interface ChatReply {
  reply: { text: string; asks?: Question };
  /** With the message and the reply, as it is once that was sent. */
  conversation: Conversation;
  classification: Classification;
  /** The details that the message gave, as far as they are new. */
  captured: ContactDetails;
}

/** What each kind of task gives. */
export interface TaskOutputs {
  conversion: ConversionPrediction;
  time_to_close: TimeToClose;
  next_action: NextAction;
  qualification: Qualification;
  ranking: RankedLead[];
  email: Email;
  chat_intent: ChatIntent;
  chat_reply: ChatReply;
}

/** The kinds of task. */
export type TaskKind = keyof TaskOutputs;

/** Why rules made a result. */
export type FallbackReason =
  | { kind: 'not_asked'; why: 'no_model' | 'over_budget' }
  | { kind: 'failed'; failure: { kind: FailureKind; message: string; retry_after?: number; usage?: Usage } }
  | { kind: 'rejected'; rejection: { kind: RejectionKind; path: string; message: string } };

/** What can be wrong with a model's answer. */
export type RejectionKind = 'not_json' | 'wrong_form' | 'out_of_range' | 'inconsistent' | 'ungrounded';

/** A task's result, always complete. */
export interface Assisted<K extends TaskKind = TaskKind> {
  output: TaskOutputs[K];
  provenance: {
    task: K;
    /** The version of its wording. */
    version: number;
    author: 'model' | 'rules';
    /** The model that answered, even if its answer was not taken. */
    model?: string;
    /** Why the result is not a model's. */
    reason?: FallbackReason;
  };
  usage?: Usage;
  /** In US dollars, where the price is known. */
  cost?: number;
}
