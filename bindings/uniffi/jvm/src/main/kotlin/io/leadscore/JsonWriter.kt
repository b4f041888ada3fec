package io.leadscore

import java.math.BigDecimal
import java.math.BigInteger
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.ZonedDateTime
import java.time.temporal.Temporal
import java.util.Date
import java.util.Optional
import java.util.UUID

/** A moment as the library reads it. Those with a zone become UTC; dates and local times stay as they are. */
internal fun momentText(moment: Temporal, code: String, path: String): String =
    when (moment) {
        is Instant -> moment.toString()
        is ZonedDateTime -> moment.toInstant().toString()
        is OffsetDateTime -> moment.toInstant().toString()
        is LocalDate, is LocalDateTime -> moment.toString()
        else -> {
            val wanted = "an Instant, ZonedDateTime, OffsetDateTime, LocalDateTime or LocalDate"
            throw LeadscoreException(code, path, "wants $wanted, found ${moment.javaClass.simpleName}")
        }
    }

/** From what a programmer has at hand to the JSON text that the library reads; [code] is that of what cannot be one. */
internal class JsonWriter(private val out: StringBuilder, private val code: String) {
    /** A [Lead], or a record as a map. */
    fun record(record: Any?, path: String) =
        when (record) {
            is Lead -> lead(record, path)
            is Map<*, *> -> fields(record, path, 0)
            else -> throw refused(path, "wants a lead, found ${kind(record)}")
        }
    private fun lead(lead: Lead, path: String) {
        out.append("{\"id\":")
        text(lead.id, at(path, "id"))
        out.append(",\"attributes\":")
        fields(lead.attributes, at(path, "attributes"), 1)
        out.append(",\"activities\":")
        items(lead.activities, at(path, "activities"), 1)
        out.append('}')
    }

    private fun activity(activity: Activity, path: String, depth: Int) {
        out.append('{')
        if (activity.id != null) {
            out.append("\"id\":")
            text(activity.id, "$path.id")
            out.append(',')
        }
        out.append("\"kind\":")
        text(activity.kind, "$path.kind")
        out.append(",\"at\":")
        text(momentText(activity.at, code, "$path.at"), "$path.at")
        out.append(",\"properties\":")
        fields(activity.properties, "$path.properties", depth + 1)
        out.append('}')
    }

    private fun fields(fields: Map<*, *>, path: String, depth: Int) {
        out.append('{')
        var first = true
        for ((name, value) in fields) {
            if (name !is String) throw refused(path, "a field's name is a text, found ${kind(name)}")
            if (!first) out.append(',')
            first = false
            text(name, path)
            out.append(':')
            value(value, at(path, name), depth + 1)
        }
        out.append('}')
    }

    private fun items(items: Iterable<*>, path: String, depth: Int) {
        out.append('[')
        items.forEachIndexed { place, item ->
            if (place > 0) out.append(',')
            value(item, "$path[$place]", depth + 1)
        }
        out.append(']')
    }

    private fun value(value: Any?, path: String, depth: Int) {
        // Far deeper than any record: it holds itself, or is no record.
        if (depth > DEEPEST) throw refused(path.take(200), "nested too deep, or inside itself")
        when (value) {
            null -> out.append("null")
            is CharSequence -> text(value, path)
            is Boolean -> out.append(value)
            is Number -> number(value, path)
            is Temporal -> text(momentText(value, code, path), path)
            is Map<*, *> -> fields(value, path, depth)
            is Activity -> activity(value, path, depth)
            is Iterable<*> -> items(value, path, depth)
            is Array<*> -> items(value.asList(), path, depth)
            is Enum<*> -> text(value.name, path)
            is Date -> text(momentText(Instant.ofEpochMilli(value.time), code, path), path)
            is Char, is UUID -> text(value.toString(), path)
            is UInt, is ULong, is UShort, is UByte -> number(BigInteger(value.toString()), path)
            is Optional<*> -> value(value.orElse(null), path, depth + 1)
            else -> throw refused(path, "wants a text, a number, a flag or a time, found ${kind(value)}")
        }
    }

    private fun number(value: Number, path: String) {
        when (value) {
            is Int, is Long, is Short, is Byte -> out.append(value.toString())
            is BigInteger ->
                if (value.bitLength() < 64) out.append(value.toString()) else float(value.toDouble(), path, true)
            is BigDecimal -> float(value.toDouble(), path, true)
            else -> float(value.toDouble(), path, false)
        }
    }

    private fun float(value: Double, path: String, exact: Boolean) {
        when {
            value.isFinite() -> out.append(value)
            exact -> throw refused(path, "the number is larger than any float")
            value.isNaN() -> out.append("null")
            // A number that is not finite reaches the library as a text, which no feature reads as a number.
            else -> out.append(if (value > 0) "\"inf\"" else "\"-inf\"")
        }
    }

    fun text(text: CharSequence, path: String) {
        out.append('"')
        var at = 0
        while (at < text.length) {
            val char = text[at++]
            when {
                char == '"' || char == '\\' -> out.append('\\').append(char)
                char < ' ' -> out.append("\\u00").append(HEX[char.code shr 4]).append(HEX[char.code and 15])
                !char.isSurrogate() -> out.append(char)
                char.isHighSurrogate() && at < text.length && text[at].isLowSurrogate() ->
                    out.append(char).append(text[at++])
                else -> throw refused(path.filterNot(Char::isSurrogate), LONE_SURROGATE)
            }
        }
        out.append('"')
    }

    private fun refused(path: String, message: String) = LeadscoreException(code, path, message)

    private fun at(path: String, name: String) = if (path.isEmpty()) name else "$path.$name"

    private fun kind(value: Any?) = value?.let { it.javaClass.simpleName.ifEmpty { it.javaClass.name } } ?: "null"

    private companion object {
        const val DEEPEST = 12
        const val HEX = "0123456789abcdef"
    }
}
