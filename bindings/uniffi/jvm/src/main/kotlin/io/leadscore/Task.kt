package io.leadscore

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.put

/** What a model is asked. All that comes from a lead is in [user], never in [system]. */
@Serializable
data class Prompt(
    /** The task's name. */
    val task: String,
    /** Rises with every change of the wording. */
    val version: Int,
    /** The instructions. */
    val system: String,
    /** The data. */
    val user: String,
    /** The JSON Schema of the answer as text, which the vendors' structured outputs take as it is. */
    val schema: String,
    /** The answer's longest length in tokens, hidden reasoning included. */
    val maxOutputTokens: Int,
)

/** What came of a task, always complete. */
@Serializable
data class Assisted(
    @SerialName("output") internal val element: JsonElement,
    /** Where the result comes from. */
    val provenance: TaskProvenance,
    /** The tokens used, as far as known. */
    val usage: Usage? = null,
    /** What they cost in US dollars, where the price is known. */
    val cost: Double? = null,
) {
    /** The result as JSON text. */
    val outputJson: String get() = element.toString()

    /** The result as maps, lists, texts, numbers and flags. */
    val output: Any? get() = plain(element)
}

/** Where a task's result comes from. */
@Serializable
data class TaskProvenance(
    /** The task's name. */
    val task: String,
    /** The version of its wording. */
    val version: Int,
    /** Who made it. */
    val author: Author,
    /** The model that answered, even if its answer was not taken. */
    val model: String? = null,
    @SerialName("reason") internal val element: JsonObject? = null,
) {
    /** Why the result is not a model's: its `kind`, and more about it. */
    @Suppress("UNCHECKED_CAST")
    val reason: Map<String, Any?>? get() = element?.let { plain(it) as Map<String, Any?> }
}

/** Who made a result. */
@Serializable
enum class Author {
    /** A language model, whose answer passed every check. */
    @SerialName("model")
    MODEL,

    /** The rules of the library. */
    @SerialName("rules")
    RULES,
}

/** What a reply of a chat is made of besides the message. */
data class ChatOptions @JvmOverloads constructor(
    /** The `conversation` of the last result as JSON text; without one the chat begins. */
    val conversation: String? = null,
    /** Whose rules telephone numbers without a `+` follow, such as `DE`. */
    val country: String? = null,
    /** What the reply may say of what is sold. */
    val facts: List<String> = emptyList(),
    /** Whether details of persons go out as placeholders. */
    val mask: Boolean = false,
)

/** A document of a knowledge base: Markdown, or a list of passages as JSON. */
data class KnowledgeDocument(val name: String, val text: String)

/** Who a message is from; `unsubscribe` is an `https:` or `mailto:` address. */
data class Sender(val name: String, val company: String, val address: String, val unsubscribe: String)

/** What a message to a lead is made of besides the lead. */
data class EmailParts @JvmOverloads constructor(
    /** What is sold, in documents. */
    val knowledge: List<KnowledgeDocument>,
    /** Who writes. */
    val sender: Sender,
    /** `email`, `whatsapp` or `instagram`. */
    val channel: String = "email",
    /** Attributes of the lead that the message must name. */
    val require: List<String> = emptyList(),
)

/**
 * Exactly one question to a language model about leads or to a chat; it never changes and may be used by many threads.
 *
 * Where `mask` is set, e-mail and web addresses, telephone numbers and names of persons go out as placeholders, and are
 * put back in the answer.
 */
class Task private constructor(private val native: io.leadscore.ffi.Task) : AutoCloseable {
    /** What a model is asked. */
    fun prompt(): Prompt = json.decodeFromString(enter { native.promptJson() })

    /** The result from a model's answer, if it passes every check; without one, that of the rules. */
    @JvmOverloads
    fun conclude(reply: Reply? = null): Assisted = conclude(reply?.json() ?: "null")

    /** The result where there is no answer. */
    fun conclude(failure: ModelFailure): Assisted = conclude(failure.json())

    /** The result where a model was not asked because the call could have exceeded a budget. */
    fun overBudget(): Assisted = conclude("""{"not_asked":"over_budget"}""")

    private fun conclude(outcome: String): Assisted = json.decodeFromString(enter { native.concludeJson(outcome) })

    /** Frees the task's memory. Whoever uses it afterwards gets the error `closed`. */
    override fun close() = native.close()

