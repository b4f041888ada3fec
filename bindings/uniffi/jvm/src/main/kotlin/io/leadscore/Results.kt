package io.leadscore

import kotlinx.serialization.ExperimentalSerializationApi
import kotlinx.serialization.KSerializer
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.descriptors.SerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonClassDiscriminator
import kotlinx.serialization.json.JsonDecoder
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.double

/** What came of a task, always complete. */
data class Assisted<out T>(
    /** The result. */
    val output: T,
    /** The result as JSON text. */
    val outputJson: String,
    /** Where the result comes from. */
    val provenance: TaskProvenance,
    /** The tokens used, as far as known. */
    val usage: Usage? = null,
    /** What they cost in US dollars, where the price is known. */
    val cost: Double? = null,
)

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
    /** Why the result is not a model's. */
    val reason: FallbackReason? = null,
)

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

/** Why a result is that of the rules. */
@OptIn(ExperimentalSerializationApi::class)
@Serializable
@JsonClassDiscriminator("kind")
sealed interface FallbackReason {
    /** No model was asked. */
    @Serializable
    @SerialName("not_asked")
    data class NotAsked(
        /** Why not. */
        val why: NotAskedReason,
    ) : FallbackReason

    /** The model gave no answer. */
    @Serializable
    @SerialName("failed")
    data class Failed(
        /** How. */
        val failure: Failure,
    ) : FallbackReason

    /** The model answered, and the answer was not taken. */
    @Serializable
    @SerialName("rejected")
    data class Rejected(
        /** Why not. */
        val rejection: Rejection,
    ) : FallbackReason
}

/** Why no model was asked. */
@Serializable
enum class NotAskedReason {
    /** There is none. */
    @SerialName("no_model")
    NO_MODEL,

    /** The call could have exceeded a budget. */
    @SerialName("over_budget")
    OVER_BUDGET,
}

/** Why there is no answer. */
@Serializable
data class Failure(
    /** What kind of failure it is. */
    val kind: FailureKind,
    /** What was wrong. */
    val message: String,
    /** How many seconds the vendor asks to wait. */
    val retryAfter: Double? = null,
    /** Tokens that were used all the same. */
    val usage: Usage? = null,
)

/** What is wrong with a model's answer. */
@Serializable
data class Rejection(
    /** What kind of thing. */
    val kind: RejectionKind,
    /** Where in the answer. */
    val path: String,
    /** In words. */
    val message: String,
)

/** What can be wrong with a model's answer. */
@Serializable
enum class RejectionKind {
    /** It is no JSON. */
    @SerialName("not_json")
    NOT_JSON,

    /** It has other fields than asked for. */
    @SerialName("wrong_form")
    WRONG_FORM,

    /** A value is out of its range. */
    @SerialName("out_of_range")
    OUT_OF_RANGE,

    /** It contradicts itself or the pipeline. */
    @SerialName("inconsistent")
    INCONSISTENT,

    /** It states what the input does not say. */
    @SerialName("ungrounded")
    UNGROUNDED,
}

/** How probable it is that a lead becomes a customer, with the reasons in words. */
@Serializable
data class ConversionPrediction(
    /** The lead's id. */
    val leadId: String,
    /** 0–1. */
    val probability: Double,
    /** What the probability rests on. */
    val basis: Basis,
    /** The pipeline's own, 0–1. */
    val pipelineProbability: Double,
    /** What the pipeline's own rests on. */
    val pipelineBasis: Basis,
    /** How much is known of the lead, 0–1. */
    val confidence: Double? = null,
    /** Why, in words. */
    val explanation: String,
    /** What speaks for or against the deal. */
    val risks: List<RiskFactor>,
    /** What to do next. */
    val recommendations: List<Recommendation>,
)

/** How many days it takes until a lead signs, if it does. */
@Serializable
data class TimeToClose(
    /** The lead's id. */
    val leadId: String,
    /** Days. */
    val days: Double,
    /** What they rest on. */
    val basis: Basis,
    /** The pipeline's own. */
    val pipelineDays: Double,
    /** Between how many, if the pipeline says so. */
    val interval: Interval? = null,
    /** Why, in words. */
    val explanation: String,
    /** What speaks for or against the deal. */
    val risks: List<RiskFactor>,
)

/** The one thing to do next with a lead. */
@Serializable
data class NextAction(
    /** What to do. */
    val action: String,
    /** Why. */
    val rationale: String,
    /** How soon it matters: `urgent`, `high`, `medium` or `low`. */
    val priority: String,
    /** By when. */
    val timeframe: String,
)

/** An adjustment of a score: give it to the lead as `model_adjustment` and score again. */
@Serializable
data class Qualification(
    /** In points of the pipeline's rule; 0 without a model. */
    val adjustment: Double,
    /** Why, in words. */
    val reasoning: String,
)

/** A lead in a ranking. */
@Serializable
data class RankedLead(
    /** The lead's id. */
    val leadId: String,
    /** Its place, from 1. */
    val rank: Int,
    /** The pipeline's score, 0–100. */
    val score: Double,
    /** What its place rests on. */
    val basis: Basis,
    /** Why, in words. */
    val reason: String,
)

