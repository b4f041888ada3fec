package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable

/** What a pipeline is. */
@Serializable(with = PipelineDescription.Companion::class)
data class PipelineDescription(
    /** The pipeline's id. */
    val id: String,
    /** The name people read. */
    val name: String,
    /** The declared version, if any. */
    val version: String? = null,
    /** What the file says about itself. */
    val note: String? = null,
    /** SHA-256 of the pipeline's JSON, in hex. */
    val contentHash: String,
    /** The columns of its matrix. */
    val columns: List<Column>,
    /** The attributes of a lead that it reads. */
    val attributes: List<String>,
    /** Whether any feature reads the activity log. */
    val readsActivities: Boolean,
    /** Its tiers. */
    val tiers: List<Tier>,
    /** The names of the classes whose probabilities it gives; empty where it has none. */
    val classes: List<String>,
    /** Where its model comes from, if it has one and the file tells. */
    val model: ModelCard? = null,
    /** Whether tiers are by rank, so that a lead that is scored alone has none. */
    val ranks: Boolean = false,
) : JsonData() {
    override fun element() = fields(
        "id" to id,
        "name" to name,
        "version" to orNull(version),
        "note" to orNull(note),
        "content_hash" to contentHash,
        "columns" to columns,
        "attributes" to attributes,
        "reads_activities" to readsActivities,
        "ranks" to ranks.takeIf { it },
        "tiers" to tiers,
        "classes" to classes,
        "model" to orNull(model),
    )

    companion object : JsonForm<PipelineDescription>() {
        override fun serializer(): KSerializer<PipelineDescription> = this

        override fun read(of: Fields) = PipelineDescription(
            of.text("id"),
            of.text("name"),
            of.textOrNull("version"),
            of.textOrNull("note"),
            of.text("content_hash"),
            of.list("columns", Column),
            of.texts("attributes"),
            of.flag("reads_activities"),
            of.list("tiers", Tier),
            of.textsOrNone("classes"),
            of.oneOrNull("model", ModelCard),
            of.flagOrNull("ranks") ?: false,
        )
    }
}

/** A column of a pipeline's matrix. */
@Serializable(with = Column.Companion::class)
data class Column(
    /** The feature's name. */
    val name: String,
    /** The name people read. */
    val label: String,
    /** The group it belongs to, if any. */
    val group: String? = null,
    /** `number`, `flag`, `category` and the like. */
    val type: String,
    /** A category's levels; the place is the number in the matrix. */
    val levels: List<String> = emptyList(),
) : JsonData() {
    override fun element() = fields(
        "name" to name,
        "label" to label,
        "group" to orNull(group),
        "type" to type,
        "levels" to levels,
    )

    companion object : JsonForm<Column>() {
        override fun serializer(): KSerializer<Column> = this

        override fun read(of: Fields) = Column(
            of.text("name"),
            of.text("label"),
            of.textOrNull("group"),
            of.text("type"),
            of.textsOrNone("levels"),
        )
    }
}

/** A tier, and what to do with its leads. */
@Serializable(with = Tier.Companion::class)
data class Tier(
    /** The tier's name. */
    val name: String,
    /** What to do. */
    val action: String,
) : JsonData() {
    override fun element() = fields("tier" to name, "action" to action)

    companion object : JsonForm<Tier>() {
        override fun serializer(): KSerializer<Tier> = this

        override fun read(of: Fields) = Tier(of.text("tier"), of.text("action"))
    }
}

/** Where a pipeline's model comes from. */
@Serializable(with = ModelCard.Companion::class)
data class ModelCard(
    /** The model's name. */
    val name: String,
    /** The model's version, where it has one. */
    val version: String? = null,
    /** What kind of model it is. */
    val modelType: String,
    /** The day it was trained, where known. */
    val trainingDate: String? = null,
    /** Whether it was trained on made-up leads: a stand-in until there is one of your own. */
    val isStub: Boolean = false,
) : JsonData() {
    override fun element() = fields(
        "name" to name,
        "version" to version,
        "model_type" to modelType,
        "training_date" to trainingDate,
        "is_stub" to isStub,
    )

    companion object : JsonForm<ModelCard>() {
        override fun serializer(): KSerializer<ModelCard> = this

        override fun read(of: Fields) = ModelCard(
            of.text("name"),
            of.textOrNull("version"),
            of.text("model_type"),
            of.textOrNull("training_date"),
            of.flagOrNull("is_stub") ?: false,
        )
    }
}

