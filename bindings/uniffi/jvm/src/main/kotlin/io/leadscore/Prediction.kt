package io.leadscore

import java.time.Instant
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** What leadscore says of one lead. */
@Serializable
data class Prediction(
    /** The lead's id. */
    val leadId: String,
    /** 0–100. */
    val score: Double,
    /** 0–1, where the pipeline has one. */
    val probability: Double? = null,
    /** The probability of every class, where the model has classes, in its order. */
    val classes: List<ClassProbability> = emptyList(),
    /** What the probability, or those of the classes, rest on. */
    val basis: Basis? = null,
    /** The tier's name; none only where tiers hang on a probability that is not there. */
    val tier: String? = null,
    /** What to do with a lead of this tier. */
    val action: String? = null,
    /** Why this is no lead at all, if a rule said so; the score is then the lowest there is. */
    val disqualified: String? = null,
    /** Why. */
    val explanation: Explanation,
    /** The score by groups of the scorecard, or the points of a model by groups of its features. */
    val breakdown: List<GroupScore>,
    /** Numbers computed after the score. */
    val estimates: List<Estimate>,
    /** What speaks for or against the deal, in the pipeline's order. */
    val risks: List<RiskFactor>,
    /** What to do next, in the pipeline's order. */
    val recommendations: List<Recommendation>,
    /** Features without a value of their own, and rules that could not be decided for want of one. */
    val missing: List<Missing>,
    /** The share of features that had a value before defaults, 0–1. */
    val completeness: Double,
    /** What the record said that could not be used. */
    val warnings: List<String>,
    /** Which pipeline, which version of it and of the library, as of when. */
    val provenance: Provenance,
)

/**
 * Why a score is what it is: baseline + the points of all contributions + rest = score, within 1e-9.
 *
 * Without a baseline there are no reasons: the pipeline gives none, or none were asked for.
 */
@Serializable
data class Explanation(
    /** The score at the baseline margin, in points. It is not the base rate. */
    val baseline: Double? = null,
    /** Every line of the sum; empty in a brief context. */
    val contributions: List<Contribution>,
    /** The strongest features and rules, by absolute points. */
    val reasons: List<Reason>,
    /** Clips of groups and of the score, rounding and disqualification; they stand among the contributions too. */
    val limits: List<Reason>,
    /** What rounding leaves over, in points. */
    val rest: Double,
    /** The whole in one line. */
    val summary: String,
)

/** One line of the sum that makes a score. */
@Serializable
data class Contribution(
    /** The rule's, feature's or limit's code. */
    val code: String,
    /** The group it belongs to, if any. */
    val group: String? = null,
    /** What kind of thing it is. */
    val kind: ContributionKind,
    /**
     * The features it speaks of, with the lead's values: numbers, flags, texts, or null where the record does not
     * say.
     */
    val features: Map<String, Scalar>,
    /** Points of score, added, or taken away when negative. */
    val points: Double,
    /** In words. */
    val text: String,
)

/** What a contribution comes from. */
@Serializable
enum class ContributionKind {
    /** A feature of a model. */
    @SerialName("feature")
    FEATURE,

    /** A rule of a scorecard. */
    @SerialName("rule")
    RULE,

    /** A cap, a clip, a rounding or a disqualification. */
    @SerialName("limit")
    LIMIT,

    /** A model's own adjustment. */
    @SerialName("model")
    MODEL,
}

/** One of the things that moved the score most. */
@Serializable
data class Reason(
    /** The contribution's code. */
    val code: String,
    /** Points of score; negative when it speaks against the lead. */
    val points: Double,
    /** What a sales representative reads. */
    val text: String,
)

/** How probable one class is. */
@Serializable
data class ClassProbability(
    /** The class. */
    @SerialName("class")
    val name: String,
    /** 0–1; those of all classes sum to 1. */
    val probability: Double,
)

