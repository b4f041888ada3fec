package io.leadscore

import java.time.LocalDate
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Rankings of many leads, with a callable in the model's place. */
class RankTest {
    private val pipeline = Pipeline.builtin("conversion")
    private val context = Context(LocalDate.of(2026, 11, 22))
    private val leads = (0 until 45).map { Lead("l-$it").with("title", listOf("", "Manager", "CEO")[it % 3]) }

    /** Puts the leads of a question the other way round. */
    private fun backwards(prompt: Prompt): Reply {
        val numbers = Regex("\"lead\":(\\d+)").findAll(prompt.user).map { it.groupValues[1] }.toList().reversed()
        return Reply(numbers.joinToString(",", """{"ranking":[""", "]}") { """{"lead":$it,"reason":"It suits us."}""" })
    }

    private fun ids(leads: List<RankedLead>) = leads.map { it.leadId }

    @Test
    fun manyLeadsAreRankedInParts() {
        var count = 0
        val ranking = rank(pipeline, leads, context) { prompt ->
            count += 1
            backwards(prompt)
        }
        assertEquals(3 to listOf(20, 20, 5), count to ranking.parts.map { it.output.size })
        assertEquals((1..45).toList(), ranking.leads.map { it.rank })
        assertEquals(leads.map { it.id }.sorted(), ids(ranking.leads).sorted())
        val byRules = rank(pipeline, leads, context) { null }
        assertEquals(byRules.leads.map { it.score }.sortedDescending(), byRules.leads.map { it.score })
        // Within each part the model's order is kept.
        val last = ids(ranking.parts[2].output)
        assertEquals(Author.MODEL, ranking.parts[2].provenance.author)
        assertEquals(ids(byRules.parts[2].output).reversed(), last)
        assertEquals(last, ids(ranking.leads).filter { it in last })
    }

    @Test
    fun suspendingAndLaterCallsAreAwaited() {
        val wanted = rank(pipeline, leads, context, ask = ::backwards)
        var asked: Ranking? = null
        suspend {
            rank(pipeline, leads, context) { prompt ->
                suspendCoroutine { later -> Thread { later.resume(backwards(prompt)) }.apply { start(); join() } }
            }
        }.startCoroutine(Continuation(EmptyCoroutineContext) { asked = it.getOrThrow() })
        assertEquals(wanted, asked)
        val later = rankAsync(pipeline, leads, context) { prompt -> CompletableFuture.supplyAsync { backwards(prompt) } }
        assertEquals(wanted, later.get())
        val atOnce = Task.rankingParts(pipeline, leads, context).map { task ->
            assistAsync(task) { prompt -> CompletableFuture.supplyAsync { backwards(prompt) } }
        }
        assertEquals(wanted, mergeRankings(atOnce.map { it.get() }))
        assertThrows(ExecutionException::class.java) {
            rankAsync(pipeline, leads, context) { CompletableFuture.failedFuture<Reply>(IllegalStateException("x")) }.get()
        }
    }

    @Test
    fun whereTheModelFailsTheScoresDecide() {
        var count = 0
        val parts = rank(pipeline, leads, context) { prompt ->
            count += 1
            if (count == 1) throw ModelFailure(503, "busy")
            if (count == 2) Reply("Sure!") else backwards(prompt)
        }.parts
        val reasons = parts.map { it.provenance.reason }
        assertTrue(reasons[0] is FallbackReason.Failed && reasons[1] is FallbackReason.Rejected && reasons[2] == null)
        assertThrows(IllegalStateException::class.java) {
            rank(pipeline, leads, context) { throw IllegalStateException("a defect") }
        }
    }

    @Test
    fun whatCannotBeRankedIsRefusedBeforeAnybodyIsAsked() {
        val wrong = listOf(
            emptyList<Lead>() to "leads",
            leads + leads[0] to "leads[45]",
        )
        for ((own, path) in wrong) {
            assertEquals(path, refused { rank(pipeline, own, context) { throw AssertionError("it was asked") } }.path)
        }
        assertEquals(Ranking(emptyList(), emptyList()), mergeRankings(emptyList()))
    }

    @Test
    fun detailsGoOutAsPlaceholders() {
        val own = listOf(Lead("l-1").with("name", "Ann Lee"), Lead("l-2"))
        rank(pipeline, own, context, mask = true) { prompt ->
            assertTrue("[NAME_1]" in prompt.user)
            assertFalse("Ann" in prompt.user)
            null
        }
    }
}
