package io.leadscore

import java.time.Instant
import kotlinx.serialization.KSerializer
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.serializer
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

/** A prediction or the error in its place, [start] further down than the text says. */
internal fun outcomes(text: String, start: Int): List<Outcome> =
    json.decodeFromString<JsonArray>(text).mapIndexed { place, element ->
        val error = (element as? JsonObject)?.get("error")
        if (error == null) {
            Outcome.Scored(start + place, json.decodeFromJsonElement<Prediction>(element))
        } else {
            val problem = json.decodeFromJsonElement<Problem>(error)
            Outcome.Refused(start + place, LeadscoreException(problem.code, problem.path, problem.message).shifted(start))
        }
    }

@kotlinx.serialization.Serializable
private class Problem(val code: String, val path: String, val message: String)

/** A value of a feature or an estimate: a number, a flag, a text, or nothing. */
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

internal val importances = ListSerializer(FeatureImportance.serializer())

internal fun textList(values: List<String>): JsonElement = json.encodeToJsonElement(ListSerializer(String.serializer()), values)
