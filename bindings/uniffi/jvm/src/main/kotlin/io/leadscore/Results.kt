package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException

/** What came of a task, always complete. */
data class Assisted<out T>(
    /** The result. */
    val output: T,
    /** The result as JSON text. */
    val outputJson: String,
    /** Where the result comes from. */
    val provenance: TaskProvenance,
    /** The tokens used, as far as known. */
    val usage: Usage? = null,
    /** What they cost in US dollars, where the price is known. */
    val cost: Double? = null,
) : JsonData() {
    override fun element() = fields(
        "output" to elementOf(outputJson),
        "provenance" to provenance,
        "usage" to usage,
        "cost" to cost,
    )
}

/** Where a task's result comes from. */
@Serializable(with = TaskProvenance.Companion::class)
data class TaskProvenance(
    /** The task's name. */
    val task: String,
    /** The version of its wording. */
    val version: Int,
    /** Who made it. */
    val author: Author,
    /** The model that answered, even if its answer was not taken. */
    val model: String? = null,
    /** Why the result is not a model's. */
    val reason: FallbackReason? = null,
) : JsonData() {
    override fun element() = fields(
        "task" to task,
        "version" to version,
        "author" to author,
        "model" to model,
        "reason" to reason,
    )

    companion object : JsonForm<TaskProvenance>() {
        override fun serializer(): KSerializer<TaskProvenance> = this

        override fun read(of: Fields) = TaskProvenance(
            of.text("task"),
            of.int("version"),
            of.one("author", Author),
            of.textOrNull("model"),
            of.oneOrNull("reason", FallbackReason),
        )
    }
}

/** Who made a result. */
@Serializable(with = Author.Companion::class)
enum class Author : JsonWord {
    /** A language model, whose answer passed every check. */
    MODEL,

    /** The rules of the library. */
    RULES,
    ;

    override val word: String get() = name.lowercase()

    companion object : JsonWords<Author>(values()) {
        override fun serializer(): KSerializer<Author> = this
    }
}

/** Why a result is that of the rules. */
@Serializable(with = FallbackReason.Companion::class)
sealed interface FallbackReason {
    /** No model was asked. */
    @Serializable(with = FallbackReason.NotAsked.Companion::class)
    data class NotAsked(
        /** Why not. */
        val why: NotAskedReason,
    ) : JsonData(), FallbackReason {
        override fun element() = fields("kind" to "not_asked", "why" to why)

        companion object : JsonForm<NotAsked>() {
            override fun serializer(): KSerializer<NotAsked> = this

            override fun read(of: Fields) = NotAsked(of.one("why", NotAskedReason))
        }
    }

    /** The model gave no answer. */
    @Serializable(with = FallbackReason.Failed.Companion::class)
    data class Failed(
        /** How. */
        val failure: Failure,
    ) : JsonData(), FallbackReason {
        override fun element() = fields("kind" to "failed", "failure" to failure)

        companion object : JsonForm<Failed>() {
            override fun serializer(): KSerializer<Failed> = this

            override fun read(of: Fields) = Failed(of.one("failure", Failure))
        }
    }

    /** The model answered, and the answer was not taken. */
    @Serializable(with = FallbackReason.Rejected.Companion::class)
    data class Rejected(
        /** Why not. */
        val rejection: Rejection,
    ) : JsonData(), FallbackReason {
        override fun element() = fields("kind" to "rejected", "rejection" to rejection)

        companion object : JsonForm<Rejected>() {
            override fun serializer(): KSerializer<Rejected> = this

            override fun read(of: Fields) = Rejected(of.one("rejection", Rejection))
        }
    }

    companion object : JsonForm<FallbackReason>() {
        override fun serializer(): KSerializer<FallbackReason> = this

        override fun read(of: Fields): FallbackReason = when (val kind = of.text("kind")) {
            "not_asked" -> NotAsked.read(of)
            "failed" -> Failed.read(of)
            "rejected" -> Rejected.read(of)
            else -> throw SerializationException("`$kind` is no reason for a result by the rules")
        }
    }
}

/** Why no model was asked. */
@Serializable(with = NotAskedReason.Companion::class)
enum class NotAskedReason : JsonWord {
    /** There is none. */
    NO_MODEL,

    /** The call could have exceeded a budget. */
    OVER_BUDGET,
    ;

    override val word: String get() = name.lowercase()

    companion object : JsonWords<NotAskedReason>(values()) {
        override fun serializer(): KSerializer<NotAskedReason> = this
    }
}

