package io.leadscore

import java.time.Instant
import kotlinx.serialization.KSerializer
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.PrimitiveSerialDescriptor
import kotlinx.serialization.descriptors.SerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonDecoder
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonEncoder
import kotlinx.serialization.json.JsonNamingStrategy
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonPrimitive

/** What the library writes: snake_case, and later versions may say more. */
@OptIn(kotlinx.serialization.ExperimentalSerializationApi::class)
internal val json = Json {
    namingStrategy = JsonNamingStrategy.SnakeCase
    ignoreUnknownKeys = true
}

/** Predictions, or errors in their place, of leads of which the first has the index [first]. */
internal fun outcomes(text: String, first: Int): List<Outcome> {
    if (REFUSED !in text) {
        return json.decodeFromString<List<Prediction>>(text).mapIndexed { position, own ->
            Outcome.Scored(first + position, own)
        }
    }
    return json.decodeFromString<JsonArray>(text).mapIndexed { position, element ->
        val error = (element as? JsonObject)?.get("error")
        if (error == null) {
            Outcome.Scored(first + position, json.decodeFromJsonElement<Prediction>(element))
        } else {
            val (code, path, message, issues) = json.decodeFromJsonElement<Problem>(error)
            Outcome.Refused(first + position, LeadscoreException(code, path, message, issues = issues))
        }
    }
}

/** How an error in a list begins; in a text of a prediction the quotes would be escaped. */
private const val REFUSED = "{\"error\":{\"code\":"

@kotlinx.serialization.Serializable
private data class Problem(
    val code: String,
    val path: String,
    val message: String,
    val issues: List<Issue> = emptyList(),
)

/** A value of a feature or an estimate: a number, a flag, a text, or nothing. */
typealias Scalar =
    @kotlinx.serialization.Serializable(ScalarSerializer::class)
    Any?

internal object ScalarSerializer : KSerializer<Any?> {
    override val descriptor: SerialDescriptor = JsonElement.serializer().descriptor

    override fun deserialize(decoder: Decoder): Any? {
        val value = (decoder as JsonDecoder).decodeJsonElement().jsonPrimitive
        return when {
            value is JsonNull -> null
            value.isString -> value.content
            value.content == "true" -> true
            value.content == "false" -> false
            else -> value.double
        }
    }

    override fun serialize(encoder: Encoder, value: Any?) {
        val element = when (value) {
            null -> JsonNull
            is Boolean -> JsonPrimitive(value)
            is Number -> JsonPrimitive(value)
            else -> JsonPrimitive(value.toString())
        }
        (encoder as JsonEncoder).encodeJsonElement(element)
    }
}

internal object InstantSerializer : KSerializer<Instant> {
    override val descriptor: SerialDescriptor = PrimitiveSerialDescriptor("io.leadscore.Instant", PrimitiveKind.STRING)

    override fun deserialize(decoder: Decoder): Instant = Instant.parse(decoder.decodeString())

    override fun serialize(encoder: Encoder, value: Instant) = encoder.encodeString(value.toString())
}
