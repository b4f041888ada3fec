package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject

/** How many leads can be worked on: `40`, `10 %` (rounded up), or `40/owner` for each value of a column. */
class Capacity(private val text: String) {
    /** So many leads of the whole list. */
    constructor(leads: Int) : this(leads.toString())

    init {
        ranked(text, emptyList(), emptyList())
    }

    /**
     * Ranks the leads of a list by score, the best first, and of equal scores the earlier one first.
     *
     * A score that is null or NaN takes no place: that of a lead which was refused, or ruled out. [groups] are the values
     * of the column, one for each lead; leads without one are a group of their own.
     */
    @JvmOverloads
    fun rank(scores: List<Double?>, groups: List<String?> = emptyList()): CapacityRanking = ranked(text, scores, groups)

    override fun toString(): String = text

    override fun equals(other: Any?): Boolean = other is Capacity && other.text == text

    override fun hashCode(): Int = text.hashCode()

    private companion object {
        fun ranked(capacity: String, scores: List<Double?>, groups: List<String?>): CapacityRanking {
            val numbers = scores.map { score ->
                if (score != null && score.isInfinite()) {
                    throw LeadscoreException("invalid_context", "scores", "a score is not finite")
                }
                if (score == null || score.isNaN()) JsonNull else JsonPrimitive(score)
            }
            val names = groups.map { group ->
                if (group == null) JsonNull else JsonPrimitive(checked(group, "invalid_context", "groups"))
            }
            val request = buildJsonObject {
                put("capacity", JsonPrimitive(checked(capacity, "invalid_context", "capacity")))
                put("scores", JsonArray(numbers))
                put("groups", JsonArray(names))
            }
            return CapacityRanking.parsed(enter { io.leadscore.ffi.rankCapacityJson(request.toString()) })
        }
    }
}

/** Every lead in the order of the list, and the groups by name. */
@Serializable(with = CapacityRanking.Companion::class)
data class CapacityRanking(
    /** The leads. */
    val leads: List<Standing>,
    /** The groups by name, and last the leads without one; where the capacity has no column, the whole list. */
    val groups: List<GroupStanding>,
) : JsonData() {
    override fun element() = fields(
        "leads" to leads,
        "groups" to groups,
    )

    companion object : JsonForm<CapacityRanking>() {
        override fun serializer(): KSerializer<CapacityRanking> = this

        override fun read(of: Fields) = CapacityRanking(
            of.list("leads", Standing),
            of.list("groups", GroupStanding),
        )
    }
}

/** The rank of a lead in its group, and whether the capacity has room for it. */
@Serializable(with = Standing.Companion::class)
data class Standing(
    /** Its rank by score, from 1; none for a lead without a score, which takes no place. */
    val rank: Int?,
    /** Whether it is within the capacity. */
    val within: Boolean,
    /** Whether it has the score at which the cut was made, with equal leads on both sides: the earlier ones are in. */
    val tied: Boolean,
) : JsonData() {
    override fun element() = fields(
        "rank" to orNull(rank),
        "within" to within,
        "tied" to tied,
    )

    companion object : JsonForm<Standing>() {
        override fun serializer(): KSerializer<Standing> = this

        override fun read(of: Fields) = Standing(
            of.intOrNull("rank"),
            of.flag("within"),
            of.flag("tied"),
        )
    }
}

/** What came of a group. */
@Serializable(with = GroupStanding.Companion::class)
data class GroupStanding(
    /** Its name; none for leads without one, and where the capacity is for the whole list. */
    val group: String?,
    /** How many leads have a rank. */
    val leads: Int,
    /** How many of them are within the capacity. */
    val within: Int,
    /** Equal leads on both sides of the cut, if there are. */
    val tie: Tie?,
) : JsonData() {
    override fun element() = fields(
        "group" to orNull(group),
        "leads" to leads,
        "within" to within,
        "tie" to orNull(tie?.element()),
    )

    companion object : JsonForm<GroupStanding>() {
        override fun serializer(): KSerializer<GroupStanding> = this

        override fun read(of: Fields) = GroupStanding(
            of.textOrNull("group"),
            of.int("leads"),
            of.int("within"),
            of.oneOrNull("tie", Tie),
        )
    }
}

/** Leads with one score, by their positions in the list from 0. */
@Serializable(with = Tie.Companion::class)
data class Tie(
    /** Their score. */
    val score: Double,
    /** Those that are in: the earlier ones. */
    val within: List<Int>,
    /** Those that are left out. */
    val beyond: List<Int>,
) : JsonData() {
    override fun element() = fields(
        "score" to score,
        "within" to within,
        "beyond" to beyond,
    )

    companion object : JsonForm<Tie>() {
        override fun serializer(): KSerializer<Tie> = this

        override fun read(of: Fields) = Tie(
            of.number("score"),
            of.longs("within").map(Long::toInt),
            of.longs("beyond").map(Long::toInt),
        )
    }
}

/** What came of a capacity in a file. */
@Serializable(with = FileCapacity.Companion::class)
data class FileCapacity(
    /** The capacity as it is written. */
    val capacity: String,
    /** How many leads were ruled out and take no place. */
    val ruledOut: Long,
    /** The groups by name, and last the leads without one; where the capacity has no column, the whole file. */
    val groups: List<FileGroup>,
) : JsonData() {
    override fun element() = fields(
        "capacity" to capacity,
        "ruled_out" to ruledOut,
        "groups" to groups,
    )

    companion object : JsonForm<FileCapacity>() {
        override fun serializer(): KSerializer<FileCapacity> = this

        override fun read(of: Fields) = FileCapacity(
            of.text("capacity"),
            of.long("ruled_out"),
            of.list("groups", FileGroup),
        )
    }
}

/** What came of a group in a file. */
@Serializable(with = FileGroup.Companion::class)
data class FileGroup(
    /** Its name; none for leads without one, and where the capacity is for the whole file. */
    val group: String?,
    /** How many leads have a rank. */
    val leads: Long,
    /** How many of them are within the capacity. */
    val within: Long,
    /** Equal leads on both sides of the cut, if there are. */
    val tie: FileTie?,
) : JsonData() {
    override fun element() = fields(
        "group" to orNull(group),
        "leads" to leads,
        "within" to within,
        "tie" to orNull(tie?.element()),
    )

    companion object : JsonForm<FileGroup>() {
        override fun serializer(): KSerializer<FileGroup> = this

        override fun read(of: Fields) = FileGroup(
            of.textOrNull("group"),
            of.long("leads"),
            of.long("within"),
            of.oneOrNull("tie", FileTie),
        )
    }
}

/** Leads with one score, by their rows in the file from 1. */
@Serializable(with = FileTie.Companion::class)
data class FileTie(
    /** Their score. */
    val score: Double,
    /** Those within the capacity: the earlier ones. */
    val rowsWithin: List<Long>,
    /** Those that are left out. */
    val rowsBeyond: List<Long>,
) : JsonData() {
    override fun element() = fields(
        "score" to score,
        "rows_within" to rowsWithin,
        "rows_beyond" to rowsBeyond,
    )

    companion object : JsonForm<FileTie>() {
        override fun serializer(): KSerializer<FileTie> = this

        override fun read(of: Fields) = FileTie(
            of.number("score"),
            of.longs("rows_within"),
            of.longs("rows_beyond"),
        )
    }
}
