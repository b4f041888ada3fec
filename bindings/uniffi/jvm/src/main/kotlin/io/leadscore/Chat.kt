package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable

/** What a chat message says about its sender's wish to buy. */
@Serializable(with = Intent.Companion::class)
enum class Intent : JsonWord {
    /** Wants to buy. */
    HOT,

    /** Is interested. */
    WARM,

    /** Does not want to. */
    COLD,

    /** Says nothing of it. */
    NEUTRAL,
    ;

    override val word: String get() = name

    companion object : JsonWords<Intent>(values()) {
        override fun serializer(): KSerializer<Intent> = this
    }
}

/** Words of a message that speak for an intent. */
@Serializable(with = Evidence.Companion::class)
data class Evidence(
    /** The words. */
    val words: String,
    /** The rule's code. */
    val code: String,
    /** What they speak for. */
    val intent: Intent,
    /** Whether they are negated. */
    val negated: Boolean,
) : JsonData() {
    override fun element() = fields("words" to words, "code" to code, "intent" to intent, "negated" to negated)

    companion object : JsonForm<Evidence>() {
        override fun serializer(): KSerializer<Evidence> = this

        override fun read(of: Fields) = Evidence(
            of.text("words"),
            of.text("code"),
            of.one("intent", Intent),
            of.flag("negated"),
        )
    }
}

/** The intent of a message by the library's own classifier. */
@Serializable(with = Classification.Companion::class)
data class Classification(
    /** The intent. */
    val intent: Intent,
    /** How it was found: `rules`, `class` or `nothing`. */
    val method: String,
    /** 0–1, where the method has one. */
    val confidence: Double? = null,
    /** What it rests on. */
    val evidence: List<Evidence>,
) : JsonData() {
    override fun element() = fields(
        "intent" to intent,
        "method" to method,
        "confidence" to confidence,
        "evidence" to evidence,
    )

    companion object : JsonForm<Classification>() {
        override fun serializer(): KSerializer<Classification> = this

        override fun read(of: Fields) = Classification(
            of.one("intent", Intent),
            of.text("method"),
            of.numberOrNull("confidence"),
            of.list("evidence", Evidence),
        )
    }
}

/** The intent of a chat message. */
@Serializable(with = ChatIntent.Companion::class)
data class ChatIntent(
    /** The intent. */
    val intent: Intent,
    /** What it rests on. */
    val basis: Basis,
    /** The words of the message that a model went by. */
    val words: String? = null,
    /** What the classifier says. */
    val own: Classification,
) : JsonData() {
    override fun element() = fields("intent" to intent, "basis" to basis, "words" to words, "own" to own)

    companion object : JsonForm<ChatIntent>() {
        override fun serializer(): KSerializer<ChatIntent> = this

        override fun read(of: Fields) = ChatIntent(
            of.one("intent", Intent),
            of.one("basis", Basis),
            of.textOrNull("words"),
            of.one("own", Classification),
        )
    }
}

/** What is known of a lead from a chat. */
@Serializable(with = ContactDetails.Companion::class)
data class ContactDetails(
    /** The name. */
    val name: String? = null,
    /** The e-mail address. */
    val email: String? = null,
    /** The telephone number: with a `+` in E.164, else its digits as written. */
    val phone: String? = null,
    /** What the lead is interested in. */
    val interest: String? = null,
) : JsonData() {
    override fun element() = fields("name" to name, "email" to email, "phone" to phone, "interest" to interest)

    companion object : JsonForm<ContactDetails>() {
        override fun serializer(): KSerializer<ContactDetails> = this

        override fun read(of: Fields) = ContactDetails(
            of.textOrNull("name"),
            of.textOrNull("email"),
            of.textOrNull("phone"),
            of.textOrNull("interest"),
        )
    }
}

/** A message of a chat. */
@Serializable(with = ChatMessage.Companion::class)
data class ChatMessage(
    /** `lead` or `assistant`. */
    val sender: String,
    /** What was said. */
    val text: String,
) : JsonData() {
    override fun element() = fields("sender" to sender, "text" to text)

    companion object : JsonForm<ChatMessage>() {
        override fun serializer(): KSerializer<ChatMessage> = this

        override fun read(of: Fields) = ChatMessage(of.text("sender"), of.text("text"))
    }
}

/** What is known in a chat so far: keep it, and give it to the next `chatReply`. */
@Serializable(with = Conversation.Companion::class)
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
) : JsonData() {
    override fun element() = fields(
        "messages" to messages,
        "contact" to contact,
        "intent" to intent,
        "open_question" to openQuestion,
        "asked" to asked,
    )

    companion object : JsonForm<Conversation>() {
        override fun serializer(): KSerializer<Conversation> = this

        override fun read(of: Fields) = Conversation(
            of.list("messages", ChatMessage),
            of.one("contact", ContactDetails),
            of.one("intent", Intent),
            of.textOrNull("open_question"),
            of.texts("asked"),
        )

        /** As it was kept; the library says what is wrong with it when it is used. */
        @JvmStatic
        fun fromJson(text: String): Conversation = try {
            parsed(text)
        } catch (error: IllegalArgumentException) {
            throw LeadscoreException(INVALID_TASK, "conversation", "is no conversation", error)
        }
    }
}

/** The words of a reply. */
@Serializable(with = ReplyText.Companion::class)
data class ReplyText(
    /** What is said. */
    val text: String,
    /** What it asks: `name`, `interest` or `contact`. */
    val asks: String? = null,
) : JsonData() {
    override fun element() = fields("text" to text, "asks" to asks)

    companion object : JsonForm<ReplyText>() {
        override fun serializer(): KSerializer<ReplyText> = this

        override fun read(of: Fields) = ReplyText(of.text("text"), of.textOrNull("asks"))
    }
}

/** The next reply of a chat. */
@Serializable(with = ChatReply.Companion::class)
data class ChatReply(
    /** The reply. */
    val reply: ReplyText,
    /** With the message and the reply, as it is once that was sent. */
    val conversation: Conversation,
    /** What the classifier says of the message. */
    val classification: Classification,
    /** The details that the message gave, as far as they are new. */
    val captured: ContactDetails,
) : JsonData() {
    override fun element() = fields(
        "reply" to reply,
        "conversation" to conversation,
        "classification" to classification,
        "captured" to captured,
    )

    companion object : JsonForm<ChatReply>() {
        override fun serializer(): KSerializer<ChatReply> = this

        override fun read(of: Fields) = ChatReply(
            of.one("reply", ReplyText),
            of.one("conversation", Conversation),
            of.one("classification", Classification),
            of.one("captured", ContactDetails),
        )
    }
}