    companion object {
        /** How probable it is that a lead becomes a customer; [band] is how far a model may lie from the pipeline. */
        @JvmStatic
        @JvmOverloads
        fun conversion(
            pipeline: Pipeline,
            lead: Lead,
            context: Context = Context(),
            mask: Boolean = false,
            band: Double? = null,
        ): Task {
            if (band != null &&
                !band.isFinite()
            ) {
                throw LeadscoreException(INVALID_TASK, "band", "wants a number, found $band")
            }
            return ofLead("conversion", pipeline, lead, context, mask, band)
        }

        /** How many days it takes until a lead signs, if it does. */
        @JvmStatic
        @JvmOverloads
        fun timeToClose(pipeline: Pipeline, lead: Lead, context: Context = Context(), mask: Boolean = false): Task =
            ofLead("time_to_close", pipeline, lead, context, mask)

        /** The one thing to do next with a lead. */
        @JvmStatic
        @JvmOverloads
        fun nextAction(pipeline: Pipeline, lead: Lead, context: Context = Context(), mask: Boolean = false): Task =
            ofLead("next_action", pipeline, lead, context, mask)

        /** What a lead's own words say beyond the rules, as an adjustment for the attribute `model_adjustment`. */
        @JvmStatic
        @JvmOverloads
        fun qualification(pipeline: Pipeline, lead: Lead, context: Context = Context(), mask: Boolean = false): Task =
            ofLead("qualification", pipeline, lead, context, mask)

        /** The order in which to work through at most 20 leads. */
        @JvmStatic
        @JvmOverloads
        fun ranking(
            pipeline: Pipeline,
            leads: List<Lead>,
            context: Context = Context(),
            mask: Boolean = false,
        ): Task {
            val records = leads.mapIndexed { at, lead -> recordJson(lead, "leads[$at]") }
            return aboutLeads("ranking", "leads", records.joinToString(",", "[", "]"), pipeline, context, mask)
        }

        /** A message to a lead from a knowledge base. */
        @JvmStatic
        @JvmOverloads
        fun email(pipeline: Pipeline, lead: Lead, parts: EmailParts, context: Context = Context()): Task {
            val documents = parts.knowledge.map { document ->
                buildJsonObject {
                    put("name", checked(document.name, INVALID_TASK, "knowledge"))
                    put("text", checked(document.text, INVALID_TASK, "knowledge"))
                }
            }
            val sender = buildJsonObject {
                put("name", checked(parts.sender.name, INVALID_TASK, "sender"))
                put("company", checked(parts.sender.company, INVALID_TASK, "sender"))
                put("address", checked(parts.sender.address, INVALID_TASK, "sender"))
                put("unsubscribe", checked(parts.sender.unsubscribe, INVALID_TASK, "sender"))
            }
            val more = buildJsonObject {
                put("knowledge", JsonArray(documents))
                put("sender", sender)
                put("channel", checked(parts.channel, INVALID_TASK, "channel"))
                put("require", JsonArray(parts.require.map { JsonPrimitive(checked(it, INVALID_TASK, "require")) }))
            }.toString()
            val fields = more.drop(1).dropLast(1)
            return aboutLeads("email", "lead", "${recordJson(lead, "lead")},$fields", pipeline, context, false)
        }

        /** What a chat message says about its sender's wish to buy. */
        @JvmStatic
        @JvmOverloads
        fun chatIntent(message: String, mask: Boolean = false): Task = fromJson(
            buildJsonObject {
                put("task", "chat_intent")
                put("message", checked(message, INVALID_TASK, "message"))
                put("mask", mask)
            }.toString(),
        )

        /** The next reply of a chat. */
        @JvmStatic
        @JvmOverloads
        fun chatReply(message: String, options: ChatOptions = ChatOptions()): Task {
            val fields = buildJsonObject {
                put("task", "chat_reply")
                put("message", checked(message, INVALID_TASK, "message"))
                put("mask", options.mask)
                put("facts", JsonArray(options.facts.map { JsonPrimitive(checked(it, INVALID_TASK, "facts")) }))
                if (options.country != null) put("country", checked(options.country, INVALID_TASK, "country"))
            }.toString()
            // As it is written: the library reads it, and refuses what is none.
            val conversation = options.conversation?.let { ""","conversation":$it}""" } ?: "}"
            return fromJson(fields.dropLast(1) + conversation)
        }

        /** The task of a request in JSON, which is the same in every language. */
        @JvmStatic
        @JvmOverloads
        fun fromJson(request: String, pipeline: Pipeline? = null): Task {
            val text = checked(request)
            return Task(enter { io.leadscore.ffi.Task.fromJson(text, pipeline?.native) })
        }

        private fun ofLead(
            kind: String,
            pipeline: Pipeline,
            lead: Lead,
            context: Context,
            mask: Boolean,
            band: Double? = null,
        ): Task = aboutLeads(kind, "lead", recordJson(lead, "lead"), pipeline, context, mask, band)

        private fun aboutLeads(
            kind: String,
            field: String,
            records: String,
            pipeline: Pipeline,
            context: Context,
            mask: Boolean,
            band: Double? = null,
        ): Task {
            val fields = buildJsonObject {
                put("task", kind)
                put("as_of", context.asOfText())
                put("zone", context.zoneName)
                put("mode", if (context.strict) "strict" else "lenient")
                put("reasons", counted(context.reasons, "reasons"))
                put("mask", mask)
                if (band != null) put("band", band)
            }.toString()
            return fromJson(fields.dropLast(1) + ",\"$field\":$records}", pipeline)
        }
    }
}

internal const val INVALID_TASK = "invalid_task"

/** JSON as maps, lists, texts, numbers and flags. */
private fun plain(element: JsonElement): Any? =
    when (element) {
        is JsonNull -> null
        is JsonObject -> element.mapValues { plain(it.value) }
        is JsonArray -> element.map(::plain)
        is JsonPrimitive -> when {
            element.isString -> element.content
            element.content == "true" || element.content == "false" -> element.content == "true"
            else -> element.double
        }
    }
