package io.leadscore

import java.nio.file.Path
import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** Which boosting rounds of a model to use. */
enum class Iterations {
    /** All of the file, as XGBoost's own `Booster` does. */
    ALL,

    /** Up to the best round where the file names one, else all: the default, as that of the libraries' scikit-learn classes. */
    BEST,
    ;

    internal val word: String get() = name.lowercase()
}

/** What becomes of a cell that is none of its column's levels. */
enum class Unseen {
    /** Missing for LightGBM and an error for XGBoost, as in LightGBM and in XGBoost from 3.3 on: the default. */
    LIBRARY,

    /** Missing, whoever trained the model. */
    MISSING,

    /** An error, whoever trained the model. */
    REFUSE,
    ;

    internal val word: String get() = name.lowercase()
}

/**
 * How a model file becomes a pipeline: what the file does not tell. Schema, scale and tiers are JSON as in a pipeline
 * file, or the name of a built-in one.
 */
data class ImportOptions @JvmOverloads constructor(
    /** The pipeline's id. */
    val id: String,
    /** The name people read; the id if there is none. */
    val name: String? = null,
    /**
     * What the features are called and read from; made from the model's names and types if there is none. A whole
     * pipeline file stands for its schema.
     */
    val schema: String? = null,
    /** How margins become scores, where the objective does not say. */
    val scale: String? = null,
    /** The names of the classes, in the order of the model's outputs. */
    val classes: List<String> = emptyList(),
    /** The weights of the classes, 0–1. */
    val weights: List<Double> = emptyList(),
    /** The tiers. */
    val tiers: String? = null,
    /** Whether scores go with reasons; a file without cover has none. */
    val reasons: Boolean = true,
    /** Which boosting rounds are kept. */
    val iterations: Iterations = Iterations.BEST,
    /** The value that stood for missing in training besides NaN, which no model file keeps; the pipeline does. */
    val missing: Double? = null,
    /** The levels of categorical columns in the order of their codes, where the model file does not settle them. */
    val levels: Map<String, List<String>> = emptyMap(),
) {
    /** The same with a schema. */
    fun withSchema(schema: String): ImportOptions = copy(schema = schema)

    /** The same with a scale. */
    fun withScale(scale: String): ImportOptions = copy(scale = scale)

    /** The same with named and weighted classes. */
    fun withClasses(classes: List<String>, weights: List<Double>): ImportOptions =
        copy(classes = classes, weights = weights)

    /** The same with tiers. */
    fun withTiers(tiers: String): ImportOptions = copy(tiers = tiers)

    /** The same with a value besides NaN that is read as missing. */
    fun withMissing(missing: Double): ImportOptions = copy(missing = missing)

    /** The same with the levels of columns. */
    fun withLevels(levels: Map<String, List<String>>): ImportOptions = copy(levels = levels)

    internal fun json(): String {
        weights.forEachIndexed { at, weight ->
            if (!weight.isFinite()) {
                throw LeadscoreException("invalid_context", "weights[$at]", "wants a number, found $weight")
            }
        }
        if (missing != null && !missing.isFinite()) {
            throw LeadscoreException("invalid_context", "missing", "wants a number, found $missing")
        }
        val texts = listOf("id" to id, "name" to name, "schema" to schema, "scale" to scale, "tiers" to tiers)
        return buildJsonObject {
            for ((key, value) in texts) if (value != null) put(key, checked(value, "invalid_context", key))
            val named = classes.mapIndexed { at, name -> checked(name, "invalid_context", "classes[$at]") }
            put("classes", JsonArray(named.map(::JsonPrimitive)))
            put("weights", JsonArray(weights.map(::JsonPrimitive)))
            if (missing != null) put("missing", missing)
            if (levels.isNotEmpty()) put("levels", levelsJson(levels))
            put("reasons", reasons)
            put("iterations", iterations.word)
        }.toString()
    }
}

