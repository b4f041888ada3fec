package io.leadscore

import java.io.IOException
import java.net.http.HttpTimeoutException
import java.time.LocalDate
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Questions to a language model, with a callable in the model's place. */
class TaskTest {
    private val pipeline = Pipeline.builtin("conversion")
    private val lead = Lead("l-1").with("title", "VP Sales").with("name", "Ann Lee").with("email", "ann@acme.example")
    private val context = Context(LocalDate.of(2026, 11, 22))
    private val task = Task.nextAction(pipeline, lead, context)
    private val good = """{"action":"Call the VP Sales","rationale":"They decide.","priority":"high","timeframe":"Today"}"""

    @Test
    fun anAnswerIsTakenWithItsUsageAndCost() {
        val asked = assist(task) { prompt ->
            assertTrue("VP Sales" in prompt.user && prompt.schema.startsWith("{"))
            Reply(good, "gpt-4o-mini", Usage(600, 40))
        }
        assertEquals("Call the VP Sales", asked.output.action)
        assertEquals(Author.MODEL to "gpt-4o-mini", asked.provenance.author to asked.provenance.model)
        assertEquals(Usage(600, 40) to 0.000114, asked.usage to asked.cost)
        assertNull(asked.provenance.reason)
    }

    @Test
    fun aSuspendingCallIsAwaited() {
        var asked: Assisted<NextAction>? = null
        suspend { assist(task) { Reply(suspendCoroutine { later -> Thread { later.resume(good) }.apply { start(); join() } }) } }
            .startCoroutine(Continuation(EmptyCoroutineContext) { asked = it.getOrThrow() })
        assertEquals(Author.MODEL, asked?.provenance?.author)
    }

    @Test
    fun aCallThatAnswersLaterIsAwaited() {
        val later = assistAsync(task) { CompletableFuture.supplyAsync { Reply(good) } }
        assertEquals(Author.MODEL, later.get().provenance.author)
        val failed = assistAsync(task) { CompletableFuture.failedFuture<Reply>(IOException("reset")) }
        assertTrue(failed.get().provenance.reason is FallbackReason.Failed)
        assertThrows(java.util.concurrent.ExecutionException::class.java) {
            assistAsync(task) { CompletableFuture.failedFuture<Reply>(IllegalStateException("a defect")) }.get()
        }
    }

    @Test
    fun whatIsNoGoodAnswerIsByTheRules() {
        for (answer in listOf(null, Reply("Sure!"), Reply(good.replace("They", "Marcus Miller")))) {
            val asked = assist(task) { answer }
            assertEquals(Author.RULES, asked.provenance.author)
            assertTrue(asked.output.action.isNotBlank())
        }
        assertEquals(FallbackReason.NotAsked(NotAskedReason.OVER_BUDGET), task.overBudget().provenance.reason)
    }

    /** As exceptions of the SDKs are. */
    private class ServiceException(private val status: Int) : RuntimeException("key sk-secret") {
        @Suppress("unused")
        fun statusCode(): Int = status

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    @Test
    fun failuresOfTheCallAreTheReason() {
        val failures = mapOf(
            ServiceException(429) to FailureKind.RATE_LIMITED,
            ServiceException(401) to FailureKind.UNAUTHORIZED,
            HttpTimeoutException("x") to FailureKind.TIMEOUT,
            IOException("x") to FailureKind.CONNECTION,
            RuntimeException("x", IOException("y")) to FailureKind.CONNECTION,
            ModelFailure(FailureKind.REFUSED, "no") to FailureKind.REFUSED,
            ModelFailure(503, retryAfter = 2.5) to FailureKind.UNAVAILABLE,
        )
        for ((failure, kind) in failures) {
            val reason = assist(task) { throw failure }.provenance.reason
            assertEquals(kind, (reason as FallbackReason.Failed).failure.kind, failure.toString())
            assertFalse("sk-secret" in reason.toString())
        }
        for (own in listOf(IllegalStateException("a defect"), CancellationException("stop"))) {
            assertEquals(own, assertThrows(own.javaClass) { assist(task) { throw own } })
        }
    }