/** What a probability rests on. */
@Serializable
enum class Basis {
    /** A trained model's own objective. */
    @SerialName("model")
    MODEL,

    /** A model or scorecard calibrated on known outcomes. */
    @SerialName("calibrated")
    CALIBRATED,

    /** Hand-written rules: an ordering that looks like a probability. */
    @SerialName("rules")
    RULES,

    /** A language model's answer, checked but not calibrated. */
    @SerialName("llm")
    LLM,
}

/** The score by one group of the scorecard, or the points of a group of features. */
@Serializable
data class GroupScore(
    /** The group's code. */
    val group: String,
    /** The name people read. */
    val label: String,
    /** The group's own sum: clipped to its range, in the scorecard's unit; for a model, in points. */
    val value: Double,
    /** The same times the group's weight. */
    val weighted: Double,
)

/** A named number, or word, computed after the score. */
@Serializable
data class Estimate(
    /** The estimate's name. */
    val name: String,
    /** A number, a word, or null where something it needs is missing. */
    val value: Scalar,
    /** How it was reached, such as `completeness`. */
    val method: String? = null,
    /** The name people read, if the pipeline gives one. */
    val label: String? = null,
    /** What a number counts, such as `days`, if the pipeline tells. */
    val unit: String? = null,
    /** The interval around a number, if the pipeline computes one. */
    val interval: Interval? = null,
)

/** A closed interval around an estimate. */
@Serializable
data class Interval(
    /** The lower end. */
    val low: Double,
    /** The upper end. */
    val high: Double,
)

/** Something that speaks for or against the deal. */
@Serializable
data class RiskFactor(
    /** The factor's code. */
    val code: String,
    /** Its name for people. */
    val factor: String,
    /** How much it weighs: `high`, `medium` or `low`. */
    val impact: String,
    /** Where it is heading: `improving`, `stable` or `declining`. */
    val trend: String,
    /** The number it was judged by, if one was declared. */
    val value: Double? = null,
    /** In words. */
    val text: String,
)

/** Something to do next. */
@Serializable
data class Recommendation(
    /** The recommendation's code. */
    val code: String,
    /** How soon it matters: `urgent`, `high`, `medium` or `low`. */
    val priority: String,
    /** What to do. */
    val action: String,
    /** Why. */
    val rationale: String,
    /** What it may bring. */
    val expectedImpact: String,
    /** By when. */
    val timeframe: String,
)

/** A feature without a value of its own, and what stood in for it. */
@Serializable
data class Missing(
    /** The feature's name. */
    val name: String,
    /** The name people read. */
    val label: String,
    /** Why: `absent`, `unreadable`, `out_of_range`, `future` or `unseen`. */
    val reason: String,
    /** What the record said, where it said something. */
    val found: String? = null,
    /** The default that was used, if the feature has one. */
    val default: Double? = null,
)

/** Where a prediction came from. */
@Serializable
data class Provenance(
    /** The pipeline's id. */
    val pipeline: String,
    /** The pipeline's declared version, if any. */
    val version: String? = null,
    /** SHA-256 of the pipeline's JSON, in hex. */
    val contentHash: String,
    /** Whether the model was trained on made-up leads. */
    val isStub: Boolean = false,
    /** The library's version. */
    val library: String,
    /** The moment the lead was judged as of. */
    @Serializable(InstantSerializer::class)
    val asOf: Instant,
    /** The zone's name. */
    val zone: String,
)

/** What came of one lead among many. */
sealed interface Outcome {
    /** The lead's place in the list, from 0. */
    val index: Int

    /** The prediction, or the error thrown. */
    fun getOrThrow(): Prediction

    /** A lead that was scored. */
    data class Scored(override val index: Int, val prediction: Prediction) : Outcome {
        override fun getOrThrow(): Prediction = prediction
    }

    /** A lead that was refused. */
    data class Refused(override val index: Int, val error: LeadscoreException) : Outcome {
        override fun getOrThrow(): Prediction = throw error
    }
}
