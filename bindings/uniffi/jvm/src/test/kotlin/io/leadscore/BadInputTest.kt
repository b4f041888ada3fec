package io.leadscore

import io.leadscore.ffi.FfiConverterString
import io.leadscore.ffi.InternalException
import io.leadscore.ffi.RustBuffer
import io.leadscore.ffi.UniffiLib
import io.leadscore.ffi.UniffiRustCallStatus
import java.math.BigInteger
import java.nio.file.Path
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import java.time.Year
import java.time.ZoneOffset
import kotlin.io.path.writeBytes
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Whatever comes in, what goes out is a [LeadscoreException] with code and path. */
class BadInputTest {
    private val context = Context(Instant.parse("2026-11-20T12:00:00Z"))

    private fun check(code: String, path: String, work: (Pipeline) -> Unit) = Pipeline.builtin("conversion").use { pipeline ->
        val error = refused { work(pipeline) }
        assertEquals(code to path, error.code to error.path, error.message)
    }

    private fun attribute(path: String, value: Any?) =
        check("invalid_lead", "attributes.$path") { it.score(Lead("x").with("company", value), context) }

    @Test
    fun values() {
        attribute("company", listOf("a"))
        attribute("company", mapOf("a" to 1))
        attribute("company", ByteArray(3))
        attribute("company", Any())
        attribute("company", Thread.currentThread())
        attribute("company", LocalTime.NOON)
        attribute("company", setOf("a"))
        attribute("company", Path.of("a"))
        attribute("company", java.sql.Time.valueOf("12:00:00"))
        for (half in listOf("\ud800", "a\udc00b", "\udc00\ud800", "x\ud83d")) attribute("company", half)
        check("invalid_lead", "attributes.") { it.score(Lead("x").with("", listOf(1)), context) }
        check("invalid_lead", "attributes") { it.score(Lead("x").with("\ud800", 1), context) }
        check("invalid_lead", "id") { it.score(Lead("\udfff"), context) }
        check("invalid_lead", "attributes") { pipeline ->
            @Suppress("UNCHECKED_CAST")
            pipeline.score(Lead("x", mapOf<Any?, Any?>(7 to 1) as Map<String, Any?>), context)
        }
        check("invalid_lead", "leads[1]") { pipeline ->
            @Suppress("UNCHECKED_CAST")
            pipeline.scoreMany(listOf(Lead("x"), null) as List<Lead>, context)
        }
        check("invalid_lead", "leads[0]") { pipeline ->
            @Suppress("UNCHECKED_CAST")
            pipeline.scoreMany(listOf("text") as List<Lead>, context)
        }
        // Whole numbers beyond 64 bits are numbers, and NaN is missing.
        Pipeline.builtin("conversion").use {
            it.score(Lead("x").with("employees", BigInteger.TWO.pow(100)).with("a", ULong.MAX_VALUE).with("b", Double.NaN), context)
        }
    }

    @Test
    fun activities() {
        check("invalid_lead", "activities[0].at") { it.score(Lead("x").with(Activity("a", Year.of(2026))), context) }
        check("invalid_lead", "activities[0].at") { it.score(Lead("x").with(Activity("a", Instant.MAX)), context) }
        check("invalid_lead", "activities[0].kind") { it.score(Lead("x").with(Activity("\ud800", Instant.EPOCH)), context) }
        check("invalid_lead", "activities[0].properties.p") {
            it.score(Lead("x").with(Activity("a", Instant.EPOCH).with("p", listOf(1))), context)
        }
        check("invalid_lead", "activities[0]") { it.score(mapOf("activities" to listOf(mapOf("kind" to "a"))), context) }
        check("invalid_lead", "activities[0]") { it.score(mapOf("activities" to listOf(null)), context) }
        check("invalid_lead", "activities") { it.score(mapOf("activities" to 7), context) }
    }