    @Test
    fun detailsGoOutAsPlaceholders() {
        val masked = Task.nextAction(pipeline, lead, context, mask = true)
        assertFalse("Ann" in masked.prompt().user, masked.prompt().user)
        val asked = assist(masked) { Reply(good.replace("the VP Sales", "[NAME_1]")) }
        assertEquals("Call Ann Lee", asked.output.action)
    }

    @Test
    fun aChatGoesOn() {
        val first = Task.chatReply("How much is the oak desk?", ChatOptions(country = "GB")).conclude()
        assertEquals("name", first.output.reply.asks)
        val conversation = Conversation.fromJson(first.output.conversation.toJson())
        assertEquals(first.output.conversation, conversation)
        val next = Task.chatReply("I'm Ann Smith", ChatOptions(conversation, "GB", listOf("It costs 420 euros.")))
        assertEquals(ContactDetails(name = "Ann Smith"), next.conclude().output.captured)
        assertEquals(Intent.COLD, Task.chatIntent("Not interested").conclude().output.intent)
        assertEquals("conversation", refused { Conversation.fromJson("[]") }.path)
    }

    @Test
    fun aTaskOfAnyKindHasItsResultAsPlainData() {
        val own = Task.fromJson("""{"task":"chat_intent","message":"Not interested"}""").conclude()
        assertEquals("COLD", (own.output as Map<*, *>)["intent"])
        assertTrue("\"intent\":\"COLD\"" in own.outputJson, own.outputJson)
    }

    /** Every result of the cases of all languages has its type, and no field that the type does not have. */
    @Test
    fun whatComesOutIsWhatTheTypesSay() {
        val forms = mapOf(
            "conversion" to ConversionPrediction,
            "time_to_close" to TimeToClose,
            "next_action" to NextAction,
            "qualification" to Qualification,
            "ranking" to RankedLead,
            "email" to Email,
            "chat_intent" to ChatIntent,
            "chat_reply" to ChatReply,
        )
        val kinds = mutableSetOf<String>()
        val cases = Fixtures.json(Fixtures.fixtures.resolve("conformance/tasks.json")).jsonObject.getValue("cases").jsonArray
        for (case in cases.map { it.jsonObject }) {
            if (case.getValue("operation").jsonPrimitive.content != "conclude_json" || "expected" !in case) continue
            val written = case.getValue("expected").jsonPrimitive.content
            val kind = elementOf(written).jsonObject.getValue("provenance").jsonObject.getValue("task").jsonPrimitive.content
            val form = forms.getValue(kind)
            val result = assisted(written, if (kind == "ranking") ListOf(form) else form)
            assertSameJson(written, result.toJson())
            val output = result.output
            val again = if (output is List<*>) JsonArray(output.map { (it as JsonData).element() }) else (output as JsonData).element()
            assertSameJson(result.outputJson, again.toString())
            kinds += kind
        }
        assertEquals(forms.keys, kinds)
    }

    @Test
    fun whatIsNoTaskIsRefused() {
        assertEquals("invalid_task", refused { Task.fromJson("""{"task":"horoscope"}""") }.code)
        assertEquals("invalid_task", refused { Task.conversion(pipeline, lead, context, band = 2.0) }.code)
        assertEquals("invalid_task", refused { Task.conversion(pipeline, lead, context, band = Double.NaN) }.code)
        assertEquals("leads[1]", refused { Task.ranking(pipeline, listOf(lead, lead), context) }.path)
        assertEquals("invalid_json", refused { Task.fromJson("\ud800") }.code)
        assertEquals("invalid_task", refused { task.conclude(Reply("\ud800")) }.code)
        assertEquals("invalid_task", refused { task.conclude(ModelFailure(700)) }.code)
        assertEquals("cost", refused { task.conclude(Reply("x", cost = Double.NaN)) }.path)
        val closed = Task.chatIntent("Hi")
        closed.close()
        assertEquals("closed", refused { closed.prompt() }.code)
    }
}
