package io.leadscore

import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test

/** How long one row takes; by `make bench` only. */
class OneRowBench {
    @Test
    fun oneRow() {
        assumeTrue(System.getProperty("leadscore.bench") == "true")
        val forest = Forest.load(Fixtures.examples.resolve("x_education.ubj"))
        val width = forest.description.features.size
        val row = Matrix(DoubleArray(width) { it / 3.0 }, width)
        // The next more than cross by the short way, as all did.
        val many = Matrix(DoubleArray(17 * width) { it / 3.0 }, width)
        val pipeline = Pipeline.importModel(Fixtures.examples.resolve("x_education.ubj"), ImportOptions("mine"))
        median("margin of one row") { forest.margin(row, threads = 1) }
        median("predictions of one row") { forest.predict(row, threads = 1) }
        median("contributions of one row") { forest.shap(row, threads = 1) }
        median("scores of one row") { pipeline.scoreMatrix(row, 1) }
        median("margins of 17 rows, by the generated call") { forest.margin(many, threads = 1) }
    }

    private fun median(name: String, work: () -> Any) {
        var used = 0
        repeat(20_000) { used += work().hashCode() }
        val times = LongArray(20_001) {
            val began = System.nanoTime()
            used += work().hashCode()
            System.nanoTime() - began
        }
        times.sort()
        println("%-45s %8.2f µs (a tenth below %.2f) %s".format(name, times[10_000] / 1e3, times[2_000] / 1e3, if (used == 1) "" else "."))
    }
}
