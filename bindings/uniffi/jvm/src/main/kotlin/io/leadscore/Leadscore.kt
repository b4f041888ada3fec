package io.leadscore

import kotlin.system.exitProcess

/** What belongs to no pipeline and no model. */
object Leadscore {
    /** The library's version. */
    @JvmStatic
    fun version(): String = enter { io.leadscore.ffi.version() }

    /** Runs the `leadscore` command with these arguments; the exit status. */
    @JvmStatic
    fun run(vararg args: String): Int = enter { io.leadscore.ffi.runCommand(listOf("leadscore") + args) }

    /** The `leadscore` command: `java -cp … io.leadscore.Leadscore score leads.csv`. */
    @JvmStatic
    fun main(args: Array<String>) {
        exitProcess(run(*args))
    }
}