/** Why there is no answer. */
@Serializable(with = Failure.Companion::class)
data class Failure(
    /** What kind of failure it is. */
    val kind: FailureKind,
    /** What was wrong. */
    val message: String,
    /** How many seconds the vendor asks to wait. */
    val retryAfter: Double? = null,
    /** Tokens that were used all the same. */
    val usage: Usage? = null,
) : JsonData() {
    override fun element() = fields(
        "kind" to kind,
        "message" to message,
        "retry_after" to retryAfter,
        "usage" to usage,
    )

    companion object : JsonForm<Failure>() {
        override fun serializer(): KSerializer<Failure> = this

        override fun read(of: Fields) = Failure(
            of.one("kind", FailureKind),
            of.text("message"),
            of.numberOrNull("retry_after"),
            of.oneOrNull("usage", Usage),
        )
    }
}

/** What is wrong with a model's answer. */
@Serializable(with = Rejection.Companion::class)
data class Rejection(
    /** What kind of thing. */
    val kind: RejectionKind,
    /** Where in the answer. */
    val path: String,
    /** In words. */
    val message: String,
) : JsonData() {
    override fun element() = fields("kind" to kind, "path" to path, "message" to message)

    companion object : JsonForm<Rejection>() {
        override fun serializer(): KSerializer<Rejection> = this

        override fun read(of: Fields) = Rejection(of.one("kind", RejectionKind), of.text("path"), of.text("message"))
    }
}

/** What can be wrong with a model's answer. */
@Serializable(with = RejectionKind.Companion::class)
enum class RejectionKind : JsonWord {
    /** It is no JSON. */
    NOT_JSON,

    /** It has other fields than asked for. */
    WRONG_FORM,

    /** A value is out of its range. */
    OUT_OF_RANGE,

    /** It contradicts itself or the pipeline. */
    INCONSISTENT,

    /** It states what the input does not say. */
    UNGROUNDED,
    ;

    override val word: String get() = name.lowercase()

    companion object : JsonWords<RejectionKind>(values()) {
        override fun serializer(): KSerializer<RejectionKind> = this
    }
}

/** How probable it is that a lead becomes a customer, with the reasons in words. */
@Serializable(with = ConversionPrediction.Companion::class)
data class ConversionPrediction(
    /** The lead's id. */
    val leadId: String,
    /** 0–1. */
    val probability: Double,
    /** What the probability rests on. */
    val basis: Basis,
    /** The pipeline's own, 0–1. */
    val pipelineProbability: Double,
    /** What the pipeline's own rests on. */
    val pipelineBasis: Basis,
    /** How much is known of the lead, 0–1. */
    val confidence: Double? = null,
    /** Why, in words. */
    val explanation: String,
    /** What speaks for or against the deal. */
    val risks: List<RiskFactor>,
    /** What to do next. */
    val recommendations: List<Recommendation>,
) : JsonData() {
    override fun element() = fields(
        "lead_id" to leadId,
        "probability" to probability,
        "basis" to basis,
        "pipeline_probability" to pipelineProbability,
        "pipeline_basis" to pipelineBasis,
        "confidence" to confidence,
        "explanation" to explanation,
        "risks" to risks,
        "recommendations" to recommendations,
    )

    companion object : JsonForm<ConversionPrediction>() {
        override fun serializer(): KSerializer<ConversionPrediction> = this

        override fun read(of: Fields) = ConversionPrediction(
            of.text("lead_id"),
            of.number("probability"),
            of.one("basis", Basis),
            of.number("pipeline_probability"),
            of.one("pipeline_basis", Basis),
            of.numberOrNull("confidence"),
            of.text("explanation"),
            of.list("risks", RiskFactor),
            of.list("recommendations", Recommendation),
        )
    }
}

/** How many days it takes until a lead signs, if it does. */
@Serializable(with = TimeToClose.Companion::class)
data class TimeToClose(
    /** The lead's id. */
    val leadId: String,
    /** Days. */
    val days: Double,
    /** What they rest on. */
    val basis: Basis,
    /** The pipeline's own. */
    val pipelineDays: Double,
    /** Between how many, if the pipeline says so. */
    val interval: Interval? = null,
    /** Why, in words. */
    val explanation: String,
    /** What speaks for or against the deal. */
    val risks: List<RiskFactor>,
) : JsonData() {
    override fun element() = fields(
        "lead_id" to leadId,
        "days" to days,
        "basis" to basis,
        "pipeline_days" to pipelineDays,
        "interval" to interval,
        "explanation" to explanation,
        "risks" to risks,
    )

    companion object : JsonForm<TimeToClose>() {
        override fun serializer(): KSerializer<TimeToClose> = this

        override fun read(of: Fields) = TimeToClose(
            of.text("lead_id"),
            of.number("days"),
            of.one("basis", Basis),
            of.number("pipeline_days"),
            of.oneOrNull("interval", Interval),
            of.text("explanation"),
            of.list("risks", RiskFactor),
        )
    }
}

