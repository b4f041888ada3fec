package io.leadscore

import io.leadscore.ffi.LeadscoreException.Refused
import java.nio.ByteBuffer
import java.nio.file.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readBytes
import kotlin.io.path.readText
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The cases that every language runs, on the native part itself: equal to the last bit. */
class ConformanceTest {
    private val pipelines = HashMap<JsonElement, io.leadscore.ffi.Pipeline>()
    private val forests = HashMap<JsonElement, io.leadscore.ffi.Forest>()

    @Test
    fun everyCaseGivesWhatItSays() {
        var cases = 0
        val codes = HashSet<String>()
        val others = listOf("operations.json", "host_values.json")
        val files = Fixtures.fixtures.resolve("conformance").listDirectoryEntries("*.json").filter { it.name !in others }
        for (file in files.sorted()) {
            for (element in Fixtures.json(file).getValue("cases").jsonArray) {
                val case = element.jsonObject
                val name = "${file.name}: ${case.getValue("name").jsonPrimitive.content}"
                val (key, found) = try {
                    "expected" to run(case)
                } catch (error: Refused) {
                    codes += error.code
                    "error" to problem(error)
                }
                val expected = case[key] ?: throw AssertionError("$name: $found")
                assertTrue(same(expected, found), "$name\n$found\nfor $expected")
                cases++
            }
        }
        assertTrue(cases > 200, "$cases cases")
        // A time that cannot be read is always part of a record or of the options; the others need a caller or a defect.
        assertEquals(listOf("invalid_time", "cancelled", "internal"), LeadscoreException.codes - codes)
        println("$cases conformance cases")
    }

    private fun problem(error: Refused): JsonElement = buildJsonObject {
        put("code", JsonPrimitive(error.code))
        // Files are named by where they are; the cases say it as the options do.
        put("path", JsonPrimitive(error.path.replace("${Fixtures.fixtures}", "{fixtures}")))
        put("message", JsonPrimitive(error.text))
        val issues = error.issues.map { Issue(it.code, it.feature, it.path, it.message, it.found) }
        if (issues.isNotEmpty()) put("issues", JsonArray(issues.map(Issue::element)))
    }

    private fun run(case: JsonObject): JsonElement {
        val operation = case.getValue("operation").jsonPrimitive.content
        val arguments = case.getValue("arguments").jsonArray
        case["task"]?.let { return ofTask(it.jsonObject, operation, arguments) }
        case["pipeline"]?.let { return ofPipeline(pipelines.getOrPut(it) { pipeline(it.jsonObject) }, case) }
        case["forest"]?.let { return ofForest(forests.getOrPut(it) { forest(it.jsonObject) }, operation, arguments) }
        fun text(at: Int) = arguments[at].jsonPrimitive.content
        return when (case["class"]?.jsonPrimitive?.content to operation) {
            null to "version" -> JsonPrimitive(io.leadscore.ffi.version())
            null to "merge_rankings_json" -> JsonPrimitive(io.leadscore.ffi.mergeRankingsJson(text(0)))
            null to "rank_capacity_json" -> JsonPrimitive(io.leadscore.ffi.rankCapacityJson(text(0)))
            null to "train_file" -> {
                val options = text(0).replace("{fixtures}", "${Fixtures.fixtures}")
                JsonPrimitive(io.leadscore.ffi.trainFile(options, Interrupt, null))
            }
            null to "error_codes" -> texts(io.leadscore.ffi.errorCodes())
            "Pipeline" to "builtin_names" -> texts(io.leadscore.ffi.builtinNames())
            "Pipeline" to "builtin" -> JsonPrimitive(io.leadscore.ffi.Pipeline.builtin(text(0)).describeJson())
            "Pipeline" to "from_json" -> JsonPrimitive(io.leadscore.ffi.Pipeline.fromJson(text(0)).describeJson())
            "Pipeline" to "import_model" ->
                JsonPrimitive(io.leadscore.ffi.Pipeline.importModel(bytes(arguments[0].jsonObject), text(1)).describeJson())
            "Forest" to "from_bytes" -> JsonPrimitive(io.leadscore.ffi.Forest.fromBytes(bytes(arguments[0].jsonObject)).describeJson())
            "Forest" to "from_json" -> JsonPrimitive(io.leadscore.ffi.Forest.fromJson(text(0)).describeJson())
            else -> throw AssertionError("unknown operation $operation")
        }
    }

