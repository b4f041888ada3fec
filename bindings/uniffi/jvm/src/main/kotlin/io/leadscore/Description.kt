package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.PrimitiveSerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlinx.serialization.json.JsonDecoder
import kotlinx.serialization.json.jsonPrimitive

/** What a pipeline is. */
@Serializable
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
)

/** A column of a pipeline's matrix. */
@Serializable
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
)

/** A tier, and what to do with its leads. */
@Serializable
data class Tier(
    /** The tier's name. */
    @SerialName("tier")
    val name: String,
    /** What to do. */
    val action: String,
)

/** Where a pipeline's model comes from. */
@Serializable
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
)

/** How much a feature or rule matters. */
@Serializable
data class FeatureImportance(
    /** The feature's name, or the rule's code. */
    val code: String,
    /** The name people read. */
    val label: String,
    /** The group it belongs to, if any. */
    val group: String? = null,
    /** The share of the whole; all sum to 1, or are 0 where nothing matters. */
    val importance: Double,
)

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
@Serializable
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
    @Serializable(with = MissingMarker::class)
    val missing: Double? = null,
    /** Whether margins are sums of `f32` or of `f64`. */
    val precision: String,
)

/** A double for which JSON has words where it has no number. */
internal object MissingMarker : KSerializer<Double> {
    override val descriptor = PrimitiveSerialDescriptor("MissingMarker", PrimitiveKind.DOUBLE)

    override fun deserialize(decoder: Decoder): Double =
        when (val text = (decoder as JsonDecoder).decodeJsonElement().jsonPrimitive.content) {
            "inf" -> Double.POSITIVE_INFINITY
            "-inf" -> Double.NEGATIVE_INFINITY
            else -> text.toDouble()
        }

    override fun serialize(encoder: Encoder, value: Double) =
        when {
            value.isFinite() -> encoder.encodeDouble(value)
            else -> encoder.encodeString(if (value > 0) "inf" else "-inf")
        }
}

/** An input column of a model. */
@Serializable
data class ModelFeature(
    /** The column's name, `f0`, `f1`, … where the file has none. */
    val name: String,
    /** `number`, `flag` or `category`. */
    val type: String,
    /** The names of a category's levels where the file keeps them; the place is the code. */
    val levels: List<String> = emptyList(),
)
