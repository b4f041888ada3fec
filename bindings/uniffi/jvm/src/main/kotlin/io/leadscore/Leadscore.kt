package io.leadscore

import kotlin.system.exitProcess

/** What belongs to no pipeline and no model. */
object Leadscore {
    /** The library's version. */
    @JvmStatic
    fun version(): String = enter { io.leadscore.ffi.version() }

    /** Runs the `leadscore` command with these arguments; the exit status. */
    @JvmStatic
    fun run(vararg args: String): Int {
        val all = listOf("leadscore") + args.mapIndexed { at, text -> checked(text, "invalid_context", "args[$at]") }
        return enter { io.leadscore.ffi.runCommand(all) }
    }

    /** The `leadscore` command: `java -cp … io.leadscore.Leadscore score leads.csv`. */
    @JvmStatic
    fun main(args: Array<String>) {
        exitProcess(run(*args))
    }
}