/** What [Pipeline.scoreFile] writes. */
enum class FileFormat {
    /** One line for each lead. */
    CSV,

    /** One prediction for each line. */
    JSONL,

    /** A list of predictions. */
    JSON,

    /** A page for the team. */
    HTML,
}

/** What [Pipeline.scoreFile] does besides scoring. */
data class FileOptions @JvmOverloads constructor(
    /** What to write; by default what the ending of the output's name says, CSV if it says none. */
    val format: FileFormat? = null,
    /** The moment, the zone and the mode; its other fields have no meaning here. */
    val context: Context = Context(),
    /** A file that says which column is which attribute. */
    val map: Path? = null,
    /** A file of activities. */
    val activities: Path? = null,
    /** Where rows that cannot be read go. */
    val rejects: Path? = null,
    /** How many reasons a row names. */
    val reasons: Int? = null,
    /** Only so many of the best. */
    val top: Int? = null,
    /** How many threads; one for each processor if it is not said. */
    val threads: Int? = null,
    /** Columns of the input that are written to the output too; `all` means every column. */
    val columns: List<String> = emptyList(),
    /** Whether CSV is written so that Excel reads it as it is meant. */
    val excel: Boolean = false,
    /** Whether a result that says nothing of the leads is written, instead of the error `worthless_result`. */
    val allowWorthless: Boolean = false,
    /** How many leads can be worked on; every row says its rank and whether it is in. */
    val capacity: Capacity? = null,
) {
    internal fun json(input: Path, output: Path): String {
        for ((path, count) in listOf("reasons" to reasons, "top" to top, "threads" to threads)) {
            if (count != null) counted(count, path)
        }
        val fields: Map<String, JsonElement?> = mapOf(
            "input" to JsonPrimitive(checked(input.toString(), "invalid_context", "input")),
            "output" to JsonPrimitive(checked(output.toString(), "invalid_context", "output")),
            "format" to format?.let { JsonPrimitive(it.name.lowercase()) },
            "map" to map?.let { JsonPrimitive(it.toString()) },
            "activities" to activities?.let { JsonPrimitive(it.toString()) },
            "as_of" to JsonPrimitive(context.asOfText()),
            "zone" to JsonPrimitive(context.zoneName),
            "strict" to JsonPrimitive(context.strict),
            "rejects" to rejects?.let { JsonPrimitive(it.toString()) },
            "reasons" to reasons?.let { JsonPrimitive(it) },
            "top" to top?.let { JsonPrimitive(it) },
            "capacity" to capacity?.let { JsonPrimitive(it.toString()) },
            "threads" to threads?.let { JsonPrimitive(it) },
            "columns" to JsonArray(columns.map { JsonPrimitive(it) }),
            "excel" to JsonPrimitive(excel),
            "allow_worthless" to JsonPrimitive(allowWorthless),
        )
        return buildJsonObject { fields.forEach { (name, value) -> if (value != null) put(name, value) } }.toString()
    }
}

