package io.leadscore

import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.ZoneId
import java.time.ZonedDateTime
import java.util.Date
import kotlin.io.path.readText
import kotlin.io.path.readBytes
import kotlin.io.path.writeText
import kotlin.math.abs
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class PipelineTest {
    private val noon = Instant.parse("2026-11-20T12:00:00Z")
    private val context = Context(noon)
    private val lead = Lead("L-1")
        .with("company", "Acme Ltd")
        .with("title", "VP Engineering")
        .with("email", "ann@acme.example")
        .with("created_at", LocalDate.parse("2026-11-01"))
        .with(Activity("meeting", Instant.parse("2026-11-19T10:00:00Z")))

    @Test
    fun theReadmeOfTheRepositoryHolds() {
        Pipeline.builtin("conversion").use { pipeline ->
            val prediction = pipeline.score(lead, Context(LocalDate.parse("2026-11-20")))
            assertEquals("53 WARM", "%.0f %s".format(prediction.score, prediction.tier))
            assertEquals("Decides as a vice president", prediction.explanation.reasons[0].text)
            assertEquals(5, prediction.explanation.reasons.size)
            assertEquals(Instant.parse("2026-11-20T00:00:00Z"), prediction.provenance.asOf)
            assertEquals(Leadscore.version(), prediction.provenance.library)
        }
    }

    @Test
    fun everyBuiltinScoresAndItsSumAddsUp() {
        for (name in Pipeline.builtinNames()) {
            Pipeline.builtin(name).use { pipeline ->
                val prediction = pipeline.score(lead, context)
                val why = prediction.explanation
                val sum = why.baseline!! + why.contributions.sumOf { it.points } + why.rest
                assertTrue(abs(sum - prediction.score) <= 1e-9, name)
                assertEquals(name, prediction.provenance.pipeline)
                assertEquals(pipeline.description.contentHash, prediction.provenance.contentHash)
                assertEquals(pipeline.toJson(), Pipeline.fromJson(pipeline.toJson()).use { it.toJson() })
                assertEquals(pipeline.description.classes, prediction.classes.map { it.name })
            }
        }
    }

    @Test
    fun allShapesOfARecordAreTheSameLead() = Pipeline.builtin("conversion").use { pipeline ->
        val expected = pipeline.score(lead, context)
        val flat = mapOf(
            "lead_id" to "L-1",
            "company" to StringBuilder("Acme Ltd"),
            "title" to "VP Engineering",
            "email" to "ann@acme.example",
            "created_at" to "2026-11-01",
            "activities" to arrayOf(mapOf("kind" to "meeting", "at" to OffsetDateTime.parse("2026-11-19T12:00:00+02:00"))),
        )
        assertEquals(expected, pipeline.score(flat, context))
        assertEquals(expected, pipeline.score(flat + ("activities" to lead.activities), context))
        val zoned = ZonedDateTime.of(2026, 11, 19, 11, 0, 0, 0, ZoneId.of("Europe/Berlin"))
        assertEquals(expected, pipeline.score(lead.copy(activities = listOf(Activity("meeting", zoned))), context))
        val berlin = context.withZone(ZoneId.of("Europe/Berlin"))
        assertEquals(
            pipeline.score(lead, berlin),
            pipeline.score(lead.copy(activities = listOf(Activity("meeting", LocalDateTime.of(2026, 11, 19, 11, 0)))), berlin),
        )
        assertEquals("Europe/Berlin", pipeline.score(lead, berlin).provenance.zone)
        assertEquals(expected, pipeline.score(lead, Context(noon.atOffset(java.time.ZoneOffset.ofHours(5)))))
        assertEquals(expected.leadId, kotlinxId(pipeline.scoreJson("""{"id":"L-1"}""", context)))
    }

    private fun kotlinxId(text: String) = Prediction.parsed(text).leadId

    @Test
    fun everyKindOfValueIsRead() = Pipeline.builtin("b2b").use { pipeline ->
        val numbers = listOf<Any>(
            7, 7L, 7.toShort(), 7.toByte(), 7f, 7.0, java.math.BigInteger.valueOf(7), java.math.BigDecimal("7.0"), 7u, 7UL,
            java.util.concurrent.atomic.AtomicInteger(7), java.util.Optional.of(7), "7",
        )
        val name = pipeline.description.columns.first { it.type == "number" || it.type == "count" }.name
        val all = numbers.map { pipeline.features(Lead("x").with(name, it), context) }
        assertEquals(1, all.toSet().size, "$all")
        assertEquals(7.0, all[0][name])
        assertNull(pipeline.features(Lead("x").with(name, Double.NaN), context)[name])
        assertNull(pipeline.features(Lead("x").with(name, java.util.Optional.empty<Int>()), context)[name])
        // Not a number to anybody, and said so.
        val beyond = listOf<Any>(Double.NEGATIVE_INFINITY, java.math.BigInteger.TEN.pow(400), java.math.BigDecimal("-1e400"))
        for (value in beyond) assertTrue("inf`" in pipeline.score(Lead("x").with(name, value), context).warnings.single(), "$value")
        // A whole number of a database's decimals is an id as well.
        assertEquals("7", pipeline.score(mapOf("id" to java.math.BigDecimal("7.00")), context).leadId)
        // Texts of every kind come back as they went.
        val odd = "\u0000\u001f\"\\/\u2028é漢😀\ud83d\ude00\u007f"
        assertEquals(odd, pipeline.score(Lead(odd), context).leadId)
        val date = Pipeline.builtin("conversion").use { own ->
            listOf<Any>(Date.from(noon), noon, "2026-11-20T12:00:00Z").map { own.features(lead.with("created_at", it), Context(noon)) }
        }
        assertEquals(1, date.toSet().size)
    }

    @Test
    fun withoutAMomentItIsNow() = Pipeline.builtin("conversion").use { pipeline ->
        val before = Instant.now().minusMillis(1)
        val asOf = pipeline.score(lead).provenance.asOf
        assertTrue(asOf in before..Instant.now(), "$asOf")
    }

    @Test
    fun manyAreTheSameAsOneByOneForAnyNumberOfThreads() = Pipeline.builtin("heat").use { pipeline ->
        val leads = leads(1500)
        val one = leads.map { pipeline.score(it, context) }
        for (threads in listOf(0, 1, 2, 7)) {
            assertEquals(one, pipeline.scoreMany(leads, context, threads))
        }
        val matrix = pipeline.featureMatrix(leads, context, 3)
        assertEquals(matrix, pipeline.featureMatrix(leads, context, 1))
        for (threads in listOf(0, 1, 3)) {
            val scores = pipeline.scoreMatrix(matrix, threads)
            one.forEachIndexed { at, own ->
                assertEquals(own.score.toRawBits(), scores.scores[at].toRawBits())
                assertEquals(own.tier, scores.tier(at))
                assertEquals(own.classes.map { it.probability }, scores.classes.slice(3 * at until 3 * at + 3))
            }
        }
        assertEquals(emptyList<Prediction>(), pipeline.scoreMany(emptyList(), context))
        assertEquals(0, pipeline.featureMatrix(emptyList(), context).rows)
        assertEquals(0, pipeline.scoreMatrix(Matrix(doubleArrayOf(), matrix.columns)).scores.size)
    }

    @Test
    fun aRefusedLeadDoesNotStopTheOthers() = Pipeline.builtin("heat").use { pipeline ->
        val leads = leads(1000).toMutableList()
        leads[300] = leads[300].with("source", listOf("a"))
        leads[700] = leads[700].with("source", "\ud800")
        leads[999] = leads[999].with(Activity("x", LocalDate.MAX))
        val outcomes = pipeline.tryScoreMany(leads, context, 2)
        assertEquals(leads.indices.toList(), outcomes.map { it.index })
        val refused = outcomes.filterIsInstance<Outcome.Refused>()
        assertEquals(
            listOf("leads[300].attributes.source", "leads[700].attributes.source", "leads[999].activities[0].at"),
            refused.map { it.error.path },
        )
        assertTrue(refused.all { it.error.code == "invalid_lead" })
        assertEquals(pipeline.score(leads[301], context), outcomes[301].getOrThrow())
        assertEquals("leads[300].attributes.source", refused { pipeline.scoreMany(leads, context) }.path)
        assertEquals("leads[300].attributes.source", refused { pipeline.featureMatrix(leads, context) }.path)
    }

    @Test
    fun strictModeTellsAllIssues() = Pipeline.builtin("b2b").use { pipeline ->
        val strict = context.withStrict(true)
        val lead = Lead("L-1").with("company_employee_count", -5)
        val one = refused { pipeline.score(lead, strict) }
        assertTrue(one.issues.size > 20)
        assertEquals("invalid_feature", one.issues.first { it.feature == "company_employee_count" }.code)
        assertEquals(one.code to one.path, one.issues[0].code to one.issues[0].path)
        val many = pipeline.tryScoreMany(List(3) { lead }, strict).map { (it as Outcome.Refused).error }
        assertEquals(one.issues.map { it.copy(path = "leads[2].${it.path}") }, many[2].issues)
        assertTrue(refused { pipeline.score(lead.with("tags", listOf(1)), context) }.issues.isEmpty())
    }

    @Test
    fun everyLeadHasAMomentOfItsOwn() = Pipeline.builtin("conversion").use { pipeline ->
        val leads = List(5000) { Lead("L-$it").with("created_at", "2026-10-15") }
        val times = List(5000) { LocalDate.of(2026, 11, 1).plusDays(it % 20L) }
        val each = Context.atEach(times)
        val found = pipeline.scoreMany(leads, each)
        for (at in listOf(0, 7, 4096, 4999)) {
            assertEquals(pipeline.score(leads[at], Context.at(times[at])), found[at])
        }
        assertEquals(5000, pipeline.featureMatrix(leads, each).rows)
        assertEquals("as_of", refused { pipeline.scoreMany(leads.drop(1), each) }.path)
        assertEquals("as_of", refused { pipeline.scoreMany(leads + leads, each) }.path)
        assertEquals("as_of", refused { pipeline.score(leads[0], each) }.path)
    }

    @Test
    fun pipelinesAreMeasuredOnAFile() = Pipeline.builtin("conversion").use { pipeline ->
        val (input, log) = listOf("past_leads.csv", "activities.csv").map(Fixtures.examples::resolve)
        val report = Fixtures.temporary().resolve("page.html")
        val options = EvaluationOptions(
            segments = listOf("source"),
            top = listOf("10 %", "12"),
            context = context,
            activities = log,
            report = report,
            draws = 50,
        )
        Pipeline.builtin("priority").use { other ->
            val found = pipeline.evaluateFile(input, "won", options, listOf(other))
            assertEquals(Triple(60L, 37L, listOf("yes")), Triple(found.leads, found.won, found.target.won))
            val (first, second) = found.pipelines
            val auc = first.measures.auc
            assertTrue(auc.low!! < auc.value && auc.value < auc.high!!)
            assertEquals(second.measures.auc.value - auc.value, second.difference!!.auc.value)
            assertEquals(null, first.difference)
            assertTrue(first.measures.logLoss != null && second.measures.logLoss == null)
            assertEquals(listOf(6L, 12L), first.top.map { it.leads })
            assertEquals(8, first.segments.single().groups.size)
            assertEquals(listOf(0.0, 0.0), first.roc.first())
            assertTrue(report.readText().startsWith("<!DOCTYPE html>"))
        }
        assertEquals("target", refused { pipeline.evaluateFile(input, "wun") }.path)
        assertEquals("positive", refused { pipeline.evaluateFile(input, "source") }.path)
        assertEquals("worthless_result", refused { pipeline.evaluateFile(input, "phone") }.code)
        assertEquals("draws", refused { pipeline.evaluateFile(input, "won", EvaluationOptions(draws = -1)) }.path)
    }

    @Test
    fun fileInFileOut() = Pipeline.builtin("conversion").use { pipeline ->
        val folder = Fixtures.temporary()
        val input = Fixtures.examples.resolve("leads.csv")
        val options = FileOptions(FileFormat.JSONL, context, activities = Fixtures.examples.resolve("activities.csv"), threads = 2)
        val summary = pipeline.scoreFile(input, folder.resolve("out.jsonl"), options)
        assertEquals(60L to 0L, summary.scored to summary.rejected)
        assertEquals(60L, summary.tiers.sumOf { it.leads })
        assertEquals(60, folder.resolve("out.jsonl").readText().trim().lines().size)
        val error = refused { pipeline.scoreFile(folder.resolve("none.csv"), folder.resolve("x.jsonl"), options) }
        assertEquals("not_found", error.code)
        assertTrue("none.csv" in error.message!!, error.message)
        assertEquals("threads", refused { pipeline.scoreFile(input, input, FileOptions(threads = -1)) }.path)
    }

    @Test
    fun yourOwnModel() {
        val model = Fixtures.examples.resolve("x_education.ubj")
        val schema = Fixtures.examples.resolve("x_education.json").readText()
        Pipeline.importModel(model, ImportOptions("mine", name = "Mine", schema = schema)).use { pipeline ->
            assertEquals("mine", pipeline.id)
            val lead = Lead("L-3").with("time_on_site", 900).with("occupation", "Working Professional")
            val prediction = pipeline.score(lead, context)
            assertEquals(Basis.MODEL, prediction.basis)
            assertTrue(prediction.explanation.reasons.isNotEmpty())
            for (by in listOf(ImportanceBy.GAIN, ImportanceBy.TOTAL_GAIN, ImportanceBy.COVER, ImportanceBy.TOTAL_COVER)) {
                assertEquals(1.0, pipeline.importance(by).sumOf { it.importance }, 1e-9)
            }
            assertEquals(1.0, pipeline.importance(pipeline.featureMatrix(listOf(lead), context)).sumOf { it.importance }, 1e-9)
            assertEquals("contributions_unsupported", refused { pipeline.importance(ImportanceBy.LARGEST) }.code)
            val file = Fixtures.temporary().resolve("mine.json")
            file.writeText(pipeline.toJson())
            Pipeline.load(file).use { assertEquals(prediction, it.score(lead, context)) }
        }
        Pipeline.importModel(model.readBytes(), ImportOptions("mine", tiers = "hot-warm-cold", iterations = Iterations.BEST)).close()
        val regression = Fixtures.fixtures.resolve("golden/lgb-4.7.0-regression/model.txt")
        assertEquals("scale_required", refused { Pipeline.importModel(regression, ImportOptions("r")) }.code)
        Pipeline.importModel(regression, ImportOptions("r").withScale("""{"kind":"linear","from":-5,"to":5}""")).close()
        val classes = Fixtures.fixtures.resolve("golden/xgb-3.2.0-softprob-json/model.json")
        val named = ImportOptions("c").withClasses(listOf("a", "b", "c"), listOf(0.0, 0.5, 1.0))
        Pipeline.importModel(classes, named).use { assertEquals(listOf("a", "b", "c"), it.description.classes) }
    }

    @Test
    fun aForestInEveryWay() {
        val model = Fixtures.examples.resolve("x_education.ubj")
        Forest.load(model).use { forest ->
            val about = forest.description
            assertEquals("xgboost", about.library)
            val random = java.util.Random(5)
            val matrix = Matrix(DoubleArray(5000 * about.features.size) { if (random.nextInt(9) == 0) Double.NaN else random.nextInt(9).toDouble() }, about.features.size)
            val margin = forest.margin(matrix)
            assertEquals(5000, margin.size)
            for (threads in 1..3) assertTrue(margin.contentEquals(forest.margin(matrix, Iterations.BEST, threads)))
            val shap = forest.shap(matrix)
            val width = about.features.size + 1
            for (row in 0 until 5000) {
                val sum = (0 until width).sumOf { shap[row * width + it] }
                assertEquals(margin[row], sum, 1e-4)
            }
            forest.predict(matrix).forEach { assertTrue(it in 0.0..1.0) }
            Forest.fromJson(forest.toJson()).use { assertTrue(margin.contentEquals(it.margin(matrix))) }
            Forest.fromBytes(model.readBytes()).use { assertEquals(about, it.description) }
            val floats = FloatArray(matrix.values.size) { matrix.values[it].toFloat() }
            assertTrue(margin.contentEquals(forest.margin(Matrix.of(floats, about.features.size))))
        }
    }

    @Test
    fun whatBecomesOfACellThatIsNoLevelCanBeChosen() {
        val cells = """["España", "españa", null]"""
        for ((file, refusesByItself) in listOf("xgboost-frame.json" to true, "lightgbm-frame.txt" to false)) {
            Forest.load(Fixtures.fixtures.resolve("columns/$file")).use { forest ->
                val missing = listOf(1.0, Double.NaN, Double.NaN)
                assertEquals(missing, forest.encode(0, cells, Unseen.MISSING).toList())
                val error = refused { forest.encode(0, cells, Unseen.REFUSE) }
                assertEquals("invalid_feature" to "country", error.code to error.path)
                if (refusesByItself) {
                    assertEquals(error.message, refused { forest.encode(0, cells) }.message)
                } else {
                    assertEquals(missing, forest.encode(0, cells).toList())
                    assertEquals(missing, forest.encode(0, cells, Unseen.LIBRARY).toList())
                }
            }
        }
    }

    @Test
    fun valuesAreData() {
        assertEquals(lead, lead.copy())
        assertNotEquals(lead, lead.with("company", "Other"))
        Pipeline.builtin("b2b").use { pipeline ->
            val prediction = pipeline.score(lead, context)
            assertEquals(prediction, pipeline.score(lead, context))
            assertEquals(prediction.hashCode(), pipeline.score(lead, context).hashCode())
            assertTrue(prediction.provenance.isStub)
            assertTrue(pipeline.score(lead, context.withBrief(true)).explanation.contributions.isEmpty())
            assertEquals(2, pipeline.score(lead, context.withReasons(2)).explanation.reasons.size)
        }
    }

    private fun leads(count: Int): List<Lead> = List(count) { number ->
        Lead("L-$number")
            .with("recency_days", number % 41)
            .with("page_views", number % 29)
            .with("prior_course_interest", listOf("high", "medium", "low", "none")[number % 4])
            .with("source", listOf("website", "linkedin")[number % 2])
    }
}
