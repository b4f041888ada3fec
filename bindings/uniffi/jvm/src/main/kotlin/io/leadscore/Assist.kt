@file:JvmName("Tasks")

package io.leadscore

import java.io.IOException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeoutException
import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** Tokens of a call; the cached ones are among the input, hidden reasoning is output. */
@Serializable(with = Usage.Companion::class)
data class Usage @JvmOverloads constructor(
    /** All input. */
    val inputTokens: Long,
    /** All output. */
    val outputTokens: Long,
    /** Of the input, read from the vendor's cache. */
    val cachedInputTokens: Long = 0,
    /** Of the input, written to the cache at a price of its own. */
    val cacheWriteTokens: Long = 0,
) : JsonData() {
    override fun element() = fields(
        "input_tokens" to inputTokens,
        "output_tokens" to outputTokens,
        "cached_input_tokens" to cachedInputTokens.takeIf { it != 0L },
        "cache_write_tokens" to cacheWriteTokens.takeIf { it != 0L },
    )

    companion object : JsonForm<Usage>() {
        override fun serializer(): KSerializer<Usage> = this

        override fun read(of: Fields) = Usage(
            of.long("input_tokens"),
            of.long("output_tokens"),
            of.longOrNull("cached_input_tokens") ?: 0,
            of.longOrNull("cache_write_tokens") ?: 0,
        )
    }
}

/** A model's answer, with what is known of it. */
data class Reply @JvmOverloads constructor(
    /** The text of the answer. */
    val text: String,
    /** The model that answered, as the vendor names it. */
    val model: String? = null,
    /** The tokens used. */
    val usage: Usage? = null,
    /** The cost in US dollars; worked out from model and usage where it is not given and the price is known. */
    val cost: Double? = null,
) {
    internal fun json(): String = buildJsonObject {
        put("reply", checked(text, INVALID_TASK, "reply"))
        if (model != null) put("model", checked(model, INVALID_TASK, "model"))
        usage(usage)
        if (cost != null &&
            !cost.isFinite()
        ) {
            throw LeadscoreException(INVALID_TASK, "cost", "wants a number, found $cost")
        }
        if (cost != null) put("cost", cost)
    }.toString()
}

/** Why there is no answer of a model. */
@Serializable(with = FailureKind.Companion::class)
enum class FailureKind : JsonWord {
    /** No answer in time. */
    TIMEOUT,

    /** The vendor could not be reached, or the connection broke. */
    CONNECTION,

    /** The vendor asks to come back later. */
    RATE_LIMITED,

    /** The vendor's server failed or is overloaded. */
    UNAVAILABLE,

    /** The account has no credit left. */
    NO_CREDIT,

    /** The key is missing, wrong or not allowed. */
    UNAUTHORIZED,

    /** There is no such model. */
    UNKNOWN_MODEL,

    /** The vendor refuses the request as it is. */
    BAD_REQUEST,

    /** The model declined to answer. */
    REFUSED,

    /** The answer was cut off. */
    TRUNCATED,

    /** The vendor's answer cannot be read. */
    BAD_RESPONSE,

    /** The caller stopped it. */
    CANCELLED,
    ;

    override val word: String get() = name.lowercase()

    companion object : JsonWords<FailureKind>(values()) {
        override fun serializer(): KSerializer<FailureKind> = this
    }
}

/** There is no answer. The message is kept in the result, so it must hold no secret. */
class ModelFailure private constructor(
    /** Why, if it is not told by a status. */
    val kind: FailureKind?,
    /** The status of the vendor's HTTP answer, if it is told by one. */
    val status: Int?,
    private val text: String,
    /** How many seconds the vendor asks to wait. */
    val retryAfter: Double?,
    /** Tokens that were used all the same. */
    val usage: Usage?,
    cause: Throwable?,
) : RuntimeException(text, cause) {
    /** A failure of a kind. */
    @JvmOverloads
    constructor(
        kind: FailureKind,
        message: String = "",
        retryAfter: Double? = null,
        usage: Usage? = null,
        cause: Throwable? = null,
    ) : this(kind, null, message, retryAfter, usage, cause)

    /** A failure by the status of an HTTP answer. */
    @JvmOverloads
    constructor(
        status: Int,
        message: String = "",
        retryAfter: Double? = null,
        usage: Usage? = null,
        cause: Throwable? = null,
    ) : this(null, status, message, retryAfter, usage, cause)

    internal fun json(): String {
        val failure = buildJsonObject {
            if (kind != null) put("kind", kind.word)
            if (status != null) put("status", status)
            put("message", checked(text, INVALID_TASK, "failure.message"))
            if (retryAfter != null && retryAfter.isFinite()) put("retry_after", retryAfter)
            usage(usage)
        }
        return buildJsonObject { put("failure", failure) }.toString()
    }

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * Asks once and concludes; null is an answer where no model was asked. In a suspending function the call may suspend.
 *
 * Time-outs, broken connections and exceptions with an HTTP status, as the vendors' SDKs throw them, become the reason
 * of a result by the rules, named by their class alone. All other exceptions are yours and are thrown.
 */
inline fun <T> assist(task: Task<T>, ask: (Prompt) -> Reply?): Assisted<T> {
    val reply = try {
        ask(task.prompt())
    } catch (error: Exception) {
        return task.conclude(failureOf(error))
    }
    return task.conclude(reply)
}

/** The same for a call that gives its answer later. */
fun <T> assistAsync(task: Task<T>, ask: (Prompt) -> CompletionStage<out Reply?>): CompletableFuture<Assisted<T>> {
    val asked = try {
        ask(task.prompt())
    } catch (error: Exception) {
        return CompletableFuture.completedFuture(task.conclude(failureOf(error)))
    }
    return asked.handle { reply, error ->
        when (error) {
            null -> task.conclude(reply)
            is Exception -> task.conclude(failureOf(error))
            else -> throw error
        }
    }.toCompletableFuture()
}

/** The failure that a common exception of an HTTP client stands for; other exceptions are thrown on. */
@PublishedApi
internal fun failureOf(error: Exception): ModelFailure {
    val own = if (error is CompletionException ||
        error is ExecutionException
    ) {
        error.cause as? Exception ?: error
    } else {
        error
    }
    if (own is ModelFailure) return own
    if (own is CancellationException || own is InterruptedException) throw own
    // Messages of the SDKs can hold parts of keys and addresses.
    val name = own.javaClass.simpleName
    val status = statusOf(own)
    return when {
        status != null -> ModelFailure(status, name, cause = own)
        own is TimeoutException || "Timeout" in name || "Timeout" in own.cause?.javaClass?.simpleName.orEmpty() ->
            ModelFailure(FailureKind.TIMEOUT, name, cause = own)
        // The SDKs have an exception of their own around it.
        own is IOException || own.cause is IOException -> ModelFailure(FailureKind.CONNECTION, name, cause = own)
        else -> throw own
    }
}

/** The HTTP status that an exception of an SDK has: `statusCode()`, `getStatusCode()`, `code()`. */
private fun statusOf(error: Exception): Int? {
    val names = listOf("statusCode", "getStatusCode", "code", "getCode")
    for (name in names) {
        val method = error.javaClass.methods.find { it.name == name && it.parameterCount == 0 } ?: continue
        val status = runCatching { method.invoke(error) }.getOrNull() as? Int
        if (status != null && status in 400..599) return status
    }
    return null
}

private fun JsonObjectBuilder.usage(usage: Usage?) {
    if (usage != null) put("usage", usage.element())
}
