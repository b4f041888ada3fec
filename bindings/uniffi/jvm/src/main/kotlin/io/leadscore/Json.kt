package io.leadscore

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.long
import kotlinx.serialization.json.longOrNull

/** A value of a feature or an estimate: a number, a flag, a text, or nothing. */
typealias Scalar = Any?

/** JSON text as elements: of kotlinx.serialization only what every version has is used. */
internal fun elementOf(text: String): JsonElement = Json.parseToJsonElement(text)

/** What a JSON text says. */
internal fun <T> JsonReader<T>.parsed(text: String): T = read(elementOf(text))

/** A list in a JSON text. */
internal fun <T> JsonReader<T>.parsedList(text: String): List<T> = array(elementOf(text)).map(::read)

internal object Text : JsonReader<String>() {
    override fun read(element: JsonElement): String = textOf(element)
}

internal class ListOf<T>(private val one: JsonReader<T>) : JsonReader<List<T>>() {
    override fun read(element: JsonElement): List<T> = array(element).map(one::read)
}

/** Predictions, or errors in their place, of leads of which the first has the index [first]. */
internal fun outcomes(text: String, first: Int): List<Outcome> =
    array(elementOf(text)).mapIndexed { position, element ->
        when (val error = (element as? JsonObject)?.get("error")) {
            null -> Outcome.Scored(first + position, Prediction.read(element))
            else -> Outcome.Refused(first + position, problem(Fields.of(error)))
        }
    }

private fun problem(of: Fields): LeadscoreException =
    LeadscoreException(of.text("code"), of.text("path"), of.text("message"), issues = of.listOrNone("issues", Issue))

/** The fields of a JSON object; those that nobody asks for are left out, as later versions may say more. */
internal class Fields private constructor(private val of: JsonObject) {
    /** What is there; nothing where it is null. */
    private fun find(name: String): JsonElement? = of[name].takeIf { it !is JsonNull }

    private fun get(name: String): JsonElement = find(name) ?: throw SerializationException("`$name` is missing")

    private fun <T> reading(name: String, work: () -> T): T =
        try {
            work()
        } catch (error: IllegalArgumentException) {
            throw SerializationException("in `$name`: ${error.message}", error)
        }

    fun text(name: String): String = reading(name) { textOf(get(name)) }

    fun textOrNull(name: String): String? = find(name)?.let { reading(name) { textOf(it) } }

    fun number(name: String): Double = reading(name) { primitive(get(name)).double }

    fun numberOrNull(name: String): Double? = find(name)?.let { reading(name) { primitive(it).double } }

    fun int(name: String): Int = reading(name) { primitive(get(name)).int }

    fun intOrNull(name: String): Int? = find(name)?.let { reading(name) { primitive(it).int } }

    fun long(name: String): Long = reading(name) { primitive(get(name)).long }

    fun longOrNull(name: String): Long? = find(name)?.let { reading(name) { primitive(it).long } }

    fun flag(name: String): Boolean = reading(name) { flagOf(get(name)) }

    fun flagOrNull(name: String): Boolean? = find(name)?.let { reading(name) { flagOf(it) } }

    fun scalar(name: String): Scalar = reading(name) { scalarOf(of[name] ?: JsonNull) }

    fun scalars(name: String): Map<String, Scalar> = reading(name) { scalarsOf(get(name)) }

    fun texts(name: String): List<String> = reading(name) { array(get(name)).map(::textOf) }

    fun longs(name: String): List<Long> = reading(name) { array(get(name)).map { primitive(it).long } }

    fun textsOrNone(name: String): List<String> = if (find(name) == null) emptyList() else texts(name)

    fun <T> one(name: String, form: JsonReader<T>): T = reading(name) { form.read(get(name)) }

    fun <T> oneOrNull(name: String, form: JsonReader<T>): T? = find(name)?.let { reading(name) { form.read(it) } }

    fun <T> list(name: String, form: JsonReader<T>): List<T> = reading(name) { array(get(name)).map(form::read) }

    fun <T> listOrNone(name: String, form: JsonReader<T>): List<T> =
        if (find(name) == null) emptyList() else list(name, form)

    /** A number for which JSON has words where it has no number. */
    fun marker(name: String): Double? = when (val text = find(name)?.let { primitive(it).content }) {
        null -> null
        "inf" -> Double.POSITIVE_INFINITY
        "-inf" -> Double.NEGATIVE_INFINITY
        else -> reading(name) { text.toDouble() }
    }

