package io.leadscore

import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.time.LocalDate
import kotlin.io.path.listDirectoryEntries
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What the types write is what the core wrote, which Python and Node hand on as it is. */
class JsonShapeTest {
    @Test
    fun everyPredictionOfTheCasesIsWrittenAsItWasRead() {
        var seen = 0
        for (case in cases()) {
            val operation = case.getValue("operation").jsonPrimitive.content
            val written = case["expected"]?.takeIf { it is JsonPrimitive } ?: continue
            val form: JsonReader<JsonData> = when (operation) {
                "score_json", "score_many_json" -> Prediction
                "describe_json", "from_json", "builtin", "import_model" ->
                    if ("Forest" in "${case["class"]}" || "forest" in case) ForestDescription else PipelineDescription
                "importance_json" -> FeatureImportance
                "prompt_json" -> Prompt
                "evaluate_file" -> Evaluation
                "train_file" -> TrainReport
                else -> continue
            }
            val whole = elementOf(written.jsonPrimitive.content)
            val element = if (operation == "train_file") whole.jsonObject.getValue("report") else whole
            val name = case.getValue("name").toString()
            for (one in if (element is JsonArray) element else JsonArray(listOf(element))) {
                if ("error" in one.jsonObject) continue
                val own = form.read(one)
                assertSameJson("$one", own.toJson(), name)
                assertEquals(own, form.read(own.element()), name)
                assertEquals(own, carried(own), name)
                seen++
            }
        }
        assertTrue(seen > 60, "$seen")
    }

    @Test
    fun whatWasRefusedIsWrittenAsInEveryLanguage() {
        Pipeline.builtin("conversion").use { pipeline ->
            val outcomes = pipeline.tryScoreManyRecords(listOf(mapOf("id" to "a"), mapOf("activities" to 7)), Context(LocalDate.of(2026, 11, 20)))
            assertEquals(outcomes[0].getOrThrow().toJson(), (outcomes[0] as JsonData).toJson())
            val error = (outcomes[1] as JsonData).element().getValue("error").jsonObject
            assertEquals(listOf("code", "path", "message"), error.keys.toList())
            assertEquals(JsonPrimitive("leads[1].activities"), error["path"])
        }
    }

    private fun cases(): List<JsonObject> =
        Fixtures.fixtures.resolve("conformance").listDirectoryEntries("*.json").sorted()
            .mapNotNull { Fixtures.json(it)["cases"] as? JsonArray }.flatMap { it.map(JsonElement::jsonObject) }
            .filter { "operation" in it }
}

/** The same JSON, whatever digits a number is written with. */
internal fun assertSameJson(expected: String, found: String, message: String = "") =
    assertEquals(canonical(elementOf(expected)), canonical(elementOf(found)), message)

private fun canonical(element: JsonElement): Any? = when (element) {
    is JsonNull -> null
    is JsonObject -> element.mapValues { canonical(it.value) }
    is JsonArray -> element.map(::canonical)
    is JsonPrimitive -> if (element.isString) "\"${element.content}" else element.content.toDoubleOrNull() ?: element.content
}

/** Through Java's serialization and back. */
@Suppress("UNCHECKED_CAST")
internal fun <T> carried(value: T): T {
    val bytes = ByteArrayOutputStream().also { ObjectOutputStream(it).use { out -> out.writeObject(value) } }.toByteArray()
    return ObjectInputStream(ByteArrayInputStream(bytes)).use { it.readObject() } as T
}
