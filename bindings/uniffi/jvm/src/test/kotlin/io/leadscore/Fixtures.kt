package io.leadscore

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Assumptions.assumeTrue

/** The files of the repository that tests read. */
internal object Fixtures {
    val root: Path = Path.of(System.getProperty("leadscore.root")).toRealPath()
    val fixtures: Path = root.resolve("fixtures")
    val examples: Path = root.resolve("examples")

    fun json(path: Path): JsonObject = Json.parseToJsonElement(path.readText()).jsonObject

    /** A folder of the shared data sets; without them the test is skipped, or fails where they are required. */
    fun shared(folder: String): Path {
        val path = root.resolve("../shared/data").resolve(folder)
        if (!path.exists()) {
            if (System.getenv("LEADSCORE_REQUIRE_SHARED") == "1") fail<Unit>("$path is missing, and LEADSCORE_REQUIRE_SHARED=1")
            System.getenv("LEADSCORE_SKIP_LOG")?.let {
                Files.writeString(Path.of(it), "jvm wants $folder\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND)
            }
            assumeTrue(false, "skipped: $path is missing")
        }
        return path
    }

    fun temporary(): Path = Files.createTempDirectory("leadscore-jvm").apply { toFile().deleteOnExit() }
}

/** What was refused. */
internal fun refused(work: () -> Unit): LeadscoreException {
    try {
        work()
    } catch (error: LeadscoreException) {
        assertTrue(error.code in LeadscoreException.codes || error.code in LeadscoreException.hostCodes, error.code)
        assertTrue(error.text.isNotBlank())
        return error
    }
    return fail("nothing was refused")
}