    @Test
    fun whatHoldsItself() {
        val map = HashMap<String, Any?>()
        map["me"] = map
        map["too"] = map
        val list = ArrayList<Any?>()
        repeat(3) { list.add(list) }
        for (value in listOf(map, list)) {
            val error = refused { Pipeline.builtin("conversion").use { it.score(Lead("x").with("company", value), context) } }
            assertEquals("invalid_lead", error.code)
            assertTrue(error.path.startsWith("attributes.company"), error.path)
        }
        assertEquals("invalid_lead", refused { Pipeline.builtin("conversion").use { it.score(map, context) } }.code)
    }

    @Test
    fun contexts() {
        val lead = Lead("x")
        check("invalid_context", "as_of") { it.score(lead, Context(LocalTime.NOON)) }
        check("invalid_context", "as_of") { it.score(lead, Context(Instant.MIN)) }
        check("invalid_context", "as_of") { it.score(lead, Context(LocalDate.MAX)) }
        check("invalid_context", "zone") { it.score(lead, context.withZone(ZoneOffset.ofHoursMinutesSeconds(3, 0, 1))) }
        check("invalid_context", "reasons") { it.score(lead, context.withReasons(-1)) }
        check("invalid_context", "threads") { it.scoreMany(listOf(lead), context, -1) }
        Pipeline.builtin("b2b").use { pipeline ->
            val error = refused { pipeline.score(lead, context.withStrict(true)) }
            assertEquals("missing_feature" to "attributes.company_revenue", error.code to error.path)
            val many = List(500) { Lead("x") }
            assertEquals("leads[0].attributes.company_revenue", refused { pipeline.scoreMany(many, context.withStrict(true)) }.path)
            val last = pipeline.tryScoreMany(many, context.withStrict(true)).last() as Outcome.Refused
            assertEquals("leads[499].attributes.company_revenue", last.error.path)
        }
    }

    @Test
    fun texts() {
        check("invalid_json", "") { it.scoreJson("{", context) }
        check("invalid_json", "") { it.scoreJson("[".repeat(100_000), context) }
        check("invalid_json", "") { it.scoreJson("{\"a\":1e999}", context) }
        check("invalid_json", "") { it.scoreJson("\ud800", context) }
        check("invalid_lead", "") { it.scoreJson("7", context) }
        check("unknown_name", "") { Pipeline.builtin("nope").close() }
        check("unknown_name", "") { Pipeline.builtin("\ud800").close() }
        check("invalid_json", "") { Pipeline.fromJson("\udc00").close() }
        check("invalid_json", "") { Pipeline.fromJson("").close() }
        check("invalid_json", "") { Forest.fromJson("\ud800").close() }
        check("invalid_model", "") { Forest.fromJson("{}").close() }
        check("invalid_model", "") { Forest.fromBytes(ByteArray(0)).close() }
        check("unsupported_model", "") { Pipeline.importModel(ByteArray(9) { -1 }, ImportOptions("x")).close() }
        check("invalid_context", "id") { Pipeline.importModel(ByteArray(0), ImportOptions("\ud800")).close() }
        check("invalid_context", "weights[0]") { Pipeline.importModel(ByteArray(0), ImportOptions("x", weights = listOf(Double.NaN))).close() }
        check("invalid_context", "args[0]") { Leadscore.run("\ud800") }
    }

    @Test
    fun files() {
        val folder = Fixtures.temporary()
        for ((path, code) in listOf(folder.resolve("none") to "not_found", folder to "io")) {
            check(code, "$path") { Pipeline.load(path).close() }
            check(code, "$path") { Forest.load(path).close() }
            check(code, "$path") { Pipeline.importModel(path, ImportOptions("x")).close() }
        }
        // No name is no file to the library, and the working folder to Java.
        check("not_found", "") { Pipeline.load(Path.of("")).close() }
        check("io", "") { Pipeline.importModel(Path.of(""), ImportOptions("x")).close() }
        val file = folder.resolve("bytes")
        file.writeBytes(byteArrayOf(-1, -2))
        check("invalid_json", "") { Pipeline.load(file).close() }
        check("unsupported_model", "") { Forest.load(file).close() }
    }

