package io.leadscore

import java.nio.file.Path
import java.time.LocalDate
import java.util.concurrent.CancellationException
import kotlin.concurrent.thread
import kotlin.io.path.writeText
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Pipelines learned from past leads. */
class TrainTest {
    private val context = Context(LocalDate.of(2026, 11, 22))
    private val folder = Fixtures.temporary()

    /** Made-up leads: more visits and a fair are better. */
    private val input: Path = folder.resolve("past.csv").also { file ->
        val rows = (0 until 400).map { row ->
            val visits = row * 7 % 20
            val source = listOf("Ads", "Fair", "Web")[row % 3]
            val won = visits + (if (source == "Fair") 6 else 0) + row * 5 % 23 > 22
            "${if (visits == 3) 999 else visits},$source,${if (won) "Won" else "Lost"}"
        }
        file.writeText("Visits,Source,Outcome\n" + rows.joinToString("\n"))
    }

    @Test
    fun pastLeadsBecomeAPipeline() {
        val output = folder.resolve("own.json")
        val options = TrainOptions(
            context = context,
            rounds = 30,
            folds = 3,
            capture = listOf(0.5, 0.8),
            missing = mapOf("Visits" to listOf("999")),
            monotone = mapOf("visits" to Direction.RISING),
            output = output,
        )
        trainFile(input, "Outcome", options).use { found ->
            val report = found.report
            assertEquals("own", found.pipeline.description.id)
            assertEquals(report.contentHash, found.pipeline.description.contentHash)
            Pipeline.load(output).use { assertEquals(report.contentHash, it.description.contentHash) }
            assertEquals(400L to 3, report.leads to report.folds.size)
            val (low, high) = report.outOfFold.aucInterval
            assertTrue(low > 0.7 && low < report.outOfFold.auc && report.outOfFold.auc < high)
            assertEquals(listOf(LeftOutColumn("Outcome", "the target")), report.leftOut)
            assertEquals(400L, report.tiers.sumOf { it.leads })
            assertEquals(null, report.moments)
            val good = Lead("new").with("Visits", 19).with("Source", "Fair")
            assertTrue(found.pipeline.score(good, context).probability!! > 0.6)
            assertSameJson(report.toJson(), elementOf(found.toJson()).let { Fields.of(it).element("report").toString() })
            trainFile(input, "Outcome", options.copy(output = null, pipelineId = "own", threads = 1)).use {
                assertEquals(found.pipeline.toJson(), it.pipeline.toJson())
                assertEquals(report, it.report)
            }
        }
    }

    @Test
    fun aLogIsLearnedFromAsOfMomentsOfLives() {
        val (leads, log) = listOf("past_leads.csv", "activities.csv").map(Fixtures.examples::resolve)
        val options = TrainOptions(
            context = context,
            id = "lead_id",
            activities = log,
            horizon = 30.0,
            every = 10.0,
            start = "created_at",
            wonBy = listOf("meeting"),
            drop = listOf("won", "name", "email"),
            rounds = 5,
        )
        trainFile(leads, options = options).use { found ->
            assertEquals(30.0, found.report.moments!!.horizonDays)
            assertEquals(null, found.report.withoutOutcome)
            assertTrue(found.pipeline.description.readsActivities)
        }
    }

    @Test
    fun whatCannotBeLearnedFromSaysWhy() {
        val plain = TrainOptions(context = context, rounds = 30)
        val refused = { target: String?, options: TrainOptions ->
            assertThrows(LeadscoreException::class.java) { trainFile(input, target, options) }.let { it.code to it.path }
        }
        assertEquals("invalid_context" to "target", refused("Outcom", plain))
        assertEquals("invalid_context" to "target", refused(null, plain))
        assertEquals("invalid_context" to "positive", refused("Source", plain))
        assertEquals("invalid_context" to "folds", refused("Outcome", plain.copy(folds = 1)))
        assertEquals("invalid_context" to "folds", refused("Outcome", plain.copy(folds = -1)))
        assertEquals("invalid_context" to "seed", refused("Outcome", plain.copy(seed = -1)))
        assertEquals("invalid_context" to "capture", refused("Outcome", plain.copy(capture = listOf(Double.NaN))))
        assertEquals("invalid_context" to "tiers", refused("Outcome", plain.copy(capture = listOf(0.8, 0.5))))
        val visit = mapOf("visit" to Direction.RISING)
        assertEquals("unknown_name" to "monotone", refused("Outcome", plain.copy(monotone = visit)))
        assertEquals("invalid_context" to "output", refused("Outcome", plain.copy(output = input)))
        val none = folder.resolve("none.csv")
        val missing = assertThrows(LeadscoreException::class.java) { trainFile(none, "Outcome", plain) }
        assertEquals("not_found", missing.code)
    }

    @Test
    fun rowsCountByAColumnAndRecordsHaveColumnsByOtherNames() {
        val records = folder.resolve("past.jsonl")
        val map = folder.resolve("map.json")
        val rows = (0 until 400).map { row ->
            val won = row % 20 + row * 5 % 23 > 22
            "{\"Visits\": ${row % 20}, \"w\": ${if (won) 1 else 4}, \"Outcome\": $won}"
        }
        records.writeText(rows.joinToString("\n"))
        map.writeText("{\"format\": 1, \"attributes\": {\"visit_count\": \"Visits\"}}")
        val options = TrainOptions(context = context, rounds = 30, weight = "w", map = map)
        trainFile(records, "Outcome", options).use { found ->
            val won = found.report.won.toDouble()
            val total = won + 4 * (400 - won)
            assertEquals(RowWeights("w", 0, total, won / total), found.report.weights)
            assertEquals(listOf(TrainedColumn("visit_count", "Visits")), found.report.columns)
            assertSameJson(found.report.toJson(), elementOf(found.toJson()).let { Fields.of(it).element("report").toString() })
        }
        trainFile(input, "Outcome", TrainOptions(context = context, rounds = 5)).use {
            assertEquals(null, it.report.weights)
        }
    }

    @Test
    fun progressIsToldAndWhatAListenerThrowsEndsTheWork() {
        val told = mutableListOf<TrainProgress>()
        val options = TrainOptions(context = context, rounds = 30, folds = 3)
        trainFile(input, "Outcome", options, told::add).use { found ->
            assertEquals(listOf(1, 2, 3), told.map { it.fold }.distinct())
            assertEquals(listOf("small", "medium", "large"), told.map { it.size }.distinct())
            // Every round of every fold, also those behind the best.
            for ((number, fold) in found.report.folds.withIndex()) {
                val own = told.filter { it.fold == number + 1 && it.size == found.report.trees!!.size }
                assertEquals((1..own.size).toList(), own.map { it.round })
                assertTrue(own.size >= fold.rounds && own.all { it.foldCount == 3 })
                assertEquals(fold.logLoss, own.minOf { it.heldOutLoss })
            }
        }
        var calls = 0
        val enough = assertThrows(IllegalStateException::class.java) {
            trainFile(input, "Outcome", options) {
                calls++
                error("enough")
            }
        }
        assertEquals("enough" to 1, enough.message to calls)
    }

    @Test
    fun anInterruptEndsIt() {
        var ended: Throwable? = null
        val work = thread {
            val options = TrainOptions(context = context, folds = 50)
            ended = runCatching { trainFile(input, "Outcome", options) }.exceptionOrNull()
        }
        Thread.sleep(200)
        work.interrupt()
        work.join(30_000)
        assertTrue(ended is CancellationException, "$ended")
    }
}
