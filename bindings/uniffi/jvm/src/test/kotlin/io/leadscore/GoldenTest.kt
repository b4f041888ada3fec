package io.leadscore

import java.nio.file.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readLines
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Margins to the last bit those of the library that wrote the model. */
class GoldenTest {
    @Test
    fun theSharedModels() {
        val folders = Fixtures.shared("models").listDirectoryEntries().filter { it.toFile().isDirectory }
        assertEquals(4, folders.size)
        folders.forEach(::check)
    }

    @Test
    fun ownGoldenModels() {
        listOf("lgb-4.7.0-binary", "xgb-3.2.0-binary-json", "xgb-3.2.0-softprob-json", "xgb-2.1.4-binary-ubj", "lgb-4.7.0-multiclass")
            .forEach { check(Fixtures.fixtures.resolve("golden").resolve(it)) }
    }

    @Test
    fun aMarkerForMissingValues() {
        val folder = Fixtures.fixtures.resolve("golden").resolve("xgb-3.2.0-missing-json")
        check(folder, -999.1)
        Forest.load(folder.resolve("model.json"), -999.1).use { assertEquals(-999.1, it.description.missing) }
        Forest.load(folder.resolve("model.json"), Double.NEGATIVE_INFINITY).use {
            assertEquals(Double.NEGATIVE_INFINITY, it.description.missing)
        }
        Forest.load(folder.resolve("model.json")).use { assertEquals(null, it.description.missing) }
        val options = ImportOptions("mine").withMissing(-999.1)
        Pipeline.importModel(folder.resolve("model.json"), options).use {
            assertTrue("\"missing\":-999.1" in it.toJson(), "the pipeline keeps it")
        }
    }

    /** The default is that of the libraries' scikit-learn classes. */
    @Test
    fun theBestRoundsAreTheDefault() {
        val model = Fixtures.fixtures.resolve("golden/xgb-2.1.4-best-json/model.json")
        Forest.load(model).use { forest ->
            val matrix = Matrix.of(arrayOf(DoubleArray(forest.description.features.size) { 1.0 }))
            val best = forest.margin(matrix, Iterations.BEST).single()
            assertEquals(best, forest.margin(matrix).single())
            assertTrue(best != forest.margin(matrix, Iterations.ALL).single())
        }
    }

    private fun check(folder: Path, missing: Double = Double.NaN) {
        val model = folder.listDirectoryEntries("model.*").single()
        Forest.load(model, missing).use { forest ->
            val input = table(folder.resolve("input.csv"))
            val matrix = Matrix.of(input.drop(1).map { row -> DoubleArray(row.size) { number(row[it]) } }.toTypedArray())
            val expected = table(folder.resolve("expected.csv"))
            val places = expected[0].indices.filter { expected[0][it].startsWith("margin") }
            val wanted = expected.drop(1).flatMap { row -> places.map { row[it] } }
            assertTrue(wanted.isNotEmpty())
            val single = forest.description.precision == "f32"
            for (threads in 1..3) {
                val found = forest.margin(matrix, threads = threads)
                assertEquals(wanted.size, found.size, folder.name)
                wanted.forEachIndexed { at, text ->
                    val own = if (single) text.toFloat().toDouble() else text.toDouble()
                    assertEquals(own.toRawBits(), found[at].toRawBits(), "${folder.name}: $at is ${found[at]} for $text")
                }
            }
            println("${folder.name}: ${wanted.size} margins, all bits")
        }
    }

    private fun number(text: String) = when (text) {
        "" -> Double.NaN
        "inf" -> Double.POSITIVE_INFINITY
        "-inf" -> Double.NEGATIVE_INFINITY
        else -> text.toDouble()
    }

    private fun table(path: Path): List<List<String>> = path.readLines().map { it.split(',') }
}
