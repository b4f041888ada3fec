package io.leadscore

import com.fasterxml.jackson.annotation.JsonValue
import java.io.Serializable
import kotlinx.serialization.KSerializer
import kotlinx.serialization.SerializationException
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.PrimitiveSerialDescriptor
import kotlinx.serialization.descriptors.SerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlinx.serialization.json.JsonDecoder
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonEncoder
import kotlinx.serialization.json.JsonObject

/**
 * What the library says. As JSON it has the fields that it has in every other language, `lead_id` and `as_of` among
 * them, whether [toJson], Jackson or kotlinx.serialization writes it. Java's serialization carries it too.
 */
abstract class JsonData internal constructor() : Serializable {
    internal abstract fun element(): JsonObject

    /** As JSON text. */
    fun toJson(): String = element().toString()

    /**
     * As maps, lists, texts, flags and numbers by the names of the JSON fields: a whole number is a `Long`, any other a
     * `Double`.
     */
    @JsonValue
    @Suppress("UNCHECKED_CAST")
    fun toMap(): Map<String, Any?> = plain(element(), ::wholeOrDouble) as Map<String, Any?>
}

/** A choice of words. */
interface JsonWord {
    /** The word in JSON, the same in every language. */
    @get:JsonValue
    val word: String
}

/** Something that is read from JSON. */
abstract class JsonReader<out T> internal constructor() {
    internal abstract fun read(element: JsonElement): T
}

/** How kotlinx.serialization reads and writes a type of this library; no compiler plugin has a say in it. */
abstract class JsonForm<T : Any> internal constructor() :
    JsonReader<T>(),
    KSerializer<T> {
    /** Itself: kotlinx.serialization looks for a method of this name in each companion. */
    abstract fun serializer(): KSerializer<T>

    override val descriptor: SerialDescriptor get() = JsonObject.serializer().descriptor

    override fun read(element: JsonElement): T = read(Fields.of(element))

    internal abstract fun read(of: Fields): T

    override fun serialize(encoder: Encoder, value: T) {
        val json = encoder as? JsonEncoder ?: throw SerializationException("wants to be written as JSON")
        json.encodeJsonElement((value as JsonData).element())
    }

    override fun deserialize(decoder: Decoder): T {
        val json = decoder as? JsonDecoder ?: throw SerializationException("wants to be read from JSON")
        return read(json.decodeJsonElement())
    }
}

/** How kotlinx.serialization reads and writes a choice of words. */
abstract class JsonWords<T> internal constructor(private val all: Array<T>) :
    JsonReader<T>(),
    KSerializer<T>
    where T : Enum<T>, T : JsonWord {
    /** Itself: kotlinx.serialization looks for a method of this name in each companion. */
    abstract fun serializer(): KSerializer<T>

    override val descriptor: SerialDescriptor =
        PrimitiveSerialDescriptor(all.first().declaringJavaClass.name, PrimitiveKind.STRING)

    override fun read(element: JsonElement): T = named(textOf(element))

    override fun serialize(encoder: Encoder, value: T) = encoder.encodeString(value.word)

    override fun deserialize(decoder: Decoder): T = named(decoder.decodeString())

    private fun named(word: String): T = all.find { it.word == word }
        ?: throw SerializationException("`$word` is none of ${all.joinToString { "`${it.word}`" }}")
}
