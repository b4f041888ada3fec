package io.leadscore

import java.time.Instant
import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable

/** What leadscore says of one lead. */
@Serializable(with = Prediction.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "lead_id" to leadId,
        "score" to score,
        "probability" to probability,
        "classes" to classes.ifEmpty { null },
        "basis" to basis,
        "tier" to orNull(tier),
        "action" to orNull(action),
        "disqualified" to disqualified,
        "explanation" to explanation,
        "breakdown" to breakdown,
        "estimates" to estimates,
        "risks" to risks,
        "recommendations" to recommendations,
        "missing" to missing,
        "completeness" to completeness,
        "warnings" to warnings,
        "provenance" to provenance,
    )

    companion object : JsonForm<Prediction>() {
        override fun serializer(): KSerializer<Prediction> = this

        override fun read(of: Fields) = Prediction(
            of.text("lead_id"),
            of.number("score"),
            of.numberOrNull("probability"),
            of.listOrNone("classes", ClassProbability),
            of.oneOrNull("basis", Basis),
            of.textOrNull("tier"),
            of.textOrNull("action"),
            of.textOrNull("disqualified"),
            of.one("explanation", Explanation),
            of.list("breakdown", GroupScore),
            of.list("estimates", Estimate),
            of.list("risks", RiskFactor),
            of.list("recommendations", Recommendation),
            of.list("missing", Missing),
            of.number("completeness"),
            of.texts("warnings"),
            of.one("provenance", Provenance),
        )
    }
}

/**
 * Why a score is what it is: baseline + the points of all contributions + rest = score, within 1e-9.
 *
 * Without a baseline there are no reasons: the pipeline gives none, or none were asked for.
 */
@Serializable(with = Explanation.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "baseline" to orNull(baseline),
        "contributions" to contributions,
        "reasons" to reasons,
        "limits" to limits,
        "rest" to rest,
        "summary" to summary,
    )

    companion object : JsonForm<Explanation>() {
        override fun serializer(): KSerializer<Explanation> = this

        override fun read(of: Fields) = Explanation(
            of.numberOrNull("baseline"),
            of.list("contributions", Contribution),
            of.list("reasons", Reason),
            of.list("limits", Reason),
            of.number("rest"),
            of.text("summary"),
        )
    }
}

/** One line of the sum that makes a score. */
@Serializable(with = Contribution.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "code" to code,
        "group" to group,
        "kind" to kind,
        "features" to scalarsElement(features),
        "points" to points,
        "text" to text,
    )

    companion object : JsonForm<Contribution>() {
        override fun serializer(): KSerializer<Contribution> = this

        override fun read(of: Fields) = Contribution(
            of.text("code"),
            of.textOrNull("group"),
            of.one("kind", ContributionKind),
            of.scalars("features"),
            of.number("points"),
            of.text("text"),
        )
    }
}

/** What a contribution comes from. */
@Serializable(with = ContributionKind.Companion::class)
enum class ContributionKind : JsonWord {
    /** A feature of a model. */
    FEATURE,

    /** A rule of a scorecard. */
    RULE,

    /** A cap, a clip, a rounding or a disqualification. */
    LIMIT,

    /** A model's own adjustment. */
    MODEL,
    ;

    override val word: String get() = name.lowercase()

    companion object : JsonWords<ContributionKind>(values()) {
        override fun serializer(): KSerializer<ContributionKind> = this
    }
}

/** One of the things that moved the score most. */
@Serializable(with = Reason.Companion::class)
data class Reason(
    /** The contribution's code. */
    val code: String,
    /** Points of score; negative when it speaks against the lead. */
    val points: Double,
    /** What a sales representative reads. */
    val text: String,
) : JsonData() {
    override fun element() = fields("code" to code, "points" to points, "text" to text)

    companion object : JsonForm<Reason>() {
        override fun serializer(): KSerializer<Reason> = this

        override fun read(of: Fields) = Reason(of.text("code"), of.number("points"), of.text("text"))
    }
}

/** How probable one class is. */
@Serializable(with = ClassProbability.Companion::class)
data class ClassProbability(
    /** The class. */
    val name: String,
    /** 0–1; those of all classes sum to 1. */
    val probability: Double,
) : JsonData() {
    override fun element() = fields("class" to name, "probability" to probability)

    companion object : JsonForm<ClassProbability>() {
        override fun serializer(): KSerializer<ClassProbability> = this

        override fun read(of: Fields) = ClassProbability(of.text("class"), of.number("probability"))
    }
}

/** What a probability rests on. */
@Serializable(with = Basis.Companion::class)
enum class Basis : JsonWord {
    /** A trained model's own objective. */
    MODEL,

    /** A model or scorecard calibrated on known outcomes. */
    CALIBRATED,

    /** Hand-written rules: an ordering that looks like a probability. */
    RULES,

    /** A language model's answer, checked but not calibrated. */
    LLM,
    ;

    override val word: String get() = name.lowercase()

    companion object : JsonWords<Basis>(values()) {
        override fun serializer(): KSerializer<Basis> = this
    }
}

