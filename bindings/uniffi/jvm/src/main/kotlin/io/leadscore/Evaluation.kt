package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonElement

private object Pairs : JsonReader<List<Double>>() {
    override fun read(element: JsonElement): List<Double> = ListOf(Decimal).read(element)
}

private object Decimal : JsonReader<Double>() {
    override fun read(element: JsonElement): Double = plain(element) { it.content.toDouble() } as Double
}

/** What pipelines are worth on leads whose outcome is known. */
@Serializable(with = Evaluation.Companion::class)
data class Evaluation(
    /** The name of the file, without its folders. */
    val source: String,
    /** The moment as of which leads were judged, for people. */
    val asOf: String,
    /** What became of the leads, as the file says it. */
    val target: TargetSummary,
    /** How many rows could not be used. */
    val rejected: Long,
    /** How many rows say nothing of what became of the lead, and are left out. */
    val withoutOutcome: Long,
    /** How many leads. */
    val leads: Long,
    /** How many of them were won. */
    val won: Long,
    /** The share of won leads. */
    val baseRate: Double,
    /** The measures of who knows that share alone. */
    val chance: Chance,
    /** From how many draws ranges are. */
    val draws: Long,
    /** The seed of the draws. */
    val seed: Long,
    /** The pipelines; the others are compared with the first. */
    val pipelines: List<PipelineEvaluation>,
    /** What was assumed or could not be used. */
    val notes: List<String>,
    /** Why the measures mean nothing, where they were allowed to. */
    val worthless: List<String> = emptyList(),
    /** The version of the library. */
    val library: String,
) : JsonData() {
    override fun element() = fields(
        "source" to source,
        "as_of" to asOf,
        "target" to target,
        "rejected" to rejected,
        "without_outcome" to withoutOutcome,
        "leads" to leads,
        "won" to won,
        "base_rate" to baseRate,
        "chance" to chance,
        "draws" to draws,
        "seed" to seed,
        "pipelines" to pipelines,
        "notes" to notes,
        "worthless" to worthless.ifEmpty { null },
        "library" to library,
    )

    companion object : JsonForm<Evaluation>() {
        override fun serializer(): KSerializer<Evaluation> = this

        override fun read(of: Fields) = Evaluation(
            of.text("source"),
            of.text("as_of"),
            of.one("target", TargetSummary),
            of.long("rejected"),
            of.long("without_outcome"),
            of.long("leads"),
            of.long("won"),
            of.number("base_rate"),
            of.one("chance", Chance),
            of.long("draws"),
            of.long("seed"),
            of.list("pipelines", PipelineEvaluation),
            of.texts("notes"),
            of.textsOrNone("worthless"),
            of.text("library"),
        )
    }
}

/** How the column was read that says what became of the leads. */
@Serializable(with = TargetSummary.Companion::class)
data class TargetSummary(
    /** The column's name. */
    val column: String,
    /** The values that mean won. */
    val won: List<String>,
    /** The values that mean lost. */
    val lost: List<String>,
) : JsonData() {
    override fun element() = fields(
        "column" to column,
        "won" to won,
        "lost" to lost,
    )

    companion object : JsonForm<TargetSummary>() {
        override fun serializer(): KSerializer<TargetSummary> = this

        override fun read(of: Fields) = TargetSummary(
            of.text("column"),
            of.texts("won"),
            of.texts("lost"),
        )
    }
}

/** What one pipeline is worth. */
@Serializable(with = PipelineEvaluation.Companion::class)
data class PipelineEvaluation(
    /** Which pipeline. */
    val pipeline: EvaluatedPipeline,
    /** How many leads its rules ruled out; they have the lowest score. */
    val ruledOut: Long,
    /** The measures. */
    val measures: Measures,
    /** Its measures less those of the first pipeline, with ranges of draws of the same leads. */
    val difference: Measures? = null,
    /** Why there are no measures of probabilities, where there are none. */
    val withoutProbability: String? = null,
    /** What the best leads are worth. */
    val top: List<TopLeads>,
    /** The tiers, the best first. */
    val tiers: List<TierOutcome>,
    /** Leads of like probability, from the lowest up. */
    val reliability: List<ReliabilityBin>,
    /** How many won and lost leads have which scores. */
    val histogram: List<ScoreBin>,
    /** The share of lost and of won leads above each score. */
    val roc: List<List<Double>>,
    /** The share of all leads and of won leads above each score. */
    val gain: List<List<Double>>,
    /** Over how many leads [features] and [dependence] are. */
    val explained: Long,
    /** What moves the scores, the strongest first. */
    val features: List<FeatureEffect>,
    /** How points hang on the values of the six features that move scores most. */
    val dependence: List<Dependence>,
    /** The leads divided by columns. */
    val segments: List<Segment>,
) : JsonData() {
    override fun element() = fields(
        "pipeline" to pipeline,
        "ruled_out" to ruledOut,
        "measures" to measures,
        "difference" to difference,
        "without_probability" to withoutProbability,
        "top" to top,
        "tiers" to tiers,
        "reliability" to reliability,
        "histogram" to histogram,
        "roc" to roc,
        "gain" to gain,
        "explained" to explained,
        "features" to features,
        "dependence" to dependence,
        "segments" to segments,
    )

    companion object : JsonForm<PipelineEvaluation>() {
        override fun serializer(): KSerializer<PipelineEvaluation> = this

        override fun read(of: Fields) = PipelineEvaluation(
            of.one("pipeline", EvaluatedPipeline),
            of.long("ruled_out"),
            of.one("measures", Measures),
            of.oneOrNull("difference", Measures),
            of.textOrNull("without_probability"),
            of.list("top", TopLeads),
            of.list("tiers", TierOutcome),
            of.list("reliability", ReliabilityBin),
            of.list("histogram", ScoreBin),
            of.list("roc", Pairs),
            of.list("gain", Pairs),
            of.long("explained"),
            of.list("features", FeatureEffect),
            of.list("dependence", Dependence),
            of.list("segments", Segment),
        )
    }
}

