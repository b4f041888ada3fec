package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** What a model is asked. All that comes from a lead is in [user], never in [system]. */
@Serializable(with = Prompt.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "task" to task,
        "version" to version,
        "system" to system,
        "user" to user,
        "schema" to schema,
        "max_output_tokens" to maxOutputTokens,
    )

    companion object : JsonForm<Prompt>() {
        override fun serializer(): KSerializer<Prompt> = this

        override fun read(of: Fields) = Prompt(
            of.text("task"),
            of.int("version"),
            of.text("system"),
            of.text("user"),
            of.text("schema"),
            of.int("max_output_tokens"),
        )
    }
}

/** What a reply of a chat is made of besides the message. */
data class ChatOptions @JvmOverloads constructor(
    /** That of the last result; without one the chat begins. */
    val conversation: Conversation? = null,
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
 * Java's serialization carries it by its content.
 *
 * Where `mask` is set, e-mail and web addresses, telephone numbers and names of persons go out as placeholders, and are
 * put back in the answer. [T] is what its kind gives.
 */
class Task<out T> private constructor(
    private val native: io.leadscore.ffi.Task,
    private val result: JsonReader<T>,
    private val request: String,
    private val pipeline: Pipeline?,
) : AutoCloseable,
    java.io.Serializable {
    /** What a model is asked. */
    fun prompt(): Prompt = Prompt.parsed(enter { native.promptJson() })

    /** The result from a model's answer, if it passes every check; without one, that of the rules. */
    @JvmOverloads
    fun conclude(reply: Reply? = null): Assisted<T> = conclude(reply?.json() ?: "null")

    /** The result where there is no answer. */
    fun conclude(failure: ModelFailure): Assisted<T> = conclude(failure.json())

    /** The result where a model was not asked because the call could have exceeded a budget. */
    fun overBudget(): Assisted<T> = conclude("""{"not_asked":"over_budget"}""")

    private fun conclude(outcome: String): Assisted<T> =
        assisted(enter { native.concludeJson(outcome) }, result)

    /** Frees the task's memory. Whoever uses it afterwards gets the error `closed`. */
    override fun close() = native.close()

    private fun writeReplace(): Any = Content(request, pipeline, result === Plain)

    private class Content(
        private val request: String,
        private val pipeline: Pipeline?,
        private val plain: Boolean,
    ) : java.io.Serializable {
        private fun readResolve(): Any {
            val kind = Fields.of(elementOf(request)).text("task")
            return of(request, pipeline, if (plain) Plain else RESULTS.getValue(kind))
        }

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

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
        ): Task<ConversionPrediction> {
            if (band != null &&
                !band.isFinite()
            ) {
                throw LeadscoreException(INVALID_TASK, "band", "wants a number, found $band")
            }
            return ofLead("conversion", ConversionPrediction, pipeline, lead, context, mask, band)
        }

        /** How many days it takes until a lead signs, if it does. */
        @JvmStatic
        @JvmOverloads
        fun timeToClose(
            pipeline: Pipeline,
            lead: Lead,
            context: Context = Context(),
            mask: Boolean = false,
        ): Task<TimeToClose> = ofLead("time_to_close", TimeToClose, pipeline, lead, context, mask)

        /** The one thing to do next with a lead. */
        @JvmStatic
        @JvmOverloads
        fun nextAction(
            pipeline: Pipeline,
            lead: Lead,
            context: Context = Context(),
            mask: Boolean = false,
        ): Task<NextAction> = ofLead("next_action", NextAction, pipeline, lead, context, mask)

        /** What a lead's own words say beyond the rules, as an adjustment for the attribute `model_adjustment`. */
        @JvmStatic
        @JvmOverloads
        fun qualification(
            pipeline: Pipeline,
            lead: Lead,
            context: Context = Context(),
            mask: Boolean = false,
        ): Task<Qualification> = ofLead("qualification", Qualification, pipeline, lead, context, mask)

        /** The order in which to work through at most 20 leads; [rank] takes any number. */
        @JvmStatic
        @JvmOverloads
        fun ranking(
            pipeline: Pipeline,
            leads: List<Lead>,
            context: Context = Context(),
            mask: Boolean = false,
        ): Task<List<RankedLead>> = of(rankingJson(leads, context, mask), pipeline, RANKING)

        /**
         * The questions of a ranking of any number of leads, each about at most 20 of them, the best first.
         *
         * [rank] asks them one after another; to ask several at once, conclude each yourself and call [mergeRankings].
         */
        @JvmStatic
        @JvmOverloads
        fun rankingParts(
            pipeline: Pipeline,
            leads: List<Lead>,
            context: Context = Context(),
            mask: Boolean = false,
        ): List<Task<List<RankedLead>>> {
            val request = checked(rankingJson(leads, context, mask))
            val parts = Text.parsedList(enter { pipeline.native.rankingPartsJson(request) })
            return parts.map { of(it, pipeline, RANKING) }
        }

        /** A message to a lead from a knowledge base. */
        @JvmStatic
        @JvmOverloads
        fun email(pipeline: Pipeline, lead: Lead, parts: EmailParts, context: Context = Context()): Task<Email> {
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
            val request = aboutLeads("email", "lead", "${recordJson(lead, "lead")},$fields", context, false)
            return of(request, pipeline, Email)
        }

        /** What a chat message says about its sender's wish to buy. */
        @JvmStatic
        @JvmOverloads
        fun chatIntent(message: String, mask: Boolean = false): Task<ChatIntent> {
            val request = buildJsonObject {
                put("task", "chat_intent")
                put("message", checked(message, INVALID_TASK, "message"))
                put("mask", mask)
            }
            return of(request.toString(), null, ChatIntent)
        }

        /** The next reply of a chat. */
        @JvmStatic
        @JvmOverloads
        fun chatReply(message: String, options: ChatOptions = ChatOptions()): Task<ChatReply> {
            val fields = buildJsonObject {
                put("task", "chat_reply")
                put("message", checked(message, INVALID_TASK, "message"))
                put("mask", options.mask)
                put("facts", JsonArray(options.facts.map { JsonPrimitive(checked(it, INVALID_TASK, "facts")) }))
                if (options.country != null) put("country", checked(options.country, INVALID_TASK, "country"))
            }.toString()
            val conversation = options.conversation?.let { ""","conversation":${it.toJson()}}""" } ?: "}"
            return of(fields.dropLast(1) + conversation, null, ChatReply)
        }

        /**
         * The task of a request in JSON, which is the same in every language. Its result is maps, lists, texts, numbers and
         * flags.
         */
        @JvmStatic
        @JvmOverloads
        fun fromJson(request: String, pipeline: Pipeline? = null): Task<Any?> = of(request, pipeline, Plain)

        private val RANKING = ListOf(RankedLead)

        private val RESULTS: Map<String, JsonReader<Any>> = mapOf(
            "conversion" to ConversionPrediction,
            "time_to_close" to TimeToClose,
            "next_action" to NextAction,
            "qualification" to Qualification,
            "ranking" to RANKING,
            "email" to Email,
            "chat_intent" to ChatIntent,
            "chat_reply" to ChatReply,
        )

        private fun <T> of(request: String, pipeline: Pipeline?, result: JsonReader<T>): Task<T> {
            val text = checked(request)
            return Task(enter { io.leadscore.ffi.Task.fromJson(text, pipeline?.native) }, result, text, pipeline)
        }

        private fun rankingJson(leads: List<Lead>, context: Context, mask: Boolean): String {
            val records = leads.mapIndexed { at, lead -> recordJson(lead, "leads[$at]") }
            return aboutLeads("ranking", "leads", records.joinToString(",", "[", "]"), context, mask)
        }

        private fun <T> ofLead(
            kind: String,
            result: JsonReader<T>,
            pipeline: Pipeline,
            lead: Lead,
            context: Context,
            mask: Boolean,
            band: Double? = null,
        ): Task<T> = of(aboutLeads(kind, "lead", recordJson(lead, "lead"), context, mask, band), pipeline, result)

        private fun aboutLeads(
            kind: String,
            field: String,
            records: String,
            context: Context,
            mask: Boolean,
            band: Double? = null,
        ): String {
            val fields = buildJsonObject {
                put("task", kind)
                put("as_of", context.asOfText())
                put("zone", context.zoneName)
                put("mode", if (context.strict) "strict" else "lenient")
                put("reasons", counted(context.reasons, "reasons"))
                put("mask", mask)
                if (band != null) put("band", band)
            }.toString()
            return fields.dropLast(1) + ",\"$field\":$records}"
        }
    }
}

internal const val INVALID_TASK = "invalid_task"
