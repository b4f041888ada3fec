package io.leadscore

import java.time.LocalDate
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

/** A few rows cross by a call of their own: with the bits, and the errors, of the one for many. */
class FewRowsTest {
    private val forest = Forest.load(Fixtures.examples.resolve("x_education.ubj"))
    private val columns = forest.description.features.size

    /** More rows than cross by the short way. */
    private val many = Matrix(DoubleArray(40 * columns) { if (it % 17 == 0) Double.NaN else (it * 7 % 23) / 3.0 }, columns)

    private fun head(rows: Int) = Matrix(many.values.copyOf(rows * columns), columns)

    @Test
    fun aForestGivesTheSameBits() {
        for (iterations in Iterations.entries) {
            val works = listOf<(Matrix) -> DoubleArray>(
                { forest.margin(it, iterations) },
                { forest.predict(it, iterations) },
                { forest.shap(it, iterations) },
            )
            for (work in works) {
                val all = work(many)
                for (rows in listOf(1, 2, 16)) assertArrayEquals(all.copyOf(rows * all.size / 40), work(head(rows)))
            }
        }
    }

    @Test
    fun aPipelineGivesTheSameBits() {
        for (name in Pipeline.builtinNames()) {
            Pipeline.builtin(name).use { pipeline ->
                val width = pipeline.description.columns.size
                val leads = List(40) { Lead("L-$it").with("title", if (it % 2 == 0) "VP Sales" else null).with("page_views", it) }
                val matrix = pipeline.featureMatrix(leads, Context(LocalDate.of(2026, 11, 20)))
                val all = pipeline.scoreMatrix(matrix)
                val few = pipeline.scoreMatrix(Matrix(matrix.values.copyOf(3 * width), width))
                assertArrayEquals(all.scores.copyOf(3), few.scores)
                assertArrayEquals(all.probabilities.copyOf(3), few.probabilities)
                assertArrayEquals(all.tiers.copyOf(3), few.tiers)
                assertArrayEquals(all.classes.copyOf(3 * pipeline.description.classes.size), few.classes)
                assertEquals(all.tier(2), few.tier(2))
            }
        }
    }

    @Test
    fun whatIsRefusedIsRefusedInTheSameWords() {
        val narrow = refused { forest.margin(Matrix(DoubleArray(3), 3)) }
        assertEquals(refused { forest.margin(Matrix(DoubleArray(120), 3)) }.text, narrow.text)
        assertEquals("invalid_matrix", narrow.code)
        assertEquals("threads", refused { forest.margin(head(1), threads = -1) }.path)
        assertEquals(0, forest.margin(Matrix(DoubleArray(0), columns)).size)
        Pipeline.builtin("heat").use { assertEquals("invalid_matrix", refused { it.scoreMatrix(Matrix(DoubleArray(1), 1)) }.code) }
    }

    @Test
    fun aClosedHandleIsClosedHereToo() {
        val own = Forest.load(Fixtures.examples.resolve("x_education.ubj"))
        own.margin(head(1))
        own.close()
        assertEquals("closed", refused { own.margin(head(1)) }.code)
        val pipeline = Pipeline.builtin("heat")
        val width = pipeline.description.columns.size
        pipeline.close()
        assertEquals("closed", refused { pipeline.scoreMatrix(Matrix(DoubleArray(width), width)) }.code)
    }

    @Test
    fun handlesTravelByTheirContent() {
        val there = carried(forest)
        assertEquals(forest.description, there.description)
        assertArrayEquals(forest.margin(many), there.margin(many))
        there.close()
        assertEquals(1, forest.margin(head(1)).size)
        val marked = Forest.load(Fixtures.examples.resolve("x_education.ubj"), missing = 0.0)
        assertEquals(0.0, carried(marked).description.missing)
        assertArrayEquals(marked.margin(many), carried(marked).margin(many))

        val pipeline = Pipeline.builtin("conversion")
        val lead = Lead("L-1").with("title", "VP Engineering").with(Activity("meeting", LocalDate.of(2026, 11, 19)))
        val context = Context(LocalDate.of(2026, 11, 20))
        val prediction = pipeline.score(carried(lead), carried(context))
        assertEquals(prediction, carried(carried(pipeline).score(lead, context)))
        assertEquals(many, carried(many))
        assertEquals("moved", carried(LeadscoreException("io", "moved", "text")).path)

        val task = Task.nextAction(pipeline, lead, context)
        assertEquals(task.conclude(), carried(task).conclude())
        val plain = Task.fromJson("""{"task":"chat_intent","message":"Not interested"}""")
        assertEquals(plain.conclude().output, carried(plain).conclude().output)
        assertNull(carried(task).conclude().provenance.model)
        pipeline.close()
        assertEquals("closed", refused { carried(pipeline) }.code)
    }
}