/** The one thing to do next with a lead. */
@Serializable(with = NextAction.Companion::class)
data class NextAction(
    /** What to do. */
    val action: String,
    /** Why. */
    val rationale: String,
    /** How soon it matters: `urgent`, `high`, `medium` or `low`. */
    val priority: String,
    /** By when. */
    val timeframe: String,
) : JsonData() {
    override fun element() = fields(
        "action" to action,
        "rationale" to rationale,
        "priority" to priority,
        "timeframe" to timeframe,
    )

    companion object : JsonForm<NextAction>() {
        override fun serializer(): KSerializer<NextAction> = this

        override fun read(of: Fields) = NextAction(
            of.text("action"),
            of.text("rationale"),
            of.text("priority"),
            of.text("timeframe"),
        )
    }
}

/** An adjustment of a score: give it to the lead as `model_adjustment` and score again. */
@Serializable(with = Qualification.Companion::class)
data class Qualification(
    /** In points of the pipeline's rule; 0 without a model. */
    val adjustment: Double,
    /** Why, in words. */
    val reasoning: String,
) : JsonData() {
    override fun element() = fields("adjustment" to adjustment, "reasoning" to reasoning)

    companion object : JsonForm<Qualification>() {
        override fun serializer(): KSerializer<Qualification> = this

        override fun read(of: Fields) = Qualification(of.number("adjustment"), of.text("reasoning"))
    }
}

/** A lead in a ranking. */
@Serializable(with = RankedLead.Companion::class)
data class RankedLead(
    /** The lead's id. */
    val leadId: String,
    /** Its place, from 1. */
    val rank: Int,
    /** The pipeline's score, 0–100. */
    val score: Double,
    /** What its place rests on. */
    val basis: Basis,
    /** Why, in words. */
    val reason: String,
) : JsonData() {
    override fun element() = fields(
        "lead_id" to leadId,
        "rank" to rank,
        "score" to score,
        "basis" to basis,
        "reason" to reason,
    )

    companion object : JsonForm<RankedLead>() {
        override fun serializer(): KSerializer<RankedLead> = this

        override fun read(of: Fields) = RankedLead(
            of.text("lead_id"),
            of.int("rank"),
            of.number("score"),
            of.one("basis", Basis),
            of.text("reason"),
        )
    }
}

/** A message to a lead. */
@Serializable(with = Email.Companion::class)
data class Email(
    /** The lead's id. */
    val leadId: String,
    /** `email`, `whatsapp` or `instagram`. */
    val channel: String,
    /** Only e-mails have one. */
    val subject: String? = null,
    /** From the greeting to the way to unsubscribe. */
    val body: String,
    /** How it speaks. */
    val tone: String,
    /** Why it is as it is, for the person who sends it. */
    val why: String,
    /** The ids of the passages that it rests on. */
    val passages: List<String>,
    /** The attributes of the lead that it names. */
    val facts: List<String>,
) : JsonData() {
    override fun element() = fields(
        "lead_id" to leadId,
        "channel" to channel,
        "subject" to subject,
        "body" to body,
        "tone" to tone,
        "why" to why,
        "passages" to passages,
        "facts" to facts,
    )

    companion object : JsonForm<Email>() {
        override fun serializer(): KSerializer<Email> = this

        override fun read(of: Fields) = Email(
            of.text("lead_id"),
            of.text("channel"),
            of.textOrNull("subject"),
            of.text("body"),
            of.text("tone"),
            of.text("why"),
            of.texts("passages"),
            of.texts("facts"),
        )
    }
}

/** A result as it is written. */
internal fun <T> assisted(text: String, result: JsonReader<T>): Assisted<T> {
    val of = Fields.of(elementOf(text))
    val output = of.element("output")
    return Assisted(
        result.read(output),
        output.toString(),
        of.one("provenance", TaskProvenance),
        of.oneOrNull("usage", Usage),
        of.numberOrNull("cost"),
    )
}
