package io.leadscore

import com.sun.jna.Platform
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.charset.CharacterCodingException
import java.util.concurrent.CancellationException
import java.util.concurrent.ExecutionException
import java.util.concurrent.FutureTask

/** The one way into the native library: whatever it throws leaves as a [LeadscoreException]. */
internal inline fun <T> enter(work: () -> T): T =
    try {
        work()
    } catch (error: io.leadscore.ffi.LeadscoreException.Refused) {
        if (error.code == "cancelled") throw CancellationException("interrupted").apply { initCause(error) }
        val issues = error.issues.map { Issue(it.code, it.feature, it.path, it.message, it.found) }
        throw LeadscoreException(error.code, error.path, error.text, issues = issues)
    } catch (error: io.leadscore.ffi.InternalException) {
        throw LeadscoreException("internal", "", "a defect in leadscore itself: ${error.message}", error)
    } catch (error: CharacterCodingException) {
        throw LeadscoreException("invalid_json", "", LONE_SURROGATE, error)
    } catch (error: IllegalStateException) {
        throw LeadscoreException("closed", "", "the handle is closed", error)
    } catch (error: LinkageError) {
        throw unsupported(error)
    } catch (error: Error) {
        // What JNA throws where its own native half is of another version.
        if (error.javaClass != Error::class.java) throw error
        throw unsupported(error)
    }

internal const val LONE_SURROGATE = "the text holds a lone surrogate, which no Unicode text has"

/** The text, unless it holds half a surrogate pair. */
internal fun checked(text: String, code: String = "invalid_json", path: String = ""): String {
    var at = 0
    while (at < text.length) {
        val char = text[at++]
        if (!char.isSurrogate()) continue
        val whole = char.isHighSurrogate() && at < text.length && text[at++].isLowSurrogate()
        if (!whole) throw LeadscoreException(code, path, LONE_SURROGATE)
    }
    return text
}

/** What to do where the native library cannot be loaded: by the version of JNA, and what the system said. */
internal fun unsupported(error: Error): LeadscoreException {
    val said = generateSequence<Throwable>(error) { it.cause }.mapNotNull { it.message }.joinToString(" ")
    val advice = when {
        isOlder(jnaVersion(), OLDEST_JNA) ->
            "JNA ${jnaVersion()} is on the class path, and leadscore wants $OLDEST_JNA or newer: name " +
                "net.java.dev.jna:jna:$OLDEST_JNA, or a newer one, among the dependencies of your program"
        NO_EXECUTION.any { it in said } ->
            "the folder into which JNA unpacks native libraries does not let them run (a file system mounted " +
                "noexec?): name another one with -Djna.tmpdir=…. The system said: ${said.take(MOST_SAID)}"
        else ->
            "no native library for ${Platform.RESOURCE_PREFIX} is in the jar, or it cannot be loaded. Build it with " +
                "`cargo build --release -p leadscore-uniffi` and name its folder with -Djna.library.path=…"
    }
    return LeadscoreException("unsupported_platform", "", advice, error)
}

/** How Linux, macOS and BSD refuse to run what lies in a folder. */
private val NO_EXECUTION = listOf("failed to map segment", "Operation not permitted", "not allowed", "cannot enable")

private const val MOST_SAID = 300

/** The oldest JNA that the generated calls work with. */
private const val OLDEST_JNA = "5.5.0"

/** The JNA that was loaded: read at run time, as a constant would be that of the build. */
private fun jnaVersion(): String =
    runCatching {
        // Without its initializer, which may be what failed.
        val version = Class.forName(
            "com.sun.jna.Version",
            false,
            Platform::class.java.classLoader,
        ).getDeclaredField("VERSION")
        version.isAccessible = true
        version.get(null) as String
    }.getOrDefault(OLDEST_JNA)

private fun isOlder(version: String, than: String): Boolean {
    fun numbers(text: String) = text.split('.').map { part -> part.takeWhile(Char::isDigit).toIntOrNull() ?: 0 }
    val difference = numbers(version).zip(numbers(than)) { own, other -> own.compareTo(other) }
    return difference.firstOrNull { it != 0 }?.let { it < 0 } ?: false
}

/** Ends long work of the native library once the thread that called for it is interrupted; the flag stays set. */
internal object Interrupt : io.leadscore.ffi.Stop {
    override fun isStopped(): Boolean = Thread.currentThread().isInterrupted
}

/** Stops where the thread was interrupted; the flag stays set. */
internal fun checkInterrupt() {
    if (Thread.currentThread().isInterrupted) throw CancellationException("interrupted")
}

/**
 * Does work that the library cannot stop on a thread of its own, while this one can be interrupted. The work is then
 * left to itself, and what it would have given is dropped.
 */
internal fun <T> enterLong(work: () -> T): T {
    checkInterrupt()
    val task = FutureTask { enter(work) }
    Thread(task, "leadscore-long").apply { isDaemon = true }.start()
    return await(task::get)
}

/** Waits for a result, and unpacks what went wrong. */
internal fun <T> await(get: () -> T): T =
    try {
        get()
    } catch (error: ExecutionException) {
        throw error.cause ?: error
    } catch (error: InterruptedException) {
        Thread.currentThread().interrupt()
        throw CancellationException("interrupted").apply { initCause(error) }
    }

internal fun threadsOf(threads: Int): UInt = counted(threads, "threads").toUInt()

/** A number of things. */
internal fun counted(count: Int, path: String): Int {
    if (count >= 0) return count
    throw LeadscoreException("invalid_context", path, "wants a whole number from 0 up, found $count")
}

/** Numbers as the native library reads them. */
internal fun bytesOf(values: DoubleArray, from: Int, to: Int): ByteBuffer {
    if (to - from > Int.MAX_VALUE / Double.SIZE_BYTES) {
        throw LeadscoreException("invalid_matrix", "", "${to - from} values are too many to cross at once")
    }
    val buffer = ByteBuffer.allocateDirect((to - from) * Double.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
    buffer.asDoubleBuffer().put(values, from, to - from)
    return buffer
}

internal fun doublesOf(bytes: ByteArray): DoubleArray {
    val doubles = DoubleArray(bytes.size / Double.SIZE_BYTES)
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(doubles)
    return doubles
}

internal fun intsOf(bytes: ByteArray): IntArray {
    val ints = IntArray(bytes.size / Int.SIZE_BYTES)
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ints)
    return ints
}
