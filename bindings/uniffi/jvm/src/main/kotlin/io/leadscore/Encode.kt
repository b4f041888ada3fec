package io.leadscore

import java.math.BigDecimal
import java.math.BigInteger
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.ZoneOffset
import java.time.ZonedDateTime
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder
import java.time.temporal.ChronoField
import java.time.temporal.Temporal
import java.util.Date
import java.util.Optional
import java.util.UUID
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** A [Lead], or a record as a map, as JSON text. [path] is its place among the leads, or empty. */
internal fun recordJson(record: Any?, path: String = ""): String =
    when (record) {
        is Lead -> fields(fieldsOf(record), path, 0)
        is Map<*, *> -> fields(record, path, 0)
        else -> throw refused(path, "wants a lead, found ${kind(record)}")
    }.toString()

/** A moment as the library reads it. Those with a zone become UTC; dates and local times stay as they are. */
internal fun momentText(moment: Temporal, code: String, path: String): String =
    when (moment) {
        is Instant -> utcText(moment) ?: moment.toString()
        is ZonedDateTime -> momentText(moment.toOffsetDateTime(), code, path)
        is OffsetDateTime -> utcText(moment.toInstant()) ?: DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(moment)
        is LocalDateTime -> LOCAL_TIME.format(moment)
        is LocalDate -> moment.toString()
        else -> {
            val wanted = "an Instant, ZonedDateTime, OffsetDateTime, LocalDateTime or LocalDate"
            throw LeadscoreException(code, path, "wants $wanted, found ${moment.javaClass.simpleName}")
        }
    }

/**
 * A value as JSON: the one rule for each type, which `fixtures/conformance/host_values.json` fixes. [depth] is the
 * number of lists and objects around it.
 */
private fun element(value: Any?, path: String, depth: Int): JsonElement =
    when (value) {
        null -> JsonNull
        is CharSequence -> text(value.toString(), path)
        is Boolean -> JsonPrimitive(value)
        is Number -> number(value)
        is Temporal -> JsonPrimitive(momentText(value, INVALID, path))
        is Map<*, *> -> fields(value, path, depth)
        is Activity -> fields(fieldsOf(value), path, depth)
        is List<*> -> items(value, path, depth)
        is Array<*> -> items(value.asList(), path, depth)
        is Enum<*> -> text(value.name, path)
        is Date -> date(value, path)
        is Char, is UUID -> text(value.toString(), path)
        is UInt, is ULong, is UShort, is UByte -> whole(BigInteger(value.toString()))
        is Optional<*> -> element(value.orElse(null), path, depth)
        else -> throw noValue(value, path)
    }

private fun fieldsOf(lead: Lead): Map<*, *> =
    mapOf("id" to lead.id, "attributes" to lead.attributes, "activities" to lead.activities)

private fun fieldsOf(activity: Activity): Map<*, *> = buildMap {
    if (activity.id != null) put("id", activity.id)
    put("kind", activity.kind)
    put("at", activity.at)
    put("properties", activity.properties)
}

private fun fields(fields: Map<*, *>, path: String, depth: Int): JsonObject {
    checkDepth(path, depth)
    val elements = LinkedHashMap<String, JsonElement>()
    for ((name, value) in fields) {
        if (name !is String) throw refused(path, "a field's name is a text, found ${kind(name)}")
        checked(name, INVALID, path)
        elements[name] = element(value, if (path.isEmpty()) name else "$path.$name", depth + 1)
    }
    return JsonObject(elements)
}

private fun items(items: List<*>, path: String, depth: Int): JsonArray {
    checkDepth(path, depth)
    return JsonArray(items.mapIndexed { place, item -> element(item, "$path[$place]", depth + 1) })
}

private fun checkDepth(path: String, depth: Int) {
    if (depth < DEEPEST) return
    throw refused(path, "more than $DEEPEST lists and objects inside one another, or one inside itself")
}

private fun text(text: String, path: String) = JsonPrimitive(checked(text, INVALID, path))

private fun number(value: Number): JsonPrimitive =
    when (value) {
        is Int, is Long, is Short, is Byte, is AtomicInteger, is AtomicLong -> JsonPrimitive(value.toLong())
        is BigInteger -> whole(value)
        is BigDecimal -> decimal(value)
        else -> float(value.toDouble())
    }

/** Digit by digit, unless it is beyond every float. */
private fun whole(value: BigInteger): JsonPrimitive {
    val rounded = value.toDouble()
    return if (rounded.isFinite()) JsonPrimitive(value) else float(rounded)
}

private fun decimal(value: BigDecimal): JsonPrimitive {
    val rounded = value.toDouble()
    val isWhole = rounded.isFinite() && value.signum() != 0 && value.stripTrailingZeros().scale() <= 0
    return if (isWhole) whole(value.toBigIntegerExact()) else float(rounded)
}

/** A whole number is written as one, so that it can be an id, as in a language with one type of number. */
internal fun float(value: Double): JsonPrimitive =
    when {
        value.isNaN() -> JsonNull
        // JSON has no infinity; as a text it is reported by the feature that wants a number.
        value.isInfinite() -> JsonPrimitive(if (value > 0) "inf" else "-inf")
        value != Math.rint(value) || value <= -SAFE || value >= SAFE || isNegativeZero(value) -> JsonPrimitive(value)
        else -> JsonPrimitive(value.toLong())
    }

private fun isNegativeZero(value: Double) = value.toRawBits() == (-0.0).toRawBits()

/** SQL's kinds are dates by their class only; they are told by name, for not every program has their module. */
private fun date(value: Date, path: String): JsonPrimitive =
    when (value.javaClass.name) {
        "java.sql.Date" -> JsonPrimitive(value.toString())
        "java.sql.Time" -> throw noValue(value, path)
        else -> JsonPrimitive(momentText(value.toInstant(), INVALID, path))
    }

/** As a time in UTC; none outside the years 1 to 9999. */
private fun utcText(instant: Instant): String? =
    if (instant in FIRST..<END) LOCAL_TIME.format(instant.atOffset(ZoneOffset.UTC)) + "Z" else null

private fun noValue(value: Any, path: String) =
    refused(path, "wants a text, a number, a flag or a time, found ${kind(value)}")

private fun refused(path: String, message: String) = LeadscoreException(INVALID, path, message)

private fun kind(value: Any?) = value?.let { it.javaClass.simpleName.ifEmpty { it.javaClass.name } } ?: "null"

private const val INVALID = "invalid_lead"

/** Lists and objects inside one another, the record among them; the same in every language. */
private const val DEEPEST = 64

/** 2^53: below it a float is one whole number and no other. */
private const val SAFE = 9007199254740992.0

private val FIRST = Instant.parse("0001-01-01T00:00:00Z")
private val END = Instant.parse("+10000-01-01T00:00:00Z")

/** With seconds, and as many digits of their fraction as there are. */
private val LOCAL_TIME: DateTimeFormatter = DateTimeFormatterBuilder()
    .append(DateTimeFormatter.ISO_LOCAL_DATE)
    .appendPattern("'T'HH:mm:ss")
    .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
    .toFormatter(java.util.Locale.ROOT)
