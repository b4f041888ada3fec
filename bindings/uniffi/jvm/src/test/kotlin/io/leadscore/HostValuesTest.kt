package io.leadscore

import java.math.BigDecimal
import java.math.BigInteger
import java.nio.ByteBuffer
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime
import java.time.OffsetDateTime
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.ArrayDeque
import java.util.Date
import java.util.Optional
import java.util.TreeMap
import java.util.UUID
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What a value of the JVM's becomes as JSON text: the table that every language runs, and what only the JVM has. */
class HostValuesTest {
    private val table = Fixtures.json(Fixtures.fixtures.resolve("conformance/host_values.json"))
    private val pipeline = Pipeline.fromJson("${table["pipeline"]}")
    private val native = io.leadscore.ffi.Pipeline.fromJson("${table["pipeline"]}")
    private val context = Context(Instant.parse(text(table, "as_of")), ZoneId.of(text(table, "zone")))

    @Test
    fun everyValueGivesWhatItsRowSays() {
        val rows = table.getValue("rows").jsonArray.map { it.jsonObject }
        val skipped = ArrayList<String>()
        val wrong = ArrayList<String>()
        var done = 0
        for (row in rows) {
            val records = recordsOf(row)
            if (records.isEmpty()) skipped += text(row, "name")
            for (record in records) {
                done++
                problem(row, record)?.let { wrong += "${text(row, "name")}: $it" }
            }
        }
        println("$done values; no type for ${skipped.size} rows: ${skipped.joinToString()}")
        assertTrue(wrong.isEmpty(), wrong.joinToString("\n"))
        // A row is skipped for what the JVM has no type for, and for nothing else.
        val without = Regex(NO_TYPE.joinToString("|", "\"kind\":\"(", ")\"|\"decimal\",\"value\":\"-?s?(NaN|Inf)|\"enum\",\"name\":\"[A-Z]"))
        assertEquals(rows.filter { without in "$it" }.map { text(it, "name") }, skipped)
        assertTrue(done > rows.size, "$done values")
    }

    /** What is not as the row says, alone and as the second of many. */
    private fun problem(row: JsonObject, record: Any?): String? {
        val alone = written(record, "")
        val many = written(record, "leads[7]")
        if (alone is LeadscoreException) {
            val path = if (alone.path.isEmpty()) "leads[7]" else "leads[7].${alone.path}"
            if ((many as? LeadscoreException)?.path != path) return "$many among others, $alone alone"
        } else if (many != alone) {
            return "$many among others, $alone alone"
        }
        val json = row["json"]?.jsonPrimitive?.content
        if (json == null) {
            val found = alone as? LeadscoreException ?: runCatching { scored("$alone") }.exceptionOrNull()
            val error = found as? LeadscoreException
            return if (error != null && problem(error) == row["error"]) null else "$alone is not ${row["error"]}"
        }
        if (alone !is String || tokens(alone) != tokens(json)) return "$alone is not $json"
        val core = row.getValue("core").jsonObject
        val outcome = outcome(alone, core)
        return if (same(outcome, core)) null else "$alone gave $outcome"
    }

    private fun written(record: Any?, path: String): Any =
        try {
            recordJson(record, path)
        } catch (error: LeadscoreException) {
            error
        }

    private fun problem(error: LeadscoreException): JsonElement = buildJsonObject {
        put("code", error.code)
        put("path", error.path)
    }

    private fun scored(text: String): Prediction = Prediction.parsed(pipeline.scoreJson(text, context))

    /** What the library made of the text, in the words of the row. */
    private fun outcome(text: String, wanted: JsonObject): JsonObject = buildJsonObject {
        val prediction = try {
            scored(text)
        } catch (error: LeadscoreException) {
            put("error", problem(error))
            return@buildJsonObject
        }
        if ("lead_id" in wanted) {
            put("lead_id", prediction.leadId)
            return@buildJsonObject
        }
        val feature = text(wanted, "feature")
        put("feature", feature)
        val missing = prediction.missing.firstOrNull { it.name == feature }
        if (missing == null) {
            val features = elementOf(native.featuresJson(text, context.json())).jsonObject
            put("value", features.getValue(feature))
        } else {
            put("missing", missing.reason)
            missing.found?.let { put("found", it) }
        }
    }

