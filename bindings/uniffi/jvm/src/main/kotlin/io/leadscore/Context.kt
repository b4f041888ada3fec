package io.leadscore

import java.time.Instant
import java.time.ZoneId
import java.time.ZoneOffset
import java.time.temporal.Temporal
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
) {
    /** The same with another moment. */
    fun withAsOf(asOf: Temporal?): Context = copy(asOf = asOf)

    /** The same in another zone. */
    fun withZone(zone: ZoneId): Context = copy(zone = zone)

    /** The same, refusing what is otherwise taken as missing. */
    fun withStrict(strict: Boolean): Context = copy(strict = strict)

    /** The same, saying less. */
    fun withBrief(brief: Boolean): Context = copy(brief = brief)

    /** The same with so many reasons at most. */
    fun withReasons(reasons: Int): Context = copy(reasons = reasons)

    internal val zoneName: String get() = if (zone == ZoneOffset.UTC) "UTC" else zone.id

    internal fun asOfText(): String = momentText(asOf ?: now(), "invalid_context", "as_of")

    internal fun json(): String {
        counted(reasons, "reasons")
        return buildJsonObject {
            put("as_of", asOfText())
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

        /** The one place where a clock is read. */
        private fun now(): Instant = Instant.now()
    }
}
