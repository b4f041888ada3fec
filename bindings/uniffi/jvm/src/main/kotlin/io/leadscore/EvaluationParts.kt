package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable

/** How much a feature of a model, or a rule, moves scores. */
@Serializable(with = FeatureEffect.Companion::class)
data class FeatureEffect(
    /** The feature's name, or the rule's code. */
    val code: String,
    /** The name people read. */
    val label: String,
    /** The group it belongs to, if any. */
    val group: String? = null,
    /** The mean of its points over the leads, without their signs. */
    val meanPoints: Double,
) : JsonData() {
    override fun element() = fields(
        "code" to code,
        "label" to label,
        "group" to group,
        "mean_points" to meanPoints,
    )

    companion object : JsonForm<FeatureEffect>() {
        override fun serializer(): KSerializer<FeatureEffect> = this

        override fun read(of: Fields) = FeatureEffect(
            of.text("code"),
            of.text("label"),
            of.textOrNull("group"),
            of.number("mean_points"),
        )
    }
}

/** The leads whose scores lie in one step. */
@Serializable(with = ScoreBin.Companion::class)
data class ScoreBin(
    /** The lowest score. */
    val from: Double,
    /** The score at which the next step begins. */
    val to: Double,
    /** How many won leads. */
    val won: Long,
    /** How many lost leads. */
    val lost: Long,
) : JsonData() {
    override fun element() = fields(
        "from" to from,
        "to" to to,
        "won" to won,
        "lost" to lost,
    )

    companion object : JsonForm<ScoreBin>() {
        override fun serializer(): KSerializer<ScoreBin> = this

        override fun read(of: Fields) = ScoreBin(
            of.number("from"),
            of.number("to"),
            of.long("won"),
            of.long("lost"),
        )
    }
}

/** Leads of like probability. */
@Serializable(with = ReliabilityBin.Companion::class)
data class ReliabilityBin(
    /** How many. */
    val count: Long,
    /** Their mean probability. */
    val predicted: Double,
    /** The share of them that was won. */
    val won: Double,
) : JsonData() {
    override fun element() = fields(
        "count" to count,
        "predicted" to predicted,
        "won" to won,
    )

    companion object : JsonForm<ReliabilityBin>() {
        override fun serializer(): KSerializer<ReliabilityBin> = this

        override fun read(of: Fields) = ReliabilityBin(
            of.long("count"),
            of.number("predicted"),
            of.number("won"),
        )
    }
}

/** How many leads of a tier were won. */
@Serializable(with = TierOutcome.Companion::class)
data class TierOutcome(
    /** The tier; none for leads without one. */
    val tier: String? = null,
    /** How many leads. */
    val leads: Long,
    /** How many of them were won. */
    val won: Long,
    /** The share that was won; none without leads. */
    val conversion: Measured? = null,
) : JsonData() {
    override fun element() = fields(
        "tier" to tier,
        "leads" to leads,
        "won" to won,
        "conversion" to conversion,
    )

    companion object : JsonForm<TierOutcome>() {
        override fun serializer(): KSerializer<TierOutcome> = this

        override fun read(of: Fields) = TierOutcome(
            of.textOrNull("tier"),
            of.long("leads"),
            of.long("won"),
            of.oneOrNull("conversion", Measured),
        )
    }
}

/** So many of the best leads. */
@Serializable(with = TopLeads.Companion::class)
data class TopLeads(
    /** How many, as it was asked for. */
    val top: String,
    /** The number of leads. */
    val leads: Long,
    /** The share of them that was won. */
    val conversion: Measured,
    /** That share over the one of all leads. */
    val lift: Measured,
    /** The share of all won leads that are among them. */
    val capture: Measured,
) : JsonData() {
    override fun element() = fields(
        "top" to top,
        "leads" to leads,
        "conversion" to conversion,
        "lift" to lift,
        "capture" to capture,
    )

    companion object : JsonForm<TopLeads>() {
        override fun serializer(): KSerializer<TopLeads> = this

        override fun read(of: Fields) = TopLeads(
            of.text("top"),
            of.long("leads"),
            of.one("conversion", Measured),
            of.one("lift", Measured),
            of.one("capture", Measured),
        )
    }
}