    /** The tokens of a JSON text: texts by what they say, whole numbers by digits, others by the bits of the float. */
    private fun tokens(text: String): List<Any> {
        val found = TOKEN.findAll(text).map { it.value }.toList()
        assertEquals(text, found.joinToString(""))
        return found.map { token ->
            when {
                token.startsWith('"') -> "text " + elementOf(token).jsonPrimitive.content
                (token[0] == '-' || token[0].isDigit()) && !WHOLE.matches(token) -> token.toDouble().toRawBits()
                else -> token
            }
        }
    }

    /** Equal to the last bit; numbers compare by their value, and −0 is not 0. */
    private fun same(a: JsonElement, b: JsonElement): Boolean = when {
        a is JsonObject && b is JsonObject -> a.keys == b.keys && a.all { (key, value) -> same(value, b.getValue(key)) }
        a is JsonNull || b is JsonNull -> a is JsonNull && b is JsonNull
        a is JsonPrimitive && b is JsonPrimitive && !a.isString && !b.isString && a.content != b.content ->
            a.double.toRawBits() == b.double.toRawBits()
        else -> a == b
    }

    // From the descriptions of the table to the values: all types of the JVM that mean the same; none is no value.

    private fun recordsOf(row: JsonObject): List<Any?> {
        row["record"]?.let { return values(it.jsonObject) }
        return values(row.getValue("value").jsonObject).flatMap { listOf(mapOf("value" to it), TreeMap(mapOf("value" to it))) }
    }

    private fun values(about: JsonObject): List<Any?> {
        val kind = text(about, "kind")
        val value = about["value"]?.let { (it as? JsonPrimitive)?.content }.orEmpty()
        return when (kind) {
            "absent" -> listOf(null, Optional.empty<Any>())
            "bool" -> listOf(about.getValue("value").jsonPrimitive.boolean)
            "int" -> ints(BigInteger(value + "0".repeat(about["zeros"]?.jsonPrimitive?.int ?: 0)))
            "float" -> listOf(double(value), Optional.of(double(value)))
            "float32" -> listOf(if (value == "inf") Float.POSITIVE_INFINITY else if (value == "nan") Float.NaN else value.toFloat())
            "decimal" -> if (value.any { it in "NI" }) emptyList() else listOf(BigDecimal(value))
            "text" -> listOf(value, StringBuilder(value)) + listOfNotNull(value.singleOrNull())
            "utf16" -> String(texts(about, "units").map { it.toInt(16).toChar() }.toCharArray()).let { listOf(it) + listOfNotNull(it.singleOrNull()) }
            "bytes" -> text(about, "hex").chunked(2).map { it.toInt(16).toByte() }.toByteArray().let { listOf(it, ByteBuffer.wrap(it)) }
            "enum" -> Status.entries.filter { it.name == text(about, "name") }
            "uuid" -> listOf(UUID.fromString(value))
            "date" -> listOf(LocalDate.parse(value), java.sql.Date.valueOf(value))
            "local_time" -> listOf(LocalDateTime.parse(value))
            "instant" -> instants(Instant.parse(value))
            "zoned_time" -> zoned(OffsetDateTime.parse(value), about["zone"]?.jsonPrimitive?.content)
            "time_of_day" -> listOf(LocalTime.parse(value), java.sql.Time.valueOf(value), LocalTime.parse(value).atOffset(ZoneOffset.UTC))
            "duration" -> listOf(Duration.ofSeconds(about.getValue("seconds").jsonPrimitive.int.toLong()))
            "list", "tuple" -> items(about)?.let { listOf(it, it.toTypedArray()) } ?: emptyList()
            "set" -> listOf(items(about)!!.toSet())
            "iterator" -> listOf(items(about)!!.iterator(), items(about)!!.asSequence(), ArrayDeque(items(about)!!), Path.of("a"))
            "number_array" -> texts(about, "items").map(String::toDouble).let { listOf(it.toDoubleArray(), it.map(Double::toInt).toIntArray()) }
            "object" -> objects(about.getValue("fields").jsonArray.map { it.jsonArray })
            "map" -> listOf(about.getValue("entries").jsonArray.map { it.jsonArray }.associate { (key, own) -> first(key) to first(own) })
            "function" -> listOf({ 1 }, Runnable {}, ::ints)
            "opaque" -> listOf(Any(), Thread.currentThread(), Unit)
            "nested" -> listOf(nested(about.getValue("depth").jsonPrimitive.int, text(about, "of") == "list"))
            "cycle" -> {
                val list = ArrayList<Any?>().apply { add(this) }
                val map = HashMap<String, Any?>().apply { put("self", this) }
                listOf(if (text(about, "of") == "list") list else map)
            }
            else -> {
                assertTrue(kind in NO_TYPE, kind)
                emptyList()
            }
        }
    }

