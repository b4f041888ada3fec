package io.leadscore

import java.math.BigInteger
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import java.time.ZoneId
import java.util.TreeMap
import kotlin.io.path.readBytes
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Random inputs: every one gives a result or a [LeadscoreException]. */
class FuzzTest {
    private val random = Random(20261120)
    private val pipelines: List<Pipeline> = Pipeline.builtinNames().map(Pipeline::builtin)
    private val names: List<String> = pipelines.flatMap { it.description.attributes }.distinct() +
        listOf("id", "lead_id", "activities", "attributes", "x")
    private val kinds = listOf("email_open", "meeting", "page_view", "demo", "form_submit", "", "x")
    private val bytes = listOf("examples/x_education.ubj", "fixtures/golden/lgb-4.7.0-binary/model.txt", "fixtures/golden/xgb-3.2.0-binary-json/model.json")
        .map { Fixtures.root.resolve(it).readBytes() }
    private val forests = bytes.map(Forest::fromBytes)
    private val documents: List<String> = pipelines.take(7).map(Pipeline::toJson)

    @Test
    fun aHundredThousandInputs() {
        val counts = TreeMap<String, Int>()
        repeat(INPUTS) {
            val outcome = try {
                one(random.nextInt(100))
                "result"
            } catch (error: LeadscoreException) {
                assertTrue(error.code in LeadscoreException.codes, "${error.code}: ${error.message}")
                error.code
            }
            counts.merge(outcome, 1, Int::plus)
        }
        assertEquals(INPUTS, counts.values.sum())
        // Neither all good nor all bad, and bad in many ways.
        assertTrue(counts.getValue("result") in INPUTS / 10..INPUTS * 9 / 10 && counts.size >= 8, "$counts")
        println("$INPUTS random inputs: $counts")
    }

    private fun one(kind: Int) {
        val pipeline = pipelines.random(random)
        when {
            kind < 30 -> pipeline.score(Lead(text(), fields(), List(random.nextInt(4)) { activity() }), context())
            kind < 55 -> pipeline.score(fields() + ("activities" to value(0)), context())
            kind < 65 -> pipeline.scoreJson(mutated(RECORD), context())
            kind < 72 -> pipeline.tryScoreMany(List(random.nextInt(5)) { Lead(text(), fields()) }, context(), random.nextInt(-1, 3))
            kind < 76 -> pipeline.features(Lead(text(), fields()), context())
            kind < 80 -> pipeline.featureMatrix(List(random.nextInt(5)) { Lead(text(), fields()) }, context())
            kind < 86 -> pipeline.scoreMatrix(matrix(pipeline.description.columns.size), random.nextInt(3))
            kind < 95 -> forest(forests.random(random))
            kind < 96 -> pipeline.importance(matrix(pipeline.description.columns.size))
            kind < 98 -> Pipeline.fromJson(mutated(documents.random(random))).close()
            kind < 99 -> Forest.fromBytes(mutated(bytes.random(random))).close()
            else -> Pipeline.importModel(mutated(bytes.random(random)), ImportOptions(text(), scale = text(), tiers = text())).close()
        }
    }

    private fun forest(forest: Forest) {
        val matrix = matrix(forest.description.features.size)
        val rounds = Iterations.entries.random(random)
        when (random.nextInt(3)) {
            0 -> forest.margin(matrix, rounds, random.nextInt(-1, 3))
            1 -> forest.predict(matrix, rounds)
            else -> forest.shap(matrix, rounds)
        }
    }

    private fun matrix(columns: Int): Matrix {
        val width = if (random.nextInt(4) == 0) random.nextInt(-1, 12) else columns
        val size = maxOf(0, width) * random.nextInt(4) + if (random.nextInt(20) == 0) 1 else 0
        return Matrix(DoubleArray(size) { number() }, width)
    }

    private fun number(): Double = when (random.nextInt(8)) {
        0 -> Double.NaN
        1 -> Double.fromBits(random.nextLong())
        2 -> Double.POSITIVE_INFINITY
        3 -> -0.0
        4 -> random.nextDouble(-1e9, 1e9)
        else -> random.nextInt(-3, 50).toDouble()
    }

