package io.leadscore

import java.io.Serializable
import java.time.Instant
import java.time.ZoneId
import java.time.ZoneOffset
import java.time.temporal.Temporal
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** What scoring needs besides the lead: the moment, the zone, and how much to say. */
data class Context @JvmOverloads constructor(
    /**
     * The moment as of which leads are judged: no later activity can matter. Without one it is now. A `LocalDate` is
     * its first moment in [zone].
     */
    val asOf: Temporal? = null,
    /** The zone of local hours, weekdays and times without an offset. */
    val zone: ZoneId = ZoneOffset.UTC,
    /** Whether to refuse what is otherwise taken as missing and reported. */
    val strict: Boolean = false,
    /** Whether score, probability, tier, action, top reasons and limits are enough. */
    val brief: Boolean = false,
    /** The most reasons to name. */
    val reasons: Int = 5,
    /** A moment for each lead of a list, instead of one for all. */
    val asOfEach: List<Temporal>? = null,
) : Serializable {
    /** The same with another moment. */
    fun withAsOf(asOf: Temporal?): Context = copy(asOf = asOf)

    /** The same with a moment for each lead of a list. */
    fun withAsOfEach(asOfEach: List<Temporal>): Context = copy(asOf = null, asOfEach = asOfEach)

    /** The same in another zone. */
    fun withZone(zone: ZoneId): Context = copy(zone = zone)

    /** The same, refusing what is otherwise taken as missing. */
    fun withStrict(strict: Boolean): Context = copy(strict = strict)

    /** The same, saying less. */
    fun withBrief(brief: Boolean): Context = copy(brief = brief)

    /** The same with so many reasons at most. */
    fun withReasons(reasons: Int): Context = copy(reasons = reasons)

    internal val zoneName: String get() = zone.normalized().let { if (it == ZoneOffset.UTC) "UTC" else it.id }

    internal fun asOfText(): String {
        if (asOfEach != null) throw refused("wants one moment, found one for each lead")
        return momentText(asOf ?: now(), "invalid_context", "as_of")
    }

    internal fun json(): String = json(JsonPrimitive(asOfText()))

    /** The context of some leads of a list, by the index of the first and their number; the clock is read once. */
    internal fun forList(): (Int, Int) -> String {
        val each = asOfEach?.mapIndexed { at, own -> momentText(own, "invalid_context", "as_of[$at]") }
        if (each == null) {
            val text = json()
            return { _, _ -> text }
        }
        return { first, count ->
            if (first + count > each.size) checkCount(first + count)
            json(JsonArray(each.subList(first, first + count).map(::JsonPrimitive)))
        }
    }

    /** Refuses another number of moments than of leads. */
    internal fun checkCount(leads: Int) {
        val times = asOfEach?.size ?: leads
        val more = if (times < leads) " or more" else ""
        if (times != leads) throw refused("$times times for $leads$more leads; give one for each")
    }

    private fun refused(message: String) = LeadscoreException("invalid_context", "as_of", message)

    private fun json(asOf: JsonElement): String {
        counted(reasons, "reasons")
        return buildJsonObject {
            put("as_of", asOf)
            put("zone", zoneName)
            put("mode", if (strict) "strict" else "lenient")
            put("detail", if (brief) "brief" else "full")
            put("reasons", reasons)
        }.toString()
    }

    companion object {
        /** As of this moment. */
        @JvmStatic
        fun at(asOf: Temporal): Context = Context(asOf)

        /** Each lead of a list as of a moment of its own. */
        @JvmStatic
        fun atEach(asOfEach: List<Temporal>): Context = Context(asOfEach = asOfEach)

        /** The one place where a clock is read. */
        private fun now(): Instant = Instant.now()
    }
}
