package io.leadscore

import java.io.Serializable
import java.nio.file.Path

/**
 * Boosted trees as XGBoost and LightGBM write them: margins with the bits of the library that wrote the file, and exact
 * SHAP values. A forest never changes and may be used by many threads at once. Java's serialization carries it by its
 * content, so that Spark's closures may hold one; each copy is a handle of its own.
 *
 * Zero threads are one for each processor; the results are the same for any number. An interrupt ends long work with a
 * `CancellationException`.
 */
class Forest private constructor(private val native: io.leadscore.ffi.Forest) :
    AutoCloseable,
    Serializable {
    /** What it is. */
    val description: ForestDescription = ForestDescription.parsed(enter { native.describeJson() })

    private val rowKey = enter { native.rowKey() }.toLong()

    /** The library's own JSON. */
    fun toJson(): String = enter { native.toJson() }

    /** The margins: row after row, one for each output. XGBoost's are f32 values held in a double. */
    @JvmOverloads
    fun margin(matrix: Matrix, iterations: Iterations = Iterations.BEST, threads: Int = 0): DoubleArray =
        few(FewRows.MARGIN, matrix, iterations, threads, description.outputs)
            ?: matrix.eachPiece(threads) { bytes, columns, count ->
                native.margin(bytes, columns, iterations.word, count, Interrupt)
            }

    /**
     * The predictions, margins through the objective's link: row after row, one for each output, or the class alone.
     */
    @JvmOverloads
    fun predict(matrix: Matrix, iterations: Iterations = Iterations.BEST, threads: Int = 0): DoubleArray =
        few(FewRows.PREDICT, matrix, iterations, threads, description.predictions)
            ?: matrix.eachPiece(threads) { bytes, columns, count ->
                native.predict(bytes, columns, iterations.word, count, Interrupt)
            }

    /** The contributions to the margin, row after row: for each output those of all features, then the bias. */
    @JvmOverloads
    fun shap(matrix: Matrix, iterations: Iterations = Iterations.BEST, threads: Int = 0): DoubleArray =
        few(FewRows.SHAP, matrix, iterations, threads, description.outputs * (description.features.size + 1))
            ?: matrix.eachPiece(threads) { bytes, columns, count ->
                native.shap(bytes, columns, iterations.word, count, Interrupt)
            }

    private fun few(operation: Int, matrix: Matrix, iterations: Iterations, threads: Int, each: Int): DoubleArray? {
        counted(threads, "threads")
        return FewRows.of(rowKey, operation + iterations.ordinal, matrix, each)
    }

    /** What the file leaves open about its columns, or what had to be concluded, in sentences; mostly nothing. */
    fun notes(): List<String> = enter { native.notes() }

    /** The same model with the levels of columns that its file does not give, in the order of their codes. */
    fun withLevels(levels: Map<String, List<String>>): Forest =
        Forest(enter { native.withLevelsJson(levelsJson(levels).toString()) })

    /**
     * The numbers of the cells of one column, given as a JSON list, as the command and imported pipelines read them: the
     * code of a level, letter for letter, a number, a flag in any spelling; NaN where there is none. [unseen] says what
     * becomes of a cell that is none of the column's levels.
     */
    @JvmOverloads
    fun encode(
        feature: Int,
        cells: String,
        unseen: Unseen = Unseen.LIBRARY,
    ): DoubleArray = doublesOf(enter { native.encodeJson(feature.toUInt(), checked(cells), unseen.word) })

    /** Frees the model's memory. Whoever uses it afterwards gets the error `closed`. */
    override fun close() = native.close()

    private fun writeReplace(): Any = Content(toJson())

    private class Content(private val json: String) : Serializable {
        private fun readResolve(): Any = fromJson(json)

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    override fun toString(): String = description.run { "Forest($library $libraryVersion, $trees trees)" }

    companion object {
        /** The model in these bytes: XGBoost's JSON or UBJSON, or LightGBM's text. */
        @JvmStatic
        @JvmOverloads
        fun fromBytes(bytes: ByteArray, missing: Double = Double.NaN): Forest =
            Forest(enter { marked(io.leadscore.ffi.Forest.fromBytes(bytes), missing) })

        /**
         * The model in this file. `missing` is the value that stood for missing in training besides NaN, XGBoost's
         * argument of that name, which no file keeps; as in XGBoost, its models compare after rounding to float.
         */
        @JvmStatic
        @JvmOverloads
        fun load(path: Path, missing: Double = Double.NaN): Forest =
            Forest(enter { marked(io.leadscore.ffi.Forest.load(checked(path.toString(), "io")), missing) })

        /** What [toJson] wrote. */
        @JvmStatic
        fun fromJson(text: String): Forest = Forest(enter { io.leadscore.ffi.Forest.fromJson(checked(text)) })

        private fun marked(forest: io.leadscore.ffi.Forest, missing: Double) =
            if (missing.isNaN()) forest else forest.use { it.withMissing(missing) }
    }
}
