package app

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import io.leadscore.Author
import io.leadscore.Basis
import io.leadscore.Context
import io.leadscore.Lead
import io.leadscore.Pipeline
import io.leadscore.Prediction
import io.leadscore.Task
import java.time.Instant
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.springframework.beans.factory.annotation.Autowired
import org.springframework.boot.test.context.SpringBootTest
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment.RANDOM_PORT
import org.springframework.boot.test.web.client.TestRestTemplate
import org.springframework.http.HttpStatus

/** A type of the user's own, which kotlinx.serialization's plugin writes with one of the library's inside. */
@Serializable
data class Page(val number: Int, val predictions: List<Prediction>, val bases: Map<String, Basis>)

@SpringBootTest(webEnvironment = RANDOM_PORT)
class ApplicationTest(
    @Autowired private val rest: TestRestTemplate,
    @Autowired private val mapper: ObjectMapper,
    @Autowired private val pipeline: Pipeline,
) {
    private val record = mapOf("id" to "L-1", "company" to "Acme Ltd", "title" to "VP Engineering")
    private val context = Context(Instant.parse("2026-11-20T12:00:00Z"))

    @Test
    fun `the versions are those of Spring Boot`() {
        assertEquals("1.9.25", KotlinVersion.CURRENT.toString())
        val version = Json::class.java.protectionDomain.codeSource.location.path
        assertTrue("1.6.3" in version, version)
    }

    @Test
    fun `a response is the JSON of every language`() {
        val core = mapper.readTree(pipeline.scoreJson(mapper.writeValueAsString(record), context))
        val answer = rest.postForEntity("/score", record, String::class.java)
        assertEquals(HttpStatus.OK, answer.statusCode, answer.body)
        assertSame(core, mapper.readTree(answer.body))
    }

    @Test
    fun `what is refused is told`() {
        val answer = rest.postForEntity("/score", mapOf("activities" to 7), Map::class.java)
        assertEquals(HttpStatus.UNPROCESSABLE_ENTITY, answer.statusCode)
        assertEquals("activities", answer.body!!["path"])
    }

    @Test
    fun `Jackson and kotlinx write one shape, with and without Spring's settings`() {
        val prediction = pipeline.score(record, context)
        val core = mapper.readTree(pipeline.scoreJson(mapper.writeValueAsString(record), context))
        assertSame(core, ObjectMapper().valueToTree(prediction))
        assertSame(core, mapper.readTree(prediction.toJson()))
        assertSame(core, mapper.readTree(Json.encodeToString(Prediction.serializer(), prediction)))
        val page = Page(1, listOf(prediction), mapOf("own" to Basis.RULES))
        val text = Json.encodeToString(Page.serializer(), page)
        assertEquals(page, Json.decodeFromString(Page.serializer(), text))
        assertSame(mapper.readTree(text), mapper.valueToTree(page))
        assertEquals("rules", mapper.readTree(text)["bases"]["own"].textValue())
    }

    @Test
    fun `tasks work too`() {
        Task.nextAction(pipeline, Lead("L-1").with("title", "VP"), context).use { task ->
            assertEquals(Author.RULES, task.conclude().provenance.author)
            assertSame(mapper.readTree(task.conclude().toJson()), mapper.valueToTree(task.conclude()))
        }
    }

    /** Numbers are compared by value: 55 and 55.0 are one number in JSON. */
    private fun assertSame(expected: JsonNode, found: JsonNode) = assertEquals(plain(expected), plain(found))

    private fun plain(node: JsonNode): Any? = when {
        node.isObject -> node.properties().associate { (name, value) -> name to plain(value) }
        node.isArray -> node.map(::plain)
        node.isNumber -> node.doubleValue()
        node.isNull -> null
        node.isBoolean -> node.booleanValue()
        else -> node.textValue()
    }
}