/** How much a feature or rule matters. */
@Serializable(with = FeatureImportance.Companion::class)
data class FeatureImportance(
    /** The feature's name, or the rule's code. */
    val code: String,
    /** The name people read. */
    val label: String,
    /** The group it belongs to, if any. */
    val group: String? = null,
    /** The share of the whole; all sum to 1, or are 0 where nothing matters. */
    val importance: Double,
) : JsonData() {
    override fun element() = fields("code" to code, "label" to label, "group" to group, "importance" to importance)

    companion object : JsonForm<FeatureImportance>() {
        override fun serializer(): KSerializer<FeatureImportance> = this

        override fun read(of: Fields) = FeatureImportance(
            of.text("code"),
            of.text("label"),
            of.textOrNull("group"),
            of.number("importance"),
        )
    }
}

/** What importance is measured by. */
enum class ImportanceBy {
    /** The mean gain of the splits on a feature. */
    GAIN,

    /** Their sum. */
    TOTAL_GAIN,

    /** The mean training weight that passed the splits on a feature. */
    COVER,

    /** Its sum. */
    TOTAL_COVER,

    /** The largest points a rule of a scorecard can give or take, after every cap. */
    LARGEST,
}

/** What a model is. */
@Serializable(with = ForestDescription.Companion::class)
data class ForestDescription(
    /** `xgboost` or `lightgbm`. */
    val library: String,
    /** The version that wrote the file. */
    val libraryVersion: String,
    /** The objective's name as in the file; empty for a custom one. */
    val objective: String,
    /** The input columns. */
    val features: List<ModelFeature>,
    /** Whether the file names its input columns. */
    val named: Boolean,
    /** The number of outputs: 1, or one for each class or target. */
    val outputs: Int,
    /** The number of predictions for a row. */
    val predictions: Int,
    /** The number of trees; 0 for a linear booster. */
    val trees: Int,
    /** The number of boosting rounds. */
    val rounds: Int,
    /** The best boosting round, from 0, where the file names one. */
    val bestIteration: Int? = null,
    /** The value besides NaN that is read as missing, if there is one. */
    val missing: Double? = null,
    /** Whether margins are sums of `f32` or of `f64`. */
    val precision: String,
) : JsonData() {
    override fun element() = fields(
        "library" to library,
        "library_version" to libraryVersion,
        "objective" to objective,
        "features" to features,
        "named" to named,
        "outputs" to outputs,
        "predictions" to predictions,
        "trees" to trees,
        "rounds" to rounds,
        "best_iteration" to bestIteration,
        "missing" to missing?.let(::numberElement),
        "precision" to precision,
    )

    companion object : JsonForm<ForestDescription>() {
        override fun serializer(): KSerializer<ForestDescription> = this

        override fun read(of: Fields) = ForestDescription(
            of.text("library"),
            of.text("library_version"),
            of.text("objective"),
            of.list("features", ModelFeature),
            of.flag("named"),
            of.int("outputs"),
            of.int("predictions"),
            of.int("trees"),
            of.int("rounds"),
            of.intOrNull("best_iteration"),
            of.marker("missing"),
            of.text("precision"),
        )
    }
}

/** An input column of a model. */
@Serializable(with = ModelFeature.Companion::class)
data class ModelFeature(
    /** The column's name, `f0`, `f1`, … where the file has none. */
    val name: String,
    /** `number`, `flag` or `category`. */
    val type: String,
    /** The names of a category's levels where the file keeps them; the place is the code. */
    val levels: List<String> = emptyList(),
) : JsonData() {
    override fun element() = fields("name" to name, "type" to type, "levels" to levels)

    companion object : JsonForm<ModelFeature>() {
        override fun serializer(): KSerializer<ModelFeature> = this

        override fun read(of: Fields) = ModelFeature(of.text("name"), of.text("type"), of.textsOrNone("levels"))
    }
}