    private fun ofTask(of: JsonObject, operation: String, arguments: JsonArray): JsonElement {
        val pipeline = of["pipeline"]?.let { io.leadscore.ffi.Pipeline.builtin(it.jsonPrimitive.content) }
        val task = io.leadscore.ffi.Task.fromJson(of.getValue("request").jsonPrimitive.content, pipeline)
        return when (operation) {
            "prompt_json" -> JsonPrimitive(task.promptJson())
            "conclude_json" -> JsonPrimitive(task.concludeJson(arguments[0].jsonPrimitive.content))
            else -> throw AssertionError("unknown operation $operation")
        }
    }

    private fun pipeline(of: JsonObject): io.leadscore.ffi.Pipeline {
        val name = of["builtin"]?.jsonPrimitive?.content
        return if (name != null) io.leadscore.ffi.Pipeline.builtin(name)
        else io.leadscore.ffi.Pipeline.fromJson(of.getValue("json").jsonPrimitive.content)
    }

    private fun forest(of: JsonObject) =
        io.leadscore.ffi.Forest.load(Fixtures.fixtures.resolve(of.getValue("path").jsonPrimitive.content).toString())
            .let { own -> of["missing"]?.let { own.withMissing(it.jsonPrimitive.double) } ?: own }

    private fun ofPipeline(pipeline: io.leadscore.ffi.Pipeline, case: JsonObject): JsonElement {
        val arguments = case.getValue("arguments").jsonArray
        fun text(at: Int) = arguments[at].jsonPrimitive.content
        return when (val operation = case.getValue("operation").jsonPrimitive.content) {
            "describe_json" -> JsonPrimitive(pipeline.describeJson())
            "score_json" -> JsonPrimitive(pipeline.scoreJson(text(0), text(1)))
            "score_many_json" -> JsonPrimitive(pipeline.scoreManyJson(text(0), text(1), 0u, 2u, Interrupt))
            "features_json" -> JsonPrimitive(pipeline.featuresJson(text(0), text(1)))
            "feature_matrix_json" -> {
                val matrix = pipeline.featureMatrixJson(text(0), text(1), 0u, 2u, Interrupt)
                buildJsonObject {
                    put("columns", JsonPrimitive(matrix.columns.toInt()))
                    put("values", nested(doublesOf(matrix.values), matrix.columns.toInt()))
                }
            }
            "score_matrix" -> {
                val (values, columns) = matrix(arguments[0])
                val scores = pipeline.scoreMatrix(values, columns, 2u, Interrupt)
                buildJsonObject {
                    put("scores", list(doublesOf(scores.scores)))
                    put("probabilities", list(doublesOf(scores.probabilities)))
                    put("tiers", JsonArray(intsOf(scores.tiers).map(::JsonPrimitive)))
                    put("classes", list(doublesOf(scores.classes)))
                }
            }
            "importance_json" -> {
                val leads = arguments.getOrNull(1)?.takeIf { it !is JsonNull }
                val (values, columns) = leads?.let(::matrix) ?: (ByteBuffer.allocateDirect(0) to 0u)
                JsonPrimitive(pipeline.importanceJson(text(0), values, columns))
            }
            "ranking_parts_json" -> JsonPrimitive(pipeline.rankingPartsJson(text(0)))
            "score_file" -> {
                val out = Fixtures.temporary().resolve("out.csv")
                val options = text(0).replace("{fixtures}", "${Fixtures.fixtures}").replace("{out}", "$out")
                val summary = pipeline.scoreFile(options, Interrupt)
                JsonPrimitive(if (case["result"]?.jsonPrimitive?.content == "file") out.readText() else summary)
            }
            "evaluate_file" -> {
                val options = text(0).replace("{fixtures}", "${Fixtures.fixtures}")
                JsonPrimitive(pipeline.evaluateFile(options, Interrupt))
            }
            else -> throw AssertionError("unknown operation $operation")
        }
    }

