package io.leadscore

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable

/**
 * Anything leadscore refuses: a stable [code], the [path] of what is wrong in the input, and a message in plain words.
 *
 * The path reads like the input, `leads[3].activities[0].at`; it is empty where the whole input is meant.
 */
class LeadscoreException internal constructor(
    /** The stable name of what is wrong: one of [codes] or of [hostCodes]. */
    val code: String,
    /** Where in the input; empty for the whole of it. */
    val path: String,
    /** What was wrong, without the path. */
    val text: String,
    cause: Throwable? = null,
    /** All that strict mode found wrong with a lead, of which the exception tells the first; else empty. */
    val issues: List<Issue> = emptyList(),
) : RuntimeException(if (path.isEmpty()) text else "$path: $text", cause) {
    internal fun element() =
        fields("code" to code, "path" to path, "message" to text, "issues" to issues.ifEmpty { null })

    companion object {
        private const val serialVersionUID = 2L

        /** Every code the library has, the same in all languages. */
        @JvmStatic
        val codes: List<String> by lazy { enter { io.leadscore.ffi.errorCodes() } }

        /** The codes that only arise on the JVM: a closed handle, a platform without a native library. */
        @JvmStatic
        val hostCodes: List<String> = listOf("closed", "unsupported_platform")
    }
}

/** One thing that strict mode refuses in a lead. */
@Serializable(with = Issue.Companion::class)
data class Issue(
    /** The stable name of what is wrong: `missing_feature` or `invalid_feature`. */
    val code: String,
    /** The name of the feature. */
    val feature: String,
    /** Where in the input. */
    val path: String,
    /** What is wrong, in plain words. */
    val message: String,
    /** What the record said, where it said something. */
    val found: String? = null,
) : JsonData() {
    override fun element() = fields(
        "code" to code,
        "feature" to feature,
        "path" to path,
        "message" to message,
        "found" to found,
    )

    companion object : JsonForm<Issue>() {
        override fun serializer(): KSerializer<Issue> = this

        override fun read(of: Fields) = Issue(
            of.text("code"),
            of.text("feature"),
            of.text("path"),
            of.text("message"),
            of.textOrNull("found"),
        )

        private const val serialVersionUID = 2L
    }
}
