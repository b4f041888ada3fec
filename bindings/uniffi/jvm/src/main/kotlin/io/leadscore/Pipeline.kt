package io.leadscore

import java.io.Serializable
import java.nio.file.Files
import java.nio.file.Path

/**
 * A scoring system: features, rules or a model, tiers, reasons and advice, the same as its JSON file.
 *
 * A pipeline never changes and may be used by many threads at once. Scores are as of a moment, which is now if the
 * [Context] does not say. Close it to free its memory at once; the garbage collector does so later. Java's serialization
 * carries it by its content, so that Spark's closures may hold one; each copy is a handle of its own.
 */
class Pipeline private constructor(internal val native: io.leadscore.ffi.Pipeline) :
    AutoCloseable,
    Serializable {
    /** What it is. */
    val description: PipelineDescription = PipelineDescription.parsed(enter { native.describeJson() })

    private val tierNames = description.tiers.map(Tier::name)

    private val rowKey = enter { native.rowKey() }.toLong()

    /** Its id. */
    val id: String get() = description.id

    /** The pipeline as one self-contained JSON file. */
    fun toJson(): String = enter { native.toJson() }

    /** Scores one lead. */
    @JvmOverloads
    fun score(lead: Lead, context: Context = Context()): Prediction =
        Prediction.parsed(scoreJson(recordJson(lead), context))

    /** Scores one record: `id`, `activities` and, as all other fields, attributes. */
    @JvmOverloads
    fun score(record: Map<String, Any?>, context: Context = Context()): Prediction =
        Prediction.parsed(scoreJson(recordJson(record), context))

    /** Scores one record that is JSON text already; the prediction as JSON text. */
    @JvmOverloads
    fun scoreJson(record: String, context: Context = Context()): String {
        val texts = checked(record) to context.json()
        return enter { native.scoreJson(texts.first, texts.second) }
    }

    /**
     * Scores many leads, in their order; the same as one by one, and faster. The first one that cannot be read throws.
     *
     * Zero threads are one for each processor. An interrupt ends it with a `CancellationException`. Tiers by rank are those
     * in this list; a lead that is scored alone has none.
     */
    @JvmOverloads
    fun scoreMany(leads: Iterable<Lead>, context: Context = Context(), threads: Int = 0): List<Prediction> =
        tryScoreMany(leads, context, threads).map(Outcome::getOrThrow)

    /** As [scoreMany]; a lead that cannot be read stands as its error. */
    @JvmOverloads
    fun tryScoreMany(leads: Iterable<Lead>, context: Context = Context(), threads: Int = 0): List<Outcome> =
        outcomes(leads, context, threads)

    /** As [tryScoreMany], of records as [score] takes them. */
    @JvmOverloads
    fun tryScoreManyRecords(
        records: Iterable<Map<String, Any?>>,
        context: Context = Context(),
        threads: Int = 0,
    ): List<Outcome> =
        outcomes(records, context, threads)

    private fun outcomes(leads: Iterable<*>, context: Context, threads: Int): List<Outcome> {
        val all = ArrayList<Outcome>()
        // Tiers by rank want the whole list at once.
        val size = if (description.ranks) Int.MAX_VALUE else STRETCH
        inStretches(leads, context, threads, size) { records, bad, first, how, count ->
            val text = enter { native.scoreManyJson(records, how, first.toUInt(), count, Interrupt) }
            outcomes(text, first).mapTo(all) { own -> bad[own.index]?.let { Outcome.Refused(own.index, it) } ?: own }
        }
        return all
    }

    /**
     * The features of a lead by name, in the order of the schema: numbers, flags, texts, or null where the record
     * does not say.
     */
    @JvmOverloads
    fun features(lead: Lead, context: Context = Context()): Map<String, Any?> {
        val texts = recordJson(lead) to context.json()
        return scalarsOf(elementOf(enter { native.featuresJson(texts.first, texts.second) }))
    }

    /** The features of many leads as a matrix: a row for each, the columns of the [description]. */
    @JvmOverloads
    fun featureMatrix(leads: Iterable<Lead>, context: Context = Context(), threads: Int = 0): Matrix {
        val parts = ArrayList<DoubleArray>()
        inStretches(leads, context, threads) { records, bad, first, how, count ->
            try {
                val matrix = enter { native.featureMatrixJson(records, how, first.toUInt(), count, Interrupt) }
                parts += doublesOf(matrix.values)
            } catch (error: LeadscoreException) {
                throw bad.entries.find { error.path == "leads[${it.key}]" }?.value ?: error
            }
        }
        return Matrix(Matrix.joined(parts), description.columns.size)
    }

    /**
     * Scores the rows of a matrix with the columns of the [description]; the bits that [score] gives for the same
     * leads.
     */
    @JvmOverloads
    fun scoreMatrix(matrix: Matrix, threads: Int = 0): MatrixScores {
        val count = threadsOf(threads)
        few(matrix)?.let { return it }
        // Tiers by rank want all rows at once.
        val pieces = if (description.ranks) sequenceOf(0 until matrix.rows) else matrix.pieces()
        val parts = pieces.map { piece ->
            checkInterrupt()
            enter { native.scoreMatrix(matrix.bytes(piece), matrix.columns.toUInt(), count, Interrupt) }
        }.toList()
        return MatrixScores(
            scores = Matrix.joined(parts.map { doublesOf(it.scores) }),
            probabilities = Matrix.joined(parts.map { doublesOf(it.probabilities) }),
            tiers = parts.flatMap { intsOf(it.tiers).asList() }.toIntArray(),
            classes = Matrix.joined(parts.map { doublesOf(it.classes) }),
            tierNames = tierNames,
        )
    }

    private fun few(matrix: Matrix): MatrixScores? {
        val found = FewRows.of(rowKey, FewRows.SCORE, matrix, 3 + description.classes.size) ?: return null
        val rows = matrix.rows
        return MatrixScores(
            scores = found.copyOfRange(0, rows),
            probabilities = found.copyOfRange(rows, 2 * rows),
            tiers = IntArray(rows) { found[2 * rows + it].toInt() },
            classes = found.copyOfRange(3 * rows, found.size),
            tierNames = tierNames,
        )
    }

    /** Which features of a model, or which rules of a scorecard, matter how much: the most important first. */
    fun importance(by: ImportanceBy): List<FeatureImportance> {
        val none = bytesOf(DoubleArray(0), 0, 0)
        return FeatureImportance.parsedList(enter { native.importanceJson(by.name.lowercase(), none, 0u) })
    }

    /** The same by the mean absolute contribution over these rows of the [description]'s columns. */
    fun importance(leads: Matrix): List<FeatureImportance> {
        val bytes = leads.bytes(0 until leads.rows)
        return FeatureImportance.parsedList(enterLong { native.importanceJson("leads", bytes, leads.columns.toUInt()) })
    }

    /**
     * Scores a file of leads (CSV, JSONL or JSON, also gzipped) into another.
     *
     * An interrupt ends it with a `CancellationException`; files that were not completed are removed.
     */
    @JvmOverloads
    fun scoreFile(input: Path, output: Path, options: FileOptions = FileOptions()): FileSummary {
        val text = options.json(input, output)
        checkInterrupt()
        return FileSummary.parsed(enter { native.scoreFile(text, Interrupt) })
    }

    /**
     * Measures the pipeline on a file of leads (CSV, JSONL or JSON, also gzipped) of which a column says whether they were
     * won; others are compared with it on the same leads.
     *
     * An interrupt ends it with a `CancellationException`.
     */
    @JvmOverloads
    fun evaluateFile(
        input: Path,
        target: String,
        options: EvaluationOptions = EvaluationOptions(),
        others: List<Pipeline> = emptyList(),
    ): Evaluation {
        val text = options.json(input, target, others)
        checkInterrupt()
        return Evaluation.parsed(enter { native.evaluateFile(text, Interrupt) })
    }

    /** Frees the pipeline's memory. Whoever uses it afterwards gets the error `closed`. */
    override fun close() = native.close()

    private fun writeReplace(): Any = Content(toJson())

    private class Content(private val json: String) : Serializable {
        private fun readResolve(): Any = fromJson(json)

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    override fun toString(): String = "Pipeline(${description.id})"

    companion object {
        /** Leads that cross at once. */
        private const val STRETCH = 4096

        /** The names of the pipelines that ship with the library. */
        @JvmStatic
        fun builtinNames(): List<String> = enter { io.leadscore.ffi.builtinNames() }

        /** A pipeline that ships with the library. */
        @JvmStatic
        fun builtin(name: String): Pipeline =
            Pipeline(enter { io.leadscore.ffi.Pipeline.builtin(checked(name, "unknown_name")) })

        /** The pipeline in a JSON text. */
        @JvmStatic
        fun fromJson(text: String): Pipeline = Pipeline(enter { io.leadscore.ffi.Pipeline.fromJson(checked(text)) })

        /** The pipeline in a JSON file. */
        @JvmStatic
        fun load(path: Path): Pipeline =
            Pipeline(enter { io.leadscore.ffi.Pipeline.load(checked(path.toString(), "io")) })

        /** Makes a pipeline of the bytes of an XGBoost or LightGBM model. */
        @JvmStatic
        fun importModel(model: ByteArray, options: ImportOptions): Pipeline {
            val text = options.json()
            return Pipeline(enter { io.leadscore.ffi.Pipeline.importModel(model, text) })
        }

        /** Makes a pipeline of the file of an XGBoost or LightGBM model. */
        @JvmStatic
        fun importModel(model: Path, options: ImportOptions): Pipeline = importModel(read(model), options)

        private fun read(path: Path): ByteArray =
            try {
                Files.readAllBytes(path)
            } catch (error: java.io.IOException) {
                val code = if (error is java.nio.file.NoSuchFileException) "not_found" else "io"
                throw LeadscoreException(code, path.toString(), error.toString(), error)
            }

        /**
         * Hands over leads in stretches: their records as a JSON list, those that have no JSON form (null in the list)
         * by index, the index of the first, the context, and the number of threads.
         */
        private fun inStretches(
            leads: Iterable<*>,
            context: Context,
            threads: Int,
            size: Int = STRETCH,
            work: (String, Map<Int, LeadscoreException>, Int, String, UInt) -> Unit,
        ) {
            val count = threadsOf(threads)
            val contexts = context.forList()
            var first = 0
            for (stretch in leads.asSequence().chunked(size).ifEmpty { sequenceOf(emptyList()) }) {
                checkInterrupt()
                val bad = HashMap<Int, LeadscoreException>()
                val records = stretch.mapIndexed { position, lead ->
                    val index = first + position
                    try {
                        recordJson(lead, "leads[$index]")
                    } catch (error: LeadscoreException) {
                        bad[index] = error
                        "null"
                    }
                }
                work(records.joinToString(",", "[", "]"), bad, first, contexts(first, stretch.size), count)
                first += stretch.size
            }
            context.checkCount(first)
        }
    }
}
