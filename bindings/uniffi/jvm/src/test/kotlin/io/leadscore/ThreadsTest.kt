package io.leadscore

import java.time.Instant
import java.util.concurrent.Callable
import java.util.concurrent.CancellationException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicReference
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ThreadsTest {
    private val context = Context(Instant.parse("2026-11-20T12:00:00Z"))
    private val leads = List(400) { Lead("L-$it").with("recency_days", it % 41).with("page_views", it % 29) }

    @Test
    fun eightThreadsUseOnePipelineAtOnce() = Pipeline.builtin("heat").use { pipeline ->
        val one = leads.map { pipeline.score(it, context) }
        val matrix = pipeline.featureMatrix(leads, context)
        val scores = pipeline.scoreMatrix(matrix).scores
        val barrier = CyclicBarrier(8)
        val pool = Executors.newFixedThreadPool(8)
        val works = List(8) { thread ->
            Callable {
                barrier.await()
                repeat(3) {
                    assertEquals(one, leads.map { pipeline.score(it, context) })
                    assertEquals(one, pipeline.scoreMany(leads, context, 1 + thread % 3))
                    assertTrue(scores.contentEquals(pipeline.scoreMatrix(matrix, thread).scores))
                }
            }
        }
        pool.invokeAll(works).forEach { it.get() }
        pool.shutdown()
    }

    @Test
    fun aPipelineClosedWhileInUseIsClosedForThoseWhoComeLater() {
        repeat(10) {
            val pipeline = Pipeline.builtin("conversion")
            val started = CountDownLatch(4)
            val pool = Executors.newFixedThreadPool(4)
            val works = List(4) {
                pool.submit(
                    Callable {
                        started.countDown()
                        refused { while (true) pipeline.score(leads[0], context) }.code
                    },
                )
            }
            started.await()
            pipeline.close()
            works.forEach { assertEquals("closed", it.get(30, TimeUnit.SECONDS)) }
            pool.shutdown()
        }
    }

    @Test
    fun longWorkCanBeInterrupted() {
        val pipeline = Pipeline.builtin("b2b")
        val many = generateSequence(0) { it + 1 }.map { leads[it % leads.size] }.asIterable()
        val forest = Forest.load(Fixtures.examples.resolve("x_education.ubj"))
        val large = Matrix(DoubleArray(10 * 300_000), 10)
        val works: List<() -> Any?> = listOf(
            { pipeline.scoreMany(many, context, 1) },
            { pipeline.scoreMany(many, context, 2) },
            { pipeline.featureMatrix(many, context) },
            { while (true) forest.shap(large, threads = 1) },
        )
        for (work in works) {
            val caught = AtomicReference<Throwable>()
            val flag = AtomicReference(false)
            val thread = Thread {
                try {
                    work()
                } catch (error: Throwable) {
                    caught.set(error)
                    flag.set(Thread.currentThread().isInterrupted)
                }
            }
            thread.start()
            Thread.sleep(200)
            assertTrue(thread.isAlive)
            thread.interrupt()
            thread.join(120_000)
            assertFalse(thread.isAlive)
            assertInstanceOf(CancellationException::class.java, caught.get())
            assertTrue(flag.get())
        }
        pipeline.close()
        forest.close()
    }

    @Test
    fun whoIsInterruptedAlreadyDoesNotStart() {
        Pipeline.builtin("conversion").use { pipeline ->
            Thread.currentThread().interrupt()
            val caught = runCatching { pipeline.importance(Matrix(DoubleArray(3), 3)) }.exceptionOrNull()
            assertTrue(Thread.interrupted())
            assertInstanceOf(CancellationException::class.java, caught)
        }
    }
}