    /** An element as it is. */
    fun element(name: String): JsonElement = of[name] ?: throw SerializationException("`$name` is missing")

    companion object {
        fun of(element: JsonElement): Fields =
            Fields(element as? JsonObject ?: throw SerializationException("wants an object"))
    }
}

private fun array(element: JsonElement): JsonArray =
    element as? JsonArray ?: throw SerializationException("wants a list")

private fun primitive(element: JsonElement): JsonPrimitive =
    element as? JsonPrimitive ?: throw SerializationException("wants a text, a number or a flag")

internal fun textOf(element: JsonElement): String {
    val value = primitive(element)
    return if (value.isString) value.content else throw SerializationException("wants a text, found $value")
}

private fun flagOf(element: JsonElement): Boolean =
    when (val flag = scalarOf(element)) {
        is Boolean -> flag
        else -> throw SerializationException("wants true or false, found $element")
    }

private fun scalarOf(element: JsonElement): Scalar {
    val value = primitive(element)
    return when {
        value is JsonNull -> null
        value.isString -> value.content
        value.content == "true" -> true
        value.content == "false" -> false
        else -> value.double
    }
}

internal fun scalarsOf(element: JsonElement): Map<String, Scalar> {
    val fields = element as? JsonObject ?: throw SerializationException("wants an object")
    return fields.mapValuesTo(LinkedHashMap()) { scalarOf(it.value) }
}

/** JSON as maps, lists, texts, flags and doubles, for tasks whose kind is not known. */
internal object Plain : JsonReader<Any?>() {
    override fun read(element: JsonElement): Any? = plain(element) { it.double }
}

/** JSON as maps, lists, texts, flags and numbers; how a number is held says the caller. */
internal fun plain(element: JsonElement, number: (JsonPrimitive) -> Number): Any? = when (element) {
    is JsonNull -> null
    is JsonObject -> element.mapValuesTo(LinkedHashMap()) { plain(it.value, number) }
    is JsonArray -> element.mapTo(ArrayList()) { plain(it, number) }
    is JsonPrimitive -> if (element.isString || element.content == "true" || element.content == "false") {
        scalarOf(element)
    } else {
        number(element)
    }
}

/** A whole number as a long, any other as a double. */
internal fun wholeOrDouble(value: JsonPrimitive): Number = value.longOrNull ?: value.double

/** Plain values as JSON; the opposite of [plain]. */
internal fun elementOfPlain(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is Map<*, *> -> JsonObject(value.entries.associate { (name, own) -> "$name" to elementOfPlain(own) })
    is Iterable<*> -> JsonArray(value.map(::elementOfPlain))
    is Number -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    else -> JsonPrimitive(value.toString())
}

/** A JSON object of fields; those that are null are left out. */
internal fun fields(vararg of: Pair<String, Any?>): JsonObject {
    val found = LinkedHashMap<String, JsonElement>()
    for ((name, value) in of) if (value != null) found[name] = fieldElement(value)
    return JsonObject(found)
}

/** A field that is there without a value too. */
internal fun orNull(value: Any?): Any = value ?: JsonNull

private fun fieldElement(value: Any): JsonElement = when (value) {
    is JsonElement -> value
    is JsonData -> value.element()
    is JsonWord -> JsonPrimitive(value.word)
    is List<*> -> JsonArray(value.map { fieldElement(checkNotNull(it)) })
    is Double -> numberElement(value)
    is Number -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    else -> JsonPrimitive(value as String)
}

/** A double; as JSON has no infinity, it is a word there. */
internal fun numberElement(value: Double): JsonPrimitive = when {
    value.isFinite() -> JsonPrimitive(value)
    value.isNaN() -> JsonNull
    else -> JsonPrimitive(if (value > 0) "inf" else "-inf")
}

/** A value of a feature: a whole number is written as one, as the core does. */
internal fun scalarElement(value: Scalar): JsonElement = when (value) {
    null -> JsonNull
    is Boolean -> JsonPrimitive(value)
    is Number -> float(value.toDouble())
    else -> JsonPrimitive(value.toString())
}

internal fun scalarsElement(values: Map<String, Scalar>): JsonElement = JsonObject(
    values.mapValues {
        scalarElement(it.value)
    },
)