    private fun ints(value: BigInteger): List<Any?> {
        val bits = value.bitLength()
        val signed = listOfNotNull(
            if (bits < 64) value.toLong() else null,
            if (bits < 64) AtomicLong(value.toLong()) else null,
            if (bits < 32) value.toInt() else null,
            if (bits < 32) AtomicInteger(value.toInt()) else null,
            if (bits < 16) value.toShort() else null,
            if (bits < 8) value.toByte() else null,
        )
        val unsigned = if (value.signum() < 0) emptyList() else listOfNotNull(
            if (bits <= 64) value.toLong().toULong() else null,
            if (bits <= 32) value.toLong().toUInt() else null,
        )
        return listOf(value, BigDecimal(value)) + signed + unsigned
    }

    private fun instants(instant: Instant): List<Any?> {
        val utc = listOf(instant, instant.atOffset(ZoneOffset.UTC), instant.atZone(ZoneId.of("Asia/Kathmandu")))
        val exact = Instant.ofEpochMilli(instant.toEpochMilli()) == instant
        val sql = java.sql.Timestamp.from(instant)
        return utc + sql + if (exact) listOf(Date.from(instant)) else emptyList()
    }

    private fun zoned(time: OffsetDateTime, zone: String?): List<Any?> =
        listOf(time, time.toZonedDateTime()) + (zone?.let { listOf(time.atZoneSameInstant(ZoneId.of(it))) } ?: emptyList())

    private fun nested(depth: Int, list: Boolean): Any? {
        var value: Any? = 0
        repeat(depth - 1) { value = if (list) listOf(value) else mapOf("x" to value) }
        return value
    }

    /** As maps of the first value of every field, then of the second…; of a lead's fields also as a [Lead]. */
    private fun objects(fields: List<JsonArray>): List<Any?> {
        val pairs = fields.map { (key, own) -> (key as? JsonPrimitive)?.content.let { it ?: first(key) } to values(own.jsonObject) }
        if (pairs.any { it.second.isEmpty() }) return emptyList()
        return List(pairs.maxOfOrNull { it.second.size } ?: 1) { at -> pairs.associate { (key, own) -> key to own[minOf(at, own.size - 1)] } }
    }

    private fun items(about: JsonObject): List<Any?>? =
        about.getValue("items").jsonArray.map { values(it.jsonObject) }.takeIf { all -> all.none { it.isEmpty() } }?.map { it.first() }

    private fun first(about: JsonElement): Any? = values(about.jsonObject).first()

    private fun texts(about: JsonObject, name: String) = about.getValue(name).jsonArray.map { it.jsonPrimitive.content }

    private fun text(about: JsonObject, name: String) = about.getValue(name).jsonPrimitive.content

    private fun double(text: String) = when (text) {
        "nan" -> Double.NaN
        "inf" -> Double.POSITIVE_INFINITY
        "-inf" -> Double.NEGATIVE_INFINITY
        else -> text.toDouble()
    }

    /** An enum of the JVM has a name and no value. */
    @Suppress("ktlint:standard:enum-entry-name-case", "EnumEntryName")
    private enum class Status { open }

    @Test
    fun aLeadOfThePackageIsARecordToo() {
        val lead = Lead("L-1", mapOf("value" to Double.POSITIVE_INFINITY)).with(Activity("open", LocalDate.parse("2026-11-20"), id = "a"))
        val activity = """{"id":"a","kind":"open","at":"2026-11-20","properties":{}}"""
        assertEquals("""{"id":"L-1","attributes":{"value":"inf"},"activities":[$activity]}""", recordJson(lead))
        assertEquals("inf", pipeline.score(lead, context).missing.first().found)
    }

    @Test
    fun momentsBeyondTheYearsOfTheLibraryAreReported() {
        for (moment in listOf(Instant.MIN, Instant.MAX, LocalDate.MAX, LocalDateTime.MIN, OffsetDateTime.MAX)) {
            val prediction = pipeline.score(Lead("x").with("value", moment), context)
            assertEquals("unreadable", prediction.missing.first { it.name == "days" }.reason, "$moment")
        }
    }

    private companion object {
        /** The kinds for which the JVM has no type. */
        val NO_TYPE = listOf("undefined", "not_a_time", "complex", "invalid_date")
        val TOKEN = Regex(""""(?:[^"\\]|\\.)*"|[-+.\w]+|[^\s\w]""")
        val WHOLE = Regex("-?\\d+")
    }
}
