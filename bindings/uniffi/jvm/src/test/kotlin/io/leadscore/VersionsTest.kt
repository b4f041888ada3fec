package io.leadscore

import java.time.Instant
import java.time.ZoneId
import kotlinx.serialization.json.Json
import kotlinx.serialization.serializer
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** With the versions that are said, which are the oldest and the newest: no class file of a compiler plugin has a say. */
class VersionsTest {
    private val pipeline = Pipeline.builtin("conversion")
    private val context = Context(Instant.parse("2026-11-22T09:30:00Z"))
    private val prediction = pipeline.score(Lead("L-1").with("title", "VP"), context)

    @Test
    fun theLibrariesAreThoseThatAreMeant() {
        assertEquals(System.getProperty("leadscore.kotlin"), KotlinVersion.CURRENT.toString())
        val jar = Json::class.java.protectionDomain.codeSource.location.path
        assertTrue("-${System.getProperty("leadscore.serialization")}.jar" in jar, jar)
    }

    @Test
    fun kotlinxFindsTheTypesWithoutItsPlugin() {
        val found = Json.encodeToString(serializer<Prediction>(), prediction)
        assertEquals(prediction.toJson(), found)
        assertEquals(prediction, Json.decodeFromString(serializer<Prediction>(), found))
        assertEquals("\"rules\"", Json.encodeToString(serializer<Basis>(), Basis.RULES))
        assertEquals(FailureKind.NO_CREDIT, Json.decodeFromString(serializer<FailureKind>(), "\"no_credit\""))
        val reasons = listOf(FallbackReason.NotAsked(NotAskedReason.NO_MODEL))
        assertEquals("""[{"kind":"not_asked","why":"no_model"}]""", Json.encodeToString(serializer<List<FallbackReason>>(), reasons))
    }

    @Test
    fun nothingOfACompilerPluginIsInTheClasses() {
        for (type in listOf(Prediction::class, Conversation::class, Usage::class, TaskProvenance::class)) {
            assertNull(type.java.declaredClasses.find { it.simpleName == "\$serializer" })
        }
    }

    @Test
    fun aZoneMayBeAnOffset() {
        val lead = Lead("L-1").with("title", "VP").with(Activity("meeting", java.time.LocalDateTime.parse("2026-11-22T02:00")))
        val kolkata = pipeline.score(lead, context.withZone(ZoneId.of("Asia/Kolkata")))
        for (zone in listOf("+05:30", "UTC+05:30", "GMT+05:30")) {
            val own = pipeline.score(lead, context.withZone(ZoneId.of(zone)))
            assertEquals("+05:30", own.provenance.zone)
            assertEquals(kolkata, own.copy(provenance = own.provenance.copy(zone = "Asia/Kolkata")))
        }
        for (zone in listOf("Z", "UTC", "GMT", "+00:00")) {
            assertEquals("UTC", pipeline.score(lead, context.withZone(ZoneId.of(zone))).provenance.zone)
        }
        assertEquals("zone", refused { pipeline.score(lead, context.withZone(ZoneId.of("+05:30:15"))) }.path)
    }
}