/** The score by one group of the scorecard, or the points of a group of features. */
@Serializable(with = GroupScore.Companion::class)
data class GroupScore(
    /** The group's code. */
    val group: String,
    /** The name people read. */
    val label: String,
    /** The group's own sum: clipped to its range, in the scorecard's unit; for a model, in points. */
    val value: Double,
    /** The same times the group's weight. */
    val weighted: Double,
) : JsonData() {
    override fun element() = fields("group" to group, "label" to label, "value" to value, "weighted" to weighted)

    companion object : JsonForm<GroupScore>() {
        override fun serializer(): KSerializer<GroupScore> = this

        override fun read(of: Fields) = GroupScore(
            of.text("group"),
            of.text("label"),
            of.number("value"),
            of.number("weighted"),
        )
    }
}

/** A named number, or word, computed after the score. */
@Serializable(with = Estimate.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "name" to name,
        "value" to scalarElement(value),
        "method" to method,
        "label" to label,
        "unit" to unit,
        "interval" to interval,
    )

    companion object : JsonForm<Estimate>() {
        override fun serializer(): KSerializer<Estimate> = this

        override fun read(of: Fields) = Estimate(
            of.text("name"),
            of.scalar("value"),
            of.textOrNull("method"),
            of.textOrNull("label"),
            of.textOrNull("unit"),
            of.oneOrNull("interval", Interval),
        )
    }
}

/** A closed interval around an estimate. */
@Serializable(with = Interval.Companion::class)
data class Interval(
    /** The lower end. */
    val low: Double,
    /** The upper end. */
    val high: Double,
) : JsonData() {
    override fun element() = fields("low" to low, "high" to high)

    companion object : JsonForm<Interval>() {
        override fun serializer(): KSerializer<Interval> = this

        override fun read(of: Fields) = Interval(of.number("low"), of.number("high"))
    }
}

/** Something that speaks for or against the deal. */
@Serializable(with = RiskFactor.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "code" to code,
        "factor" to factor,
        "impact" to impact,
        "trend" to trend,
        "value" to orNull(value),
        "text" to text,
    )

    companion object : JsonForm<RiskFactor>() {
        override fun serializer(): KSerializer<RiskFactor> = this

        override fun read(of: Fields) = RiskFactor(
            of.text("code"),
            of.text("factor"),
            of.text("impact"),
            of.text("trend"),
            of.numberOrNull("value"),
            of.text("text"),
        )
    }
}

/** Something to do next. */
@Serializable(with = Recommendation.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "code" to code,
        "priority" to priority,
        "action" to action,
        "rationale" to rationale,
        "expected_impact" to expectedImpact,
        "timeframe" to timeframe,
    )

    companion object : JsonForm<Recommendation>() {
        override fun serializer(): KSerializer<Recommendation> = this

        override fun read(of: Fields) = Recommendation(
            of.text("code"),
            of.text("priority"),
            of.text("action"),
            of.text("rationale"),
            of.text("expected_impact"),
            of.text("timeframe"),
        )
    }
}

/** A feature without a value of its own, and what stood in for it. */
@Serializable(with = Missing.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "name" to name,
        "label" to label,
        "reason" to reason,
        "found" to found,
        "default" to default,
    )

    companion object : JsonForm<Missing>() {
        override fun serializer(): KSerializer<Missing> = this

        override fun read(of: Fields) = Missing(
            of.text("name"),
            of.text("label"),
            of.text("reason"),
            of.textOrNull("found"),
            of.numberOrNull("default"),
        )
    }
}

/** Where a prediction came from. */
@Serializable(with = Provenance.Companion::class)
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
    val asOf: Instant,
    /** The zone's name. */
    val zone: String,
) : JsonData() {
    override fun element() = fields(
        "pipeline" to pipeline,
        "version" to version,
        "content_hash" to contentHash,
        "is_stub" to isStub.takeIf { it },
        "library" to library,
        "as_of" to asOf.toString(),
        "zone" to zone,
    )

    companion object : JsonForm<Provenance>() {
        override fun serializer(): KSerializer<Provenance> = this

        override fun read(of: Fields) = Provenance(
            of.text("pipeline"),
            of.textOrNull("version"),
            of.text("content_hash"),
            of.flagOrNull("is_stub") ?: false,
            of.text("library"),
            Instant.parse(of.text("as_of")),
            of.text("zone"),
        )
    }
}

/** What came of one lead among many. */
sealed interface Outcome {
    /** The lead's place in the list, from 0. */
    val index: Int

    /** The prediction, or the error thrown. */
    fun getOrThrow(): Prediction

    /** A lead that was scored. */
    data class Scored(override val index: Int, val prediction: Prediction) : JsonData(), Outcome {
        override fun element() = prediction.element()

        override fun getOrThrow(): Prediction = prediction
    }

    /** A lead that was refused. */
    data class Refused(override val index: Int, val error: LeadscoreException) : JsonData(), Outcome {
        override fun element() = fields("error" to error.element())

        override fun getOrThrow(): Prediction = throw error
    }
}