/** A message to a lead. */
@Serializable
data class Email(
    /** The lead's id. */
    val leadId: String,
    /** `email`, `whatsapp` or `instagram`. */
    val channel: String,
    /** Only e-mails have one. */
    val subject: String? = null,
    /** From the greeting to the way to unsubscribe. */
    val body: String,
    /** How it speaks. */
    val tone: String,
    /** Why it is as it is, for the person who sends it. */
    val why: String,
    /** The ids of the passages that it rests on. */
    val passages: List<String>,
    /** The attributes of the lead that it names. */
    val facts: List<String>,
)

/** What a chat message says about its sender's wish to buy. */
@Serializable
enum class Intent {
    /** Wants to buy. */
    HOT,

    /** Is interested. */
    WARM,

    /** Does not want to. */
    COLD,

    /** Says nothing of it. */
    NEUTRAL,
}

/** Words of a message that speak for an intent. */
@Serializable
data class Evidence(
    /** The words. */
    val words: String,
    /** The rule's code. */
    val code: String,
    /** What they speak for. */
    val intent: Intent,
    /** Whether they are negated. */
    val negated: Boolean,
)

/** The intent of a message by the library's own classifier. */
@Serializable
data class Classification(
    /** The intent. */
    val intent: Intent,
    /** How it was found: `rules`, `class` or `nothing`. */
    val method: String,
    /** 0–1, where the method has one. */
    val confidence: Double? = null,
    /** What it rests on. */
    val evidence: List<Evidence>,
)

/** The intent of a chat message. */
@Serializable
data class ChatIntent(
    /** The intent. */
    val intent: Intent,
    /** What it rests on. */
    val basis: Basis,
    /** The words of the message that a model went by. */
    val words: String? = null,
    /** What the classifier says. */
    val own: Classification,
)

/** What is known of a lead from a chat. */
@Serializable
data class ContactDetails(
    /** The name. */
    val name: String? = null,
    /** The e-mail address. */
    val email: String? = null,
    /** The telephone number: with a `+` in E.164, else its digits as written. */
    val phone: String? = null,
    /** What the lead is interested in. */
    val interest: String? = null,
)

/** A message of a chat. */
@Serializable
data class ChatMessage(
    /** `lead` or `assistant`. */
    val sender: String,
    /** What was said. */
    val text: String,
)

/** What is known in a chat so far: keep it, and give it to the next `chatReply`. */
@Serializable
data class Conversation(
    /** The messages, the first one first. */
    val messages: List<ChatMessage>,
    /** What is known of the lead. */
    val contact: ContactDetails,
    /** The strongest intent so far. */
    val intent: Intent,
    /** What was asked and is not answered: `name`, `interest` or `contact`. */
    val openQuestion: String? = null,
    /** What was asked. */
    val asked: List<String>,
) {
    /** As JSON text, to keep it. */
    fun toJson(): String = json.encodeToString(serializer(), this)

    companion object {
        /** As it was kept; the library says what is wrong with it when it is used. */
        @JvmStatic
        fun fromJson(text: String): Conversation = try {
            json.decodeFromString(serializer(), text)
        } catch (error: kotlinx.serialization.SerializationException) {
            throw LeadscoreException(INVALID_TASK, "conversation", "is no conversation", error)
        }
    }
}

/** The words of a reply. */
@Serializable
data class ReplyText(
    /** What is said. */
    val text: String,
    /** What it asks: `name`, `interest` or `contact`. */
    val asks: String? = null,
)

/** The next reply of a chat. */
@Serializable
data class ChatReply(
    /** The reply. */
    val reply: ReplyText,
    /** With the message and the reply, as it is once that was sent. */
    val conversation: Conversation,
    /** What the classifier says of the message. */
    val classification: Classification,
    /** The details that the message gave, as far as they are new. */
    val captured: ContactDetails,
)

/** A result as it is written. */
@Serializable
internal class Written(
    val output: JsonElement,
    val provenance: TaskProvenance,
    val usage: Usage? = null,
    val cost: Double? = null,
) {
    fun <T> read(serializer: KSerializer<T>): Assisted<T> {
        val read = json.decodeFromJsonElement(serializer, output)
        return Assisted(read, output.toString(), provenance, usage, cost)
    }
}

/** JSON as maps, lists, texts, numbers and flags, for tasks whose kind is not known. */
internal object PlainSerializer : KSerializer<Any?> {
    override val descriptor: SerialDescriptor = JsonElement.serializer().descriptor

    override fun deserialize(decoder: Decoder): Any? = plain((decoder as JsonDecoder).decodeJsonElement())

    override fun serialize(encoder: Encoder, value: Any?): Unit = throw UnsupportedOperationException()

    private fun plain(element: JsonElement): Any? = when (element) {
        is JsonNull -> null
        is JsonObject -> element.mapValues { plain(it.value) }
        is JsonArray -> element.map(::plain)
        is JsonPrimitive -> when {
            element.isString -> element.content
            element.content == "true" || element.content == "false" -> element.content == "true"
            else -> element.double
        }
    }
}