    private fun ofForest(forest: io.leadscore.ffi.Forest, operation: String, arguments: JsonArray): JsonElement {
        if (operation == "describe_json") return JsonPrimitive(forest.describeJson())
        if (operation == "with_missing") {
            return JsonPrimitive(forest.withMissing(arguments[0].jsonPrimitive.double).describeJson())
        }
        if (operation == "with_levels_json") {
            return JsonPrimitive(forest.withLevelsJson(arguments[0].jsonPrimitive.content).describeJson())
        }
        if (operation == "encode_json") {
            val feature = arguments[0].jsonPrimitive.int.toUInt()
            return list(doublesOf(forest.encodeJson(feature, arguments[1].jsonPrimitive.content, "library")))
        }
        if (operation == "notes") return texts(forest.notes())
        val (values, columns) = matrix(arguments[0])
        val iterations = arguments[1].jsonPrimitive.content
        val about = ForestDescription.parsed(forest.describeJson())
        val (found, width) = when (operation) {
            "margin" -> forest.margin(values, columns, iterations, 2u, Interrupt) to about.outputs
            "predict" -> forest.predict(values, columns, iterations, 2u, Interrupt) to about.predictions
            "shap" -> forest.shap(values, columns, iterations, 2u, Interrupt) to about.outputs * (columns.toInt() + 1)
            else -> throw AssertionError("unknown operation $operation")
        }
        return nested(doublesOf(found), width)
    }

    private fun texts(values: List<String>): JsonElement = JsonArray(values.map(::JsonPrimitive))

    private fun bytes(argument: JsonObject): ByteArray {
        val file = argument["bytes"]?.jsonPrimitive?.content
        return file?.let { path(it).readBytes() } ?: argument.getValue("text").jsonPrimitive.content.toByteArray()
    }

    private fun path(file: String): Path = Fixtures.fixtures.resolve(file)

    private fun matrix(argument: JsonElement): Pair<ByteBuffer, UInt> {
        val rows = argument.jsonObject.getValue("values").jsonArray.flatMap { it.jsonArray }
        val values = rows.map { if (it is JsonNull) Double.NaN else it.jsonPrimitive.double }.toDoubleArray()
        return bytesOf(values, 0, values.size) to argument.jsonObject.getValue("columns").jsonPrimitive.int.toUInt()
    }

    private fun nested(values: DoubleArray, width: Int): JsonElement =
        JsonArray(values.asList().chunked(maxOf(width, 1)).map { list(it.toDoubleArray()) })

    /** What is not finite is no number of JSON. */
    private fun list(values: DoubleArray): JsonElement =
        JsonArray(values.map { if (it.isFinite()) JsonPrimitive(it) else JsonNull })

    /** Equal to the last bit; numbers compare by their value, and −0 is not 0. */
    private fun same(a: JsonElement, b: JsonElement): Boolean = when {
        a is JsonArray && b is JsonArray -> a.size == b.size && a.indices.all { same(a[it], b[it]) }
        a is JsonObject && b is JsonObject -> a.keys == b.keys && a.all { (key, value) -> same(value, b.getValue(key)) }
        a is JsonNull || b is JsonNull -> a is JsonNull && b is JsonNull
        a is JsonPrimitive && b is JsonPrimitive ->
            if (a.isString || b.isString) a.isString && b.isString && a.content == b.content
            else a.double.toRawBits() == b.double.toRawBits()
        else -> false
    }
}