/** The measures of who knows the share of won leads alone. */
@Serializable(with = Chance.Companion::class)
data class Chance(
    /** One half. */
    val auc: Double,
    /** The share of won leads. */
    val averagePrecision: Double,
    /** The log loss. */
    val logLoss: Double,
    /** The Brier score. */
    val brier: Double,
) : JsonData() {
    override fun element() = fields(
        "auc" to auc,
        "average_precision" to averagePrecision,
        "log_loss" to logLoss,
        "brier" to brier,
    )

    companion object : JsonForm<Chance>() {
        override fun serializer(): KSerializer<Chance> = this

        override fun read(of: Fields) = Chance(
            of.number("auc"),
            of.number("average_precision"),
            of.number("log_loss"),
            of.number("brier"),
        )
    }
}

/** The measures of a pipeline; those of probabilities only where it has some. */
@Serializable(with = Measures.Companion::class)
data class Measures(
    /** How likely a won lead has a higher score than a lost one. */
    val auc: Measured,
    /** The area under the curve of precision by recall. */
    val averagePrecision: Measured,
    /** The largest distance of won and lost leads. */
    val ks: Measured,
    /** The mean of −ln of the probability of what happened. */
    val logLoss: Measured? = null,
    /** The mean squared difference of the probability and what happened. */
    val brier: Measured? = null,
    /** How far probabilities are from what happened. */
    val calibrationError: CalibrationError? = null,
) : JsonData() {
    override fun element() = fields(
        "auc" to auc,
        "average_precision" to averagePrecision,
        "ks" to ks,
        "log_loss" to logLoss,
        "brier" to brier,
        "calibration_error" to calibrationError,
    )

    companion object : JsonForm<Measures>() {
        override fun serializer(): KSerializer<Measures> = this

        override fun read(of: Fields) = Measures(
            of.one("auc", Measured),
            of.one("average_precision", Measured),
            of.one("ks", Measured),
            of.oneOrNull("log_loss", Measured),
            of.oneOrNull("brier", Measured),
            of.oneOrNull("calibration_error", CalibrationError),
        )
    }
}

/** How far probabilities are from what happened, beside what chance makes of perfect ones. */
@Serializable(with = CalibrationError.Companion::class)
data class CalibrationError(
    /** The expected calibration error. */
    val value: Double,
    /** What that of perfect probabilities stays below in 95 of 100 cases. */
    val perfect95: Double? = null,
    /** The same in 999 of 1,000 cases. */
    val perfect999: Double? = null,
) : JsonData() {
    override fun element() = fields(
        "value" to value,
        "perfect_95" to perfect95,
        "perfect_999" to perfect999,
    )

    companion object : JsonForm<CalibrationError>() {
        override fun serializer(): KSerializer<CalibrationError> = this

        override fun read(of: Fields) = CalibrationError(
            of.number("value"),
            of.numberOrNull("perfect_95"),
            of.numberOrNull("perfect_999"),
        )
    }
}

/** A measure, and where 95 of 100 values lie when the leads are drawn anew; no range without draws. */
@Serializable(with = Measured.Companion::class)
data class Measured(
    /** The measure. */
    val value: Double,
    /** The 2.5th percentile. */
    val low: Double? = null,
    /** The 97.5th percentile. */
    val high: Double? = null,
) : JsonData() {
    override fun element() = fields(
        "value" to value,
        "low" to low,
        "high" to high,
    )

    companion object : JsonForm<Measured>() {
        override fun serializer(): KSerializer<Measured> = this

        override fun read(of: Fields) = Measured(
            of.number("value"),
            of.numberOrNull("low"),
            of.numberOrNull("high"),
        )
    }
}
