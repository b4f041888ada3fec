package io.leadscore

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
) : RuntimeException(if (path.isEmpty()) text else "$path: $text", cause) {
    internal fun shifted(start: Int): LeadscoreException {
        val place = PLACE.find(path) ?: return this
        val at = place.groupValues[1].toIntOrNull() ?: return this
        if (start == 0) return this
        return LeadscoreException(code, "leads[${at + start}]" + path.substring(place.range.last + 1), text, cause)
    }

    companion object {
        private const val serialVersionUID = 1L
        private val PLACE = Regex("^leads\\[(\\d+)]")

        /** Every code the library has, the same in all languages. */
        @JvmStatic
        val codes: List<String> by lazy { enter { io.leadscore.ffi.errorCodes() } }

        /** The codes that only arise on the JVM: a closed handle, a platform without a native library. */
        @JvmStatic
        val hostCodes: List<String> = listOf("closed", "unsupported_platform")
    }
}