    @Test
    fun matrices() {
        Forest.load(Fixtures.examples.resolve("x_education.ubj")).use { forest ->
            val works = listOf(forest::margin, forest::predict, forest::shap)
            for (work in works) {
                assertEquals("invalid_matrix", refused { work(Matrix(DoubleArray(9), 9), Iterations.ALL, 1) }.code)
                assertEquals("invalid_matrix", refused { work(Matrix(DoubleArray(0), 9), Iterations.ALL, 1) }.code)
                assertEquals("threads", refused { work(Matrix(DoubleArray(10), 10), Iterations.ALL, -3) }.path)
                assertEquals(0, work(Matrix(DoubleArray(0), 10), Iterations.BEST, 1).size)
                val odd = doubleArrayOf(Double.NaN, 1e308, -1e308, Double.MIN_VALUE, -0.0, 1e30, -7.0, 2e9, 0.5, 1.0)
                work(Matrix(odd, 10), Iterations.ALL, 1)
            }
        }
        assertEquals("invalid_matrix", refused { Matrix(DoubleArray(5), 2) }.code)
        assertEquals("invalid_matrix", refused { Matrix(DoubleArray(0), 0) }.code)
        assertEquals("invalid_matrix", refused { Matrix(DoubleArray(3), -1) }.code)
        assertEquals("rows[1]", refused { Matrix.of(arrayOf(DoubleArray(2), DoubleArray(3))) }.path)
        assertEquals("invalid_matrix", refused { Matrix.of(arrayOf()) }.code)
        check("invalid_matrix", "") { it.scoreMatrix(Matrix(DoubleArray(3), 3)) }
        check("invalid_matrix", "") { it.importance(Matrix(DoubleArray(3), 3)) }
    }

    @Test
    fun closedHandles() {
        val pipeline = Pipeline.builtin("conversion")
        val forest = Forest.load(Fixtures.examples.resolve("x_education.ubj"))
        repeat(2) {
            pipeline.close()
            forest.close()
        }
        val matrix = Matrix(DoubleArray(10), 10)
        val works: List<() -> Any?> = listOf(
            { pipeline.score(Lead("x")) },
            { pipeline.scoreMany(List(600) { Lead("x") }, threads = 2) },
            { pipeline.scoreMany(emptyList()) },
            { pipeline.features(Lead("x")) },
            { pipeline.featureMatrix(listOf(Lead("x"))) },
            { pipeline.scoreMatrix(matrix) },
            { pipeline.importance(ImportanceBy.LARGEST) },
            { pipeline.importance(matrix) },
            { pipeline.scoreFile(Path.of("a"), Path.of("b")) },
            { pipeline.toJson() },
            { forest.margin(matrix) },
            { forest.predict(matrix) },
            { forest.shap(matrix) },
            { forest.toJson() },
        )
        for (work in works) assertEquals("closed", refused { work() }.code)
        assertNotNull(pipeline.description.id)
    }

    /** Bytes that no Kotlin code would send: a panic on the other side, and an exception on this one. */
    @Test
    fun aNativePanicIsAnException() {
        val error = refused {
            enter {
                val buffer = RustBuffer.alloc(2u)
                buffer.asByteBuffer()!!.put(byteArrayOf(-1, -2))
                val status = UniffiRustCallStatus()
                UniffiLib.uniffi_leadscore_uniffi_fn_func_run_command(buffer, status)
                assertTrue(status.isPanic())
                throw InternalException(FfiConverterString.lift(status.error_buf))
            }
        }
        assertEquals("internal", error.code)
        assertTrue("args" in error.text, error.text)
        // And it goes on as if nothing had been.
        Pipeline.builtin("conversion").use { it.score(Lead("x"), context) }
    }

    @Test
    fun everyCodeIsKnown() {
        assertEquals(24, LeadscoreException.codes.size)
        assertEquals(listOf("closed", "unsupported_platform"), LeadscoreException.hostCodes)
        val error = unsupported(UnsatisfiedLinkError("x"))
        assertEquals("unsupported_platform", error.code)
        assertTrue("cargo build" in error.text && "jna.library.path" in error.text)
    }
}
