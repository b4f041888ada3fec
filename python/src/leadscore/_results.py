"""What tasks give, as plain data: the types of `Assisted.output` and of `TaskProvenance.reason`."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Basis: TypeAlias = Literal["model", "calibrated", "rules", "llm"]
"""What a number rests on: a trained model, known outcomes, hand-written rules, or a language model."""

Intent: TypeAlias = Literal["HOT", "WARM", "COLD", "NEUTRAL"]
"""What a chat message says about its sender's wish to buy."""

Channel: TypeAlias = Literal["email", "whatsapp", "instagram"]
"""Where a message is sent."""

Question: TypeAlias = Literal["name", "interest", "contact"]
"""What a lead may be asked in a chat."""

FailureKind: TypeAlias = Literal[
    "timeout",
    "connection",
    "rate_limited",
    "unavailable",
    "no_credit",
    "unauthorized",
    "unknown_model",
    "bad_request",
    "refused",
    "truncated",
    "bad_response",
    "cancelled",
]
"""Why there is no answer of a model."""


class RiskFields(TypedDict):
    """Something that speaks for or against the deal; `value` is the number it was judged by, if one was declared."""

    code: str
    factor: str
    impact: Literal["high", "medium", "low"]
    trend: Literal["improving", "stable", "declining"]
    value: float | None
    text: str


class RecommendationFields(TypedDict):
    """Something to do next."""

    code: str
    priority: Literal["urgent", "high", "medium", "low"]
    action: str
    rationale: str
    expected_impact: str
    timeframe: str


class IntervalFields(TypedDict):
    """A closed interval around a number."""

    low: float
    high: float


class _OptionalConversionPrediction(TypedDict, total=False):
    confidence: float


class ConversionPrediction(_OptionalConversionPrediction):
    """How probable it is that a lead becomes a customer, 0-1, with the reasons in words.

    `pipeline_probability` is the pipeline's own, and `confidence` how much is known of the lead, 0-1.
    """

    lead_id: str
    probability: float
    basis: Basis
    pipeline_probability: float
    pipeline_basis: Basis
    explanation: str
    risks: list[RiskFields]
    recommendations: list[RecommendationFields]


class _OptionalTimeToClose(TypedDict, total=False):
    interval: IntervalFields


class TimeToClose(_OptionalTimeToClose):
    """How many days it takes until a lead signs, if it does; `pipeline_days` is the pipeline's own."""

    lead_id: str
    days: float
    basis: Basis
    pipeline_days: float
    explanation: str
    risks: list[RiskFields]


class NextAction(TypedDict):
    """The one thing to do next with a lead."""

    action: str
    rationale: str
    priority: Literal["urgent", "high", "medium", "low"]
    timeframe: str


class Qualification(TypedDict):
    """An adjustment of a score, in points: give it to the lead as `model_adjustment` and score again."""

    adjustment: float
    reasoning: str


class RankedLead(TypedDict):
    """A lead in a ranking: its place, from 1, the pipeline's score, 0-100, and why it stands there."""

    lead_id: str
    rank: int
    score: float
    basis: Basis
    reason: str


class _OptionalEmail(TypedDict, total=False):
    subject: str


class Email(_OptionalEmail):
    """A message to a lead; only e-mails have a subject.

    `why` is for the person who sends it, `passages` are the ids of what it rests on, and `facts` the attributes of
    the lead that it names.
    """

    lead_id: str
    channel: Channel
    body: str
    tone: str
    why: str
    passages: list[str]
    facts: list[str]


class Evidence(TypedDict):
    """Words of a message that speak for an intent."""

    words: str
    code: str
    intent: Intent
    negated: bool


class _OptionalClassification(TypedDict, total=False):
    confidence: float


class Classification(_OptionalClassification):
    """The intent of a message by the library's own classifier."""

    intent: Intent
    method: Literal["rules", "class", "nothing"]
    evidence: list[Evidence]


class _OptionalChatIntent(TypedDict, total=False):
    words: str


class ChatIntent(_OptionalChatIntent):
    """The intent of a chat message, with the words that a model went by; `own` is what the classifier says."""

    intent: Intent
    basis: Basis
    own: Classification


class ContactDetails(TypedDict, total=False):
    """What is known of a lead from a chat; the phone number has a `+` where it is E.164."""

    name: str
    email: str
    phone: str
    interest: str


class ChatMessage(TypedDict):
    """A message of a chat."""

    sender: Literal["lead", "assistant"]
    text: str


class _OptionalConversation(TypedDict, total=False):
    open_question: Question


class Conversation(_OptionalConversation):
    """What is known in a chat so far: keep it, and give it to the next `chat_reply`."""

    messages: list[ChatMessage]
    contact: ContactDetails
    intent: Intent
    asked: list[Question]


class _OptionalReplyText(TypedDict, total=False):
    asks: Question


class ReplyText(_OptionalReplyText):
    """The words of a reply, and what they ask."""

    text: str


class ChatReply(TypedDict):
    """The next reply of a chat.

    `conversation` has the message and the reply, as it is once that was sent; `captured` are the details that the
    message gave, as far as they are new.
    """

    reply: ReplyText
    conversation: Conversation
    classification: Classification
    captured: ContactDetails


class _OptionalUsageFields(TypedDict, total=False):
    cached_input_tokens: int
    cache_write_tokens: int


class UsageFields(_OptionalUsageFields):
    """Tokens of a call."""

    input_tokens: int
    output_tokens: int


class _OptionalFailureFields(TypedDict, total=False):
    retry_after: float
    usage: UsageFields


class FailureFields(_OptionalFailureFields):
    """Why there is no answer."""

    kind: FailureKind
    message: str


class RejectionFields(TypedDict):
    """What is wrong with a model's answer, and where."""

    kind: Literal["not_json", "wrong_form", "out_of_range", "inconsistent", "ungrounded"]
    path: str
    message: str


class NotAsked(TypedDict):
    """No model was asked."""

    kind: Literal["not_asked"]
    why: Literal["no_model", "over_budget"]


class Failed(TypedDict):
    """The model gave no answer."""

    kind: Literal["failed"]
    failure: FailureFields


class Rejected(TypedDict):
    """The model's answer was not taken."""

    kind: Literal["rejected"]
    rejection: RejectionFields


FallbackReason: TypeAlias = NotAsked | Failed | Rejected
"""Why a result is that of the rules."""
