package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** How a pipeline was learned, and how good it is on leads that its trees had not seen. */
@Serializable(with = TrainReport.Companion::class)
data class TrainReport(
    /** The id of the pipeline. */
    val pipeline: String,
    /** The hash of its content. */
    val contentHash: String,
    /** How many leads, or with a horizon moments, were learned from. */
    val leads: Long,
    /** How many of them were won. */
    val won: Long,
    /** What rows count by; none where all count the same. */
    val weights: RowWeights?,
    /** How many rows say nothing of what became of the lead; none with a horizon. */
    val withoutOutcome: Long?,
    /** How many rows could not be read. */
    val rejected: Long,
    /** The measures, on leads that the trees had not seen. */
    val outOfFold: HeldOutMeasures,
    /** How large the trees are; none where there was no choice. */
    val trees: ChosenTrees?,
    /** How margins become probabilities. */
    val calibration: ChosenCalibration,
    /** What each fold did. */
    val folds: List<TrainedFold>,
    /** What each tier holds, the best first. */
    val tiers: List<TrainedTier>,
    /** What was learned from. */
    val columns: List<TrainedColumn>,
    /** What was not, and why. */
    val leftOut: List<LeftOutColumn>,
    /** What looks like the answer. */
    val leaks: List<Leak>,
    /** The moments of leads' lives that were learned from; none without a horizon. */
    val moments: TrainedMoments?,
    /** The last fifth by time; none where there are too few leads, or all have one moment. */
    val timeOrder: TimeOrder?,
) : JsonData() {
    override fun element() = fields(
        "pipeline" to pipeline,
        "content_hash" to contentHash,
        "leads" to leads,
        "won" to won,
        "weights" to orNull(weights?.element()),
        "without_outcome" to orNull(withoutOutcome),
        "rejected" to rejected,
        "out_of_fold" to outOfFold,
        "trees" to orNull(trees?.element()),
        "calibration" to calibration,
        "folds" to folds,
        "tiers" to tiers,
        "columns" to columns,
        "left_out" to leftOut,
        "leaks" to leaks,
        "moments" to orNull(moments?.element()),
        "time_order" to orNull(timeOrder?.element()),
    )

    companion object : JsonForm<TrainReport>() {
        override fun serializer(): KSerializer<TrainReport> = this

        override fun read(of: Fields) = TrainReport(
            of.text("pipeline"),
            of.text("content_hash"),
            of.long("leads"),
            of.long("won"),
            of.oneOrNull("weights", RowWeights),
            of.longOrNull("without_outcome"),
            of.long("rejected"),
            of.one("out_of_fold", HeldOutMeasures),
            of.oneOrNull("trees", ChosenTrees),
            of.one("calibration", ChosenCalibration),
            of.list("folds", TrainedFold),
            of.list("tiers", TrainedTier),
            of.list("columns", TrainedColumn),
            of.list("left_out", LeftOutColumn),
            of.list("leaks", Leak),
            of.oneOrNull("moments", TrainedMoments),
            of.oneOrNull("time_order", TimeOrder),
        )
    }
}

/** What rows count by. */
@Serializable(with = RowWeights.Companion::class)
data class RowWeights(
    /** The column of weights. */
    val column: String?,
    /** How many rows weigh 0, and are left out. */
    val zeroRows: Long,
    /** How much all measured rows weigh. */
    val total: Double,
    /** The won ones' share of it. */
    val wonShare: Double,
) : JsonData() {
    override fun element() = fields(
        "column" to orNull(column),
        "zero_rows" to zeroRows,
        "total" to total,
        "won_share" to wonShare,
    )

    companion object : JsonForm<RowWeights>() {
        override fun serializer(): KSerializer<RowWeights> = this

        override fun read(of: Fields) = RowWeights(
            of.textOrNull("column"),
            of.long("zero_rows"),
            of.number("total"),
            of.number("won_share"),
        )
    }
}