/** What [Pipeline.evaluateFile] measures besides, and how. */
data class EvaluationOptions @JvmOverloads constructor(
    /** The values of the target that mean won, where they are not 1, yes, true, won or converted. */
    val positive: List<String> = emptyList(),
    /** Columns; the leads of each value are measured too. */
    val segments: List<String> = emptyList(),
    /** How many of the best leads are looked at: `10 %`, `50`. */
    val top: List<String> = listOf("10 %", "20 %"),
    /** The moment, the zone and the mode; its other fields have no meaning here. */
    val context: Context = Context(),
    /** A file that says which column is which attribute. */
    val map: Path? = null,
    /** A file of activities. */
    val activities: Path? = null,
    /** Where rows that cannot be used go. */
    val rejects: Path? = null,
    /** A page for people to write, as HTML. */
    val report: Path? = null,
    /** How often leads are drawn anew for the ranges; 1,000 if it is not said. */
    val draws: Int? = null,
    /** The seed of the draws. */
    val seed: Long = 1,
    /** How many threads; one for each processor if it is not said. */
    val threads: Int? = null,
    /** Whether measures that mean nothing are given, instead of the error `worthless_result`. */
    val allowWorthless: Boolean = false,
) {
    internal fun json(input: Path, target: String, others: List<Pipeline>): String {
        for ((path, count) in listOf("draws" to draws, "threads" to threads)) {
            if (count != null) counted(count, path)
        }
        val texts = { name: String, all: List<String> ->
            JsonArray(all.map { JsonPrimitive(checked(it, "invalid_context", name)) })
        }
        val fields: Map<String, JsonElement?> = mapOf(
            "input" to JsonPrimitive(checked(input.toString(), "invalid_context", "input")),
            "target" to JsonPrimitive(checked(target, "invalid_context", "target")),
            "positive" to texts("positive", positive),
            "segments" to texts("segments", segments),
            "top" to texts("top", top),
            "map" to map?.let { JsonPrimitive(it.toString()) },
            "activities" to activities?.let { JsonPrimitive(it.toString()) },
            "as_of" to JsonPrimitive(context.asOfText()),
            "zone" to JsonPrimitive(context.zoneName),
            "strict" to JsonPrimitive(context.strict),
            "rejects" to rejects?.let { JsonPrimitive(it.toString()) },
            "report" to report?.let { JsonPrimitive(it.toString()) },
            "draws" to draws?.let { JsonPrimitive(it) },
            "seed" to JsonPrimitive(seed),
            "threads" to threads?.let { JsonPrimitive(it) },
            "allow_worthless" to JsonPrimitive(allowWorthless),
            "others" to JsonArray(others.map { JsonPrimitive(it.toJson()) }),
        )
        return buildJsonObject { fields.forEach { (name, value) -> if (value != null) put(name, value) } }.toString()
    }
}

/** What came of a file. */
@Serializable(with = FileSummary.Companion::class)
data class FileSummary(
    /** How many leads were scored. */
    val scored: Long,
    /** How many rows could not be read. */
    val rejected: Long,
    /** How many leads there are of each tier. */
    val tiers: List<TierCount>,
    /** What was assumed or could not be used. */
    val notes: List<String>,
    /** Why the result says nothing of the leads, where it was allowed to. */
    val worthless: List<String> = emptyList(),
    /** Who is within the capacity, where one was given. */
    val capacity: FileCapacity? = null,
) : JsonData() {
    override fun element() = fields(
        "scored" to scored,
        "rejected" to rejected,
        "tiers" to tiers,
        "capacity" to capacity,
        "notes" to notes,
        "worthless" to worthless.ifEmpty { null },
    )

    companion object : JsonForm<FileSummary>() {
        override fun serializer(): KSerializer<FileSummary> = this

        override fun read(of: Fields) = FileSummary(
            of.long("scored"),
            of.long("rejected"),
            of.list("tiers", TierCount),
            of.texts("notes"),
            of.textsOrNone("worthless"),
            of.oneOrNull("capacity", FileCapacity),
        )
    }
}

/** How many leads there are of a tier. */
@Serializable(with = TierCount.Companion::class)
data class TierCount(
    /** The tier. */
    val tier: String,
    /** How many. */
    val leads: Long,
) : JsonData() {
    override fun element() = fields("tier" to tier, "leads" to leads)

    companion object : JsonForm<TierCount>() {
        override fun serializer(): KSerializer<TierCount> = this

        override fun read(of: Fields) = TierCount(of.text("tier"), of.long("leads"))
    }
}

/** Levels as the core reads them. */
internal fun levelsJson(levels: Map<String, List<String>>): JsonObject = buildJsonObject {
    for ((column, names) in levels) {
        put(
            checked(column, "invalid_context", "levels"),
            JsonArray(
                names.map {
                    JsonPrimitive(checked(it, "invalid_context", "levels"))
                },
            ),
        )
    }
}