/** Which pipeline was measured. */
@Serializable(with = EvaluatedPipeline.Companion::class)
data class EvaluatedPipeline(
    /** Its id. */
    val id: String,
    /** The name people read. */
    val name: String,
    /** Its version, if it has one. */
    val version: String? = null,
    /** SHA-256 of its JSON, in hex. */
    val contentHash: String,
    /** What its probabilities rest on, where it has some. */
    val basis: String? = null,
    /** Where its model comes from, if it has one that says so. */
    val model: ModelCard? = null,
    /** What its file says of itself. */
    val note: String? = null,
) : JsonData() {
    override fun element() = fields(
        "id" to id,
        "name" to name,
        "version" to version,
        "content_hash" to contentHash,
        "basis" to basis,
        "model" to model,
        "note" to note,
    )

    companion object : JsonForm<EvaluatedPipeline>() {
        override fun serializer(): KSerializer<EvaluatedPipeline> = this

        override fun read(of: Fields) = EvaluatedPipeline(
            of.text("id"),
            of.text("name"),
            of.textOrNull("version"),
            of.text("content_hash"),
            of.textOrNull("basis"),
            of.oneOrNull("model", ModelCard),
            of.textOrNull("note"),
        )
    }
}

/** The leads divided by a column. */
@Serializable(with = Segment.Companion::class)
data class Segment(
    /** The column's name. */
    val column: String,
    /** Its values, the most frequent first. */
    val groups: List<SegmentGroup>,
    /** How many further values are not listed. */
    val more: Long,
) : JsonData() {
    override fun element() = fields(
        "column" to column,
        "groups" to groups,
        "more" to more,
    )

    companion object : JsonForm<Segment>() {
        override fun serializer(): KSerializer<Segment> = this

        override fun read(of: Fields) = Segment(
            of.text("column"),
            of.list("groups", SegmentGroup),
            of.long("more"),
        )
    }
}

/** The leads with one value of a column. */
@Serializable(with = SegmentGroup.Companion::class)
data class SegmentGroup(
    /** The value; none for leads without one. */
    val value: String? = null,
    /** How many leads. */
    val leads: Long,
    /** How many of them were won. */
    val won: Long,
    /** The share that was won. */
    val conversion: Measured,
    /** Their mean score. */
    val meanScore: Double,
    /** The area under the ROC curve within them; none where all have one outcome. */
    val auc: Measured? = null,
) : JsonData() {
    override fun element() = fields(
        "value" to value,
        "leads" to leads,
        "won" to won,
        "conversion" to conversion,
        "mean_score" to meanScore,
        "auc" to auc,
    )

    companion object : JsonForm<SegmentGroup>() {
        override fun serializer(): KSerializer<SegmentGroup> = this

        override fun read(of: Fields) = SegmentGroup(
            of.textOrNull("value"),
            of.long("leads"),
            of.long("won"),
            of.one("conversion", Measured),
            of.number("mean_score"),
            of.oneOrNull("auc", Measured),
        )
    }
}

/** How points hang on the value of a feature. */
@Serializable(with = Dependence.Companion::class)
data class Dependence(
    /** The feature's name. */
    val feature: String,
    /** The name people read. */
    val label: String,
    /** Value and points of some leads, by rising value. */
    val leads: List<List<Double>>,
    /** The levels, the most frequent first; empty where values are numbers. */
    val levels: List<LevelPoints>,
    /** The leads of which the value is not known. */
    val missing: LevelPoints? = null,
) : JsonData() {
    override fun element() = fields(
        "feature" to feature,
        "label" to label,
        "leads" to leads,
        "levels" to levels,
        "missing" to missing,
    )

    companion object : JsonForm<Dependence>() {
        override fun serializer(): KSerializer<Dependence> = this

        override fun read(of: Fields) = Dependence(
            of.text("feature"),
            of.text("label"),
            of.list("leads", Pairs),
            of.list("levels", LevelPoints),
            of.oneOrNull("missing", LevelPoints),
        )
    }
}

/** The leads of one level of a feature. */
@Serializable(with = LevelPoints.Companion::class)
data class LevelPoints(
    /** The level; none where it is not known. */
    val level: String? = null,
    /** How many leads have it. */
    val leads: Long,
    /** The mean of their points. */
    val meanPoints: Double,
) : JsonData() {
    override fun element() = fields(
        "level" to level,
        "leads" to leads,
        "mean_points" to meanPoints,
    )

    companion object : JsonForm<LevelPoints>() {
        override fun serializer(): KSerializer<LevelPoints> = this

        override fun read(of: Fields) = LevelPoints(
            of.textOrNull("level"),
            of.long("leads"),
            of.number("mean_points"),
        )
    }
}
