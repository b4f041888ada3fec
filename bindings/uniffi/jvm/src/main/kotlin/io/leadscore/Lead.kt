package io.leadscore

import java.io.Serializable
import java.time.temporal.Temporal

/**
 * A person or company that may buy, as the caller's records know it. It never changes; [with] gives a new one.
 *
 * Values are texts, numbers, flags, or times of `java.time`; null is unknown.
 */
data class Lead @JvmOverloads constructor(
    /** The caller's id, handed back with the result. */
    val id: String = "",
    /** What is known of the lead, by name. */
    val attributes: Map<String, Any?> = emptyMap(),
    /** What happened with it, in any order. */
    val activities: List<Activity> = emptyList(),
) : Serializable {
    /** The same lead with one attribute more. */
    fun with(name: String, value: Any?): Lead = copy(attributes = attributes + (name to value))

    /** The same lead with one activity more. */
    fun with(activity: Activity): Lead = copy(activities = activities + activity)
}

/** Something that happened with a lead at a moment: an e-mail opened, a meeting held. */
data class Activity @JvmOverloads constructor(
    /** What happened, in the caller's own words, such as `email_open`. */
    val kind: String,
    /**
     * When: an `Instant`, a `ZonedDateTime`, an `OffsetDateTime`; a `LocalDate` or `LocalDateTime` is meant in the
     * context's zone.
     */
    val at: Temporal,
    /** More about it, such as the page seen. */
    val properties: Map<String, Any?> = emptyMap(),
    /** The caller's id of the event; activities with the same id count once. */
    val id: String? = null,
) : Serializable {
    /** The same activity with one property more. */
    fun with(name: String, value: Any?): Activity = copy(properties = properties + (name to value))
}