/** How good a pipeline is on leads that its trees had not seen. */
@Serializable(with = HeldOutMeasures.Companion::class)
data class HeldOutMeasures(
    /** How likely a won lead stands above a lost one. */
    val auc: Double,
    /** Where 95 of 100 values lie when the leads are drawn anew. */
    val aucInterval: List<Double>,
    /** The area under precision by recall. */
    val averagePrecision: Double,
    /** The mean of −ln of the probability of what happened. */
    val logLoss: Double,
    /** The mean squared difference of the probability and what happened. */
    val brier: Double,
    /** The largest difference of the shares of won and of lost leads above a score. */
    val ks: Double,
    /** How much more the best tenth is won than all are. */
    val lift10: Double,
    /** The share of all won leads in the best fifth. */
    val capture20: Double,
    /** How far probabilities are from what happened. */
    val calibrationError: Double,
    /** What that of perfect probabilities stays below in 95 of 100 cases. */
    val calibrationErrorByChance95: Double,
    /** The same in 999 of 1,000 cases. */
    val calibrationErrorByChance999: Double,
) : JsonData() {
    override fun element() = fields(
        "auc" to auc,
        "auc_interval" to aucInterval,
        "average_precision" to averagePrecision,
        "log_loss" to logLoss,
        "brier" to brier,
        "ks" to ks,
        "lift_10" to lift10,
        "capture_20" to capture20,
        "calibration_error" to calibrationError,
        "calibration_error_by_chance_95" to calibrationErrorByChance95,
        "calibration_error_by_chance_999" to calibrationErrorByChance999,
    )

    companion object : JsonForm<HeldOutMeasures>() {
        override fun serializer(): KSerializer<HeldOutMeasures> = this

        override fun read(of: Fields) = HeldOutMeasures(
            of.number("auc"),
            of.list("auc_interval", DoubleForm),
            of.number("average_precision"),
            of.number("log_loss"),
            of.number("brier"),
            of.number("ks"),
            of.number("lift_10"),
            of.number("capture_20"),
            of.number("calibration_error"),
            of.number("calibration_error_by_chance_95"),
            of.number("calibration_error_by_chance_999"),
        )
    }
}

/** Which calibration was taken, and what each that was tried had. */
@Serializable(with = ChosenCalibration.Companion::class)
data class ChosenCalibration(
    /** The one that was taken. */
    val method: String,
    /** The log loss of each, on leads that it was not fitted to. */
    val logLosses: Map<String, Double>,
) : JsonData() {
    override fun element() = fields(
        "method" to method,
        "log_losses" to JsonObject(logLosses.mapValues { (_, loss) -> numberElement(loss) }),
    )

    companion object : JsonForm<ChosenCalibration>() {
        override fun serializer(): KSerializer<ChosenCalibration> = this

        override fun read(of: Fields) = ChosenCalibration(
            of.text("method"),
            of.element("log_losses").jsonObject.mapValues { (_, loss) -> DoubleForm.read(loss) },
        )
    }
}

/** The size of the trees, and what the others had. */
@Serializable(with = ChosenTrees.Companion::class)
data class ChosenTrees(
    /** The one that was taken: `small`, `medium` or `large`. */
    val size: String,
    /** The log loss of each that was tried, on the same leads, which its trees had not seen. */
    val logLosses: Map<String, Double>,
) : JsonData() {
    override fun element() = fields(
        "size" to size,
        "log_losses" to JsonObject(logLosses.mapValues { (_, loss) -> numberElement(loss) }),
    )

    companion object : JsonForm<ChosenTrees>() {
        override fun serializer(): KSerializer<ChosenTrees> = this

        override fun read(of: Fields) = ChosenTrees(
            of.text("size"),
            of.element("log_losses").jsonObject.mapValues { (_, loss) -> DoubleForm.read(loss) },
        )
    }
}

/** What a fold did. */
@Serializable(with = TrainedFold.Companion::class)
data class TrainedFold(
    /** Its leads. */
    val leads: Long,
    /** The boosting rounds up to the best. */
    val rounds: Long,
    /** The log loss of its leads there. */
    val logLoss: Double,
) : JsonData() {
    override fun element() = fields(
        "leads" to leads,
        "rounds" to rounds,
        "log_loss" to logLoss,
    )

    companion object : JsonForm<TrainedFold>() {
        override fun serializer(): KSerializer<TrainedFold> = this

        override fun read(of: Fields) = TrainedFold(
            of.long("leads"),
            of.long("rounds"),
            of.number("log_loss"),
        )
    }
}

/** What a tier holds. */
@Serializable(with = TrainedTier.Companion::class)
data class TrainedTier(
    /** Its name. */
    val tier: String,
    /** How many leads. */
    val leads: Long,
    /** How many of them were won. */
    val won: Long,
) : JsonData() {
    override fun element() = fields(
        "tier" to tier,
        "leads" to leads,
        "won" to won,
    )

    companion object : JsonForm<TrainedTier>() {
        override fun serializer(): KSerializer<TrainedTier> = this

        override fun read(of: Fields) = TrainedTier(
            of.text("tier"),
            of.long("leads"),
            of.long("won"),
        )
    }
}