    private fun text(): String = when (random.nextInt(8)) {
        0 -> String(CharArray(random.nextInt(6)) { random.nextInt(0x10000).toChar() })
        1 -> kinds.random(random)
        2 -> "VP Engineering"
        3 -> "ann@acme.example"
        4 -> "2026-11-${random.nextInt(40)}"
        5 -> "${number()}"
        6 -> names.random(random)
        else -> "a-e"
    }

    private fun value(depth: Int): Any? = when (random.nextInt(20)) {
        0 -> null
        1 -> random.nextBoolean()
        2 -> random.nextInt(100)
        3 -> random.nextLong()
        4, 5, 6 -> number()
        7 -> BigInteger.TEN.pow(random.nextInt(320))
        8 -> Instant.ofEpochSecond(random.nextLong(1_700_000_000, 1_800_000_000))
        9 -> LocalDate.ofEpochDay(random.nextLong(-100_000, 100_000))
        10 -> LocalTime.NOON
        11 -> if (depth < 4) List(random.nextInt(3)) { value(depth + 1) } else null
        12 -> if (depth < 4) mapOf(text() to value(depth + 1)) else null
        13 -> activity()
        14 -> HashMap<String, Any?>().also { it["self"] = it }
        else -> text()
    }

    private fun fields(): Map<String, Any?> =
        List(random.nextInt(6)) { names.random(random) to if (random.nextInt(10) > 0) scalar() else value(0) }.toMap()

    private fun scalar(): Any? = when (random.nextInt(4)) {
        0 -> random.nextInt(100)
        1 -> number()
        2 -> random.nextBoolean()
        else -> text()
    }

    private fun activity(): Activity {
        val at = when (random.nextInt(12)) {
            0 -> LocalTime.NOON
            1 -> Instant.MAX
            else -> Instant.ofEpochSecond(random.nextLong(1_750_000_000, 1_800_000_000))
        }
        return Activity(kinds.random(random), at, if (random.nextInt(3) == 0) mapOf(text() to scalar()) else emptyMap())
    }

    private fun context() = Context(
        asOf = if (random.nextInt(20) == 0) LocalTime.NOON else NOON,
        zone = if (random.nextInt(3) == 0) ZoneId.of(ZONES.random(random)) else ZoneId.of("UTC"),
        strict = random.nextInt(8) == 0,
        brief = random.nextBoolean(),
        reasons = random.nextInt(-1, 9),
    )

    /** The text with some places changed, cut or doubled. */
    private fun mutated(text: String): String {
        val out = StringBuilder(text)
        repeat(random.nextInt(4)) {
            val at = random.nextInt(out.length + 1)
            when (random.nextInt(4)) {
                0 -> out.setLength(at)
                1 -> out.insert(at, JSON.random(random))
                2 -> if (at < out.length) out.deleteCharAt(at)
                else -> if (at < out.length) out.setCharAt(at, random.nextInt(if (random.nextInt(9) == 0) 0x10000 else 128).toChar())
            }
        }
        return out.toString()
    }

    private fun mutated(bytes: ByteArray): ByteArray {
        val out = bytes.copyOf(if (random.nextBoolean()) bytes.size else random.nextInt(bytes.size))
        repeat(random.nextInt(6)) { if (out.isNotEmpty()) out[random.nextInt(out.size)] = random.nextInt().toByte() }
        return out
    }

    private companion object {
        const val INPUTS = 100_000
        val NOON: Instant = Instant.parse("2026-11-20T12:00:00Z")
        val ZONES = listOf("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "+03:00", "Pacific/Apia")
        val JSON = listOf("null", "{", "}", "[[[[", "]", "\"", "1e999", "-", "true", "\\ud800", "\u0000", ":", ",", "99999999999999999999")
        const val RECORD = """{"id":"L-1","company":"Acme","title":"VP","employees":250,"email":"ann@acme.example","activities":[{"kind":"meeting","at":"2026-11-19T10:00:00Z","properties":{"page":"/pricing"}}]}"""
    }
}
