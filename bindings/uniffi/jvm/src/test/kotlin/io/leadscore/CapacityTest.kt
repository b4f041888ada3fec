package io.leadscore

import java.nio.file.Files
import java.nio.file.Path
import java.time.LocalDate
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Who is within a capacity, and tiers by rank over lists longer than what crosses at once. */
class CapacityTest {
    private val context = Context(LocalDate.of(2026, 11, 22))
    private val ranks = Pipeline.fromJson(
        """{"format":1,"id":"ranks","schema":{"features":[
{"name":"visits","type":"number","source":{"from":"attribute","name":"visits"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"range":[0,100],
"groups":[{"code":"g","rules":[{"code":"visits","points":"visits"}]}]},"scale":{"kind":"points"},
"tiers":{"on":"rank","bounds":[{"tier":"TODAY","top":1},{"tier":"WEEK","top":"50 %"},{"tier":"LATER"}]}}""",
    )

    @Test
    fun `the best of each owner are in`() {
        val scores = listOf(60.0, 80.0, 60.0, null, Double.NaN)
        val ranking = Capacity("1/owner").rank(scores, listOf("ana", "ben", "ana", "ana", null))
        assertEquals(listOf(true, true, false, false, false), ranking.leads.map { it.within })
        assertEquals(GroupStanding("ana", 2, 1, Tie(60.0, listOf(0), listOf(2))), ranking.groups.first())
        assertEquals(listOf(3, 1, 2), Capacity(2).rank(listOf(1.0, 3.0, 2.0)).leads.map { it.rank })
        assertEquals(Capacity("40"), Capacity(40))
    }

    @Test
    fun `mistakes are told`() {
        for (wrong in listOf<() -> Any>(
            { Capacity("0") },
            { Capacity("101 %") },
            { Capacity("1").rank(listOf(1.0), listOf("ana")) },
            { Capacity("1/owner").rank(listOf(1.0)) },
            { Capacity("1").rank(listOf(Double.POSITIVE_INFINITY)) },
        )) {
            val error = assertThrows(LeadscoreException::class.java) { wrong() }
            assertEquals("invalid_context", error.code)
        }
    }

    @Test
    fun `tiers by rank are those of the whole list`() {
        val leads = (0 until 9000).map { Lead("l-$it").with("visits", it * 7919L % 9973 / 100.0) }
        val tiers = ranks.scoreMany(leads, context).map { it.tier }
        assertEquals(mapOf("TODAY" to 1, "WEEK" to 4499, "LATER" to 4500), tiers.groupingBy { it }.eachCount())
        val names = ranks.description.tiers.map { it.name }
        val matrix = ranks.scoreMatrix(ranks.featureMatrix(leads, context))
        assertEquals(tiers, matrix.tiers.map { names[it] })
    }

    @Test
    fun `a lead alone has no tier and that is said`() {
        val alone = ranks.score(Lead("l-1").with("visits", 5), context)
        assertNull(alone.tier)
        assertTrue("scored alone" in alone.warnings.first())
    }

    @Test
    fun `a file says who is in`(@TempDir folder: Path) {
        val (input, output) = folder.resolve("leads.csv") to folder.resolve("out.csv")
        Files.writeString(input, "lead_id,visits,owner\na,5,ana\nb,5,ana\nc,1,ben\n")
        val summary = ranks.scoreFile(input, output, FileOptions(context = context, capacity = Capacity("1/owner")))
        assertEquals(FileGroup("ana", 2, 1, FileTie(5.0, listOf(1), listOf(2))), summary.capacity?.groups?.first())
        assertTrue("capacity_rank,within_capacity,capacity_tied" in Files.readString(output))
        assertNull(ranks.scoreFile(input, output, FileOptions(context = context)).capacity)
    }
}
