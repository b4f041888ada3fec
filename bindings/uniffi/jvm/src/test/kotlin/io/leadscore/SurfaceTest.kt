package io.leadscore

import kotlin.io.path.readText
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The native operations are those of every language: read from what the generator wrote. */
class SurfaceTest {
    @Test
    fun theKotlinOperationsAreThoseOfTheList() = check("jvm/src/main/generated/io/leadscore/ffi/leadscore_uniffi.kt")

    @Test
    fun theSwiftOperationsAreThoseOfTheList() = check("swift/LeadscoreNative.swift")

    private fun check(file: String) {
        val text = Fixtures.root.resolve("bindings/uniffi").resolve(file).readText()
        val operations = Fixtures.json(Fixtures.fixtures.resolve("conformance/operations.json"))
        val wanted = operations.mapValues { (_, names) -> names.jsonArray.map { it.jsonPrimitive.content }.sorted() }
        val found = HashMap<String, MutableSet<String>>()
        val types = listOf("Pipeline", "Forest", "Task")
        // Every function, method and constructor has a checksum.
        for (match in Regex("uniffi_leadscore_uniffi_checksum_(func|method|constructor)_(\\w+)").findAll(text)) {
            val (kind, name) = match.destructured
            // What the caller implements, and the library asks or tells.
            if (name in setOf("stop_is_stopped", "trainlistener_on_round")) continue
            // How the JVM names a handle in a call of its own.
            if (name.endsWith("_row_key")) continue
            // Objects have no static functions there: those stand beside them.
            val type = if (name == "builtin_names") "Pipeline" else types.find { name.startsWith(it.lowercase() + "_") }
            assertTrue(type != null || kind == "func", name)
            found.getOrPut(type ?: "module", ::HashSet) += name.removePrefix("${type?.lowercase()}_")
        }
        assertEquals(wanted, found.mapValues { it.value.sorted() })
    }
}