/** A column that was learned from. */
@Serializable(with = TrainedColumn.Companion::class)
data class TrainedColumn(
    /** The feature it became. */
    val feature: String,
    /** Its name in the file. */
    val column: String,
) : JsonData() {
    override fun element() = fields(
        "feature" to feature,
        "column" to column,
    )

    companion object : JsonForm<TrainedColumn>() {
        override fun serializer(): KSerializer<TrainedColumn> = this

        override fun read(of: Fields) = TrainedColumn(
            of.text("feature"),
            of.text("column"),
        )
    }
}

/** A column that was not learned from. */
@Serializable(with = LeftOutColumn.Companion::class)
data class LeftOutColumn(
    /** Its name in the file. */
    val column: String,
    /** Why. */
    val reason: String,
) : JsonData() {
    override fun element() = fields(
        "column" to column,
        "reason" to reason,
    )

    companion object : JsonForm<LeftOutColumn>() {
        override fun serializer(): KSerializer<LeftOutColumn> = this

        override fun read(of: Fields) = LeftOutColumn(
            of.text("column"),
            of.text("reason"),
        )
    }
}

/** Columns that look like the answer: learn again without those that are not known when a lead is scored. */
@Serializable(with = Leak.Companion::class)
data class Leak(
    /** Their names in the file. */
    val columns: List<String>,
    /** The AUC of the best of them alone. */
    val auc: Double,
    /** What makes them look so. */
    val reason: String,
) : JsonData() {
    override fun element() = fields(
        "columns" to columns,
        "auc" to auc,
        "reason" to reason,
    )

    companion object : JsonForm<Leak>() {
        override fun serializer(): KSerializer<Leak> = this

        override fun read(of: Fields) = Leak(
            of.texts("columns"),
            of.number("auc"),
            of.text("reason"),
        )
    }
}

/** Moments of leads' lives. */
@Serializable(with = TrainedMoments.Companion::class)
data class TrainedMoments(
    /** How many leads have one. */
    val leads: Long,
    /** How many of them were won at some time. */
    val wonLeads: Long,
    /** The days within which a lead is won or not. */
    val horizonDays: Double,
    /** The days between the moments of a lead. */
    val everyDays: Double,
    /** The moment up to which leads are known. */
    val knownUpTo: String,
) : JsonData() {
    override fun element() = fields(
        "leads" to leads,
        "won_leads" to wonLeads,
        "horizon_days" to horizonDays,
        "every_days" to everyDays,
        "known_up_to" to knownUpTo,
    )

    companion object : JsonForm<TrainedMoments>() {
        override fun serializer(): KSerializer<TrainedMoments> = this

        override fun read(of: Fields) = TrainedMoments(
            of.long("leads"),
            of.long("won_leads"),
            of.number("horizon_days"),
            of.number("every_days"),
            of.text("known_up_to"),
        )
    }
}

/** The last fifth by time, judged by trees that knew leads of all times and by trees of earlier leads alone. */
@Serializable(with = TimeOrder.Companion::class)
data class TimeOrder(
    /** The moment from which on leads are judged. */
    val from: String,
    /** How many rows lie there. */
    val rows: Long,
    /** How many of them were won. */
    val won: Long,
    /** How many earlier ones were learned from. */
    val earlierRows: Long,
    /** The AUC by leads of all times. */
    val randomAuc: Double,
    /** The AUC by earlier leads alone: what to expect of new ones. */
    val orderedAuc: Double,
    /** Where 95 of 100 differences of the second from the first lie. */
    val difference: List<Double>,
) : JsonData() {
    override fun element() = fields(
        "from" to from,
        "rows" to rows,
        "won" to won,
        "earlier_rows" to earlierRows,
        "random_auc" to randomAuc,
        "ordered_auc" to orderedAuc,
        "difference" to difference,
    )

    companion object : JsonForm<TimeOrder>() {
        override fun serializer(): KSerializer<TimeOrder> = this

        override fun read(of: Fields) = TimeOrder(
            of.text("from"),
            of.long("rows"),
            of.long("won"),
            of.long("earlier_rows"),
            of.number("random_auc"),
            of.number("ordered_auc"),
            of.list("difference", DoubleForm),
        )
    }
}

/** A number of a list. */
private object DoubleForm : JsonReader<Double>() {
    override fun read(element: JsonElement): Double = element.jsonPrimitive.double
}
