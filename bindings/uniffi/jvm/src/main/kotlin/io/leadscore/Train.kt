@file:JvmName("Training")

package io.leadscore

import java.nio.file.Path
import java.util.concurrent.CancellationException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject

/** Which way the probability may go as a feature grows. */
enum class Direction {
    /** It may only rise. */
    RISING,

    /** It may only fall. */
    FALLING,
    ;

    internal val word: String get() = name.lowercase()
}

/** How margins become probabilities. */
enum class CalibrationMethod {
    /** The one of the least log loss on leads that its curve was not fitted to. */
    BEST,

    /** The logistic function alone. */
    NONE,

    /** The logistic function of a straight line. */
    PLATT,

    /** The logistic function of two logarithms. */
    BETA,

    /** The logistic function of a line that bends at seven places. */
    BENDS,

    /** Isotonic regression. */
    ISOTONIC,
    ;

    internal val word: String get() = name.lowercase()
}

/** How [trainFile] learns: everything has a default but, without a target, [horizon] and [wonBy]. */
data class TrainOptions @JvmOverloads constructor(
    /** The values of the target that mean won, where they are not 1, yes, true, won or converted. */
    val positive: List<String> = emptyList(),
    /** The column of the leads' ids: not learned from, and rows of one lead are kept together. */
    val id: String? = null,
    /** The column of numbers from 0 up that say how much each row counts; not learned from. */
    val weight: String? = null,
    /** Columns that are not learned from. */
    val drop: List<String> = emptyList(),
    /** Values of columns that mean missing. */
    val missing: Map<String, List<String>> = emptyMap(),
    /** The column of dates as of which each lead is judged, instead of one moment for all. */
    val time: String? = null,
    /** A log of activities: how many of each kind, and when, is learned from. */
    val activities: Path? = null,
    /** In days: learned is who is won within them, from leads as of moments of their lives. */
    val horizon: Double? = null,
    /** The days between the moments of a lead; a third of the horizon if it is not said. */
    val every: Double? = null,
    /** The column of dates on which leads came; without it a life begins with the first activity. */
    val start: String? = null,
    /** The column of dates on which leads were given up. */
    val ended: String? = null,
    /** Kinds of activities by which a lead is won. */
    val wonBy: List<String> = emptyList(),
    /** Kinds of activities by which a lead is lost. */
    val lostBy: List<String> = emptyList(),
    /** Past leads to stop, calibrate and measure by, instead of folds. */
    val valid: Path? = null,
    /** A mapping file: columns that the pipeline is to know by the names of other attributes. */
    val map: Path? = null,
    /** The moment that ages of dates are counted to, and the zone; its other fields have no meaning here. */
    val context: Context = Context(),
    /** Shares of all won leads that the tiers down to each one hold: one to three, rising; 0.5, 0.8 and 0.95 if none. */
    val capture: List<Double> = emptyList(),
    /** Instead the least shares of won leads in each tier but the last: one to three, falling. */
    val precision: List<Double> = emptyList(),
    /** Features that may only raise, or only lower, the probability. */
    val monotone: Map<String, Direction> = emptyMap(),
    /** How margins become probabilities. */
    val calibration: CalibrationMethod = CalibrationMethod.BEST,
    /** How many folds. */
    val folds: Int = 5,
    /** The most boosting rounds of a fold. */
    val rounds: Int = 2000,
    /** Where the draws begin. */
    val seed: Long = 0,
    /** The pipeline's id; the name of [output] without its ending if there is none. */
    val pipelineId: String? = null,
    /** The name people read; the id if there is none. */
    val name: String? = null,
    /** Whether the leads are made up, which the pipeline then says. */
    val synthetic: Boolean = false,
    /** A file for the pipeline. */
    val output: Path? = null,
    /** How many threads; one for each processor if it is not said. The result does not depend on it. */
    val threads: Int? = null,
) {
    internal fun json(input: Path, target: String?): String {
        for ((path, count) in listOf("folds" to folds, "rounds" to rounds, "threads" to threads)) {
            if (count != null) counted(count, path)
        }
        if (seed < 0) throw LeadscoreException("invalid_context", "seed", "wants a whole number from 0 up, found $seed")
        val text = { name: String, own: String? -> own?.let { JsonPrimitive(checked(it, "invalid_context", name)) } }
        val texts = { name: String, all: List<String> ->
            JsonArray(all.map { JsonPrimitive(checked(it, "invalid_context", name)) })
        }
        val number = { name: String, own: Double ->
            if (!own.isFinite()) throw LeadscoreException("invalid_context", name, "wants a number, found $own")
            JsonPrimitive(own)
        }
        val numbers = { name: String, all: List<Double> ->
            if (all.isEmpty()) null else JsonArray(all.map { number(name, it) })
        }
        val fields: Map<String, JsonElement?> = mapOf(
            "input" to text("input", input.toString()),
            "target" to text("target", target),
            "positive" to texts("positive", positive),
            "id" to text("id", id),
            "weight" to text("weight", weight),
            "drop" to texts("drop", drop),
            "missing" to JsonObject(missing.mapValues { (_, values) -> texts("missing", values) }),
            "time" to text("time", time),
            "activities" to text("activities", activities?.toString()),
            "horizon" to horizon?.let { number("horizon", it) },
            "every" to every?.let { number("every", it) },
            "start" to text("start", start),
            "ended" to text("ended", ended),
            "won_by" to texts("won_by", wonBy),
            "lost_by" to texts("lost_by", lostBy),
            "valid" to text("valid", valid?.toString()),
            "map" to text("map", map?.toString()),
            "as_of" to JsonPrimitive(context.asOfText()),
            "zone" to JsonPrimitive(context.zoneName),
            "capture" to numbers("capture", capture),
            "precision" to numbers("precision", precision),
            "monotone" to JsonObject(monotone.mapValues { (_, direction) -> JsonPrimitive(direction.word) }),
            "calibration" to JsonPrimitive(calibration.word),
            "folds" to JsonPrimitive(folds),
            "rounds" to JsonPrimitive(rounds),
            "seed" to JsonPrimitive(seed),
            "pipeline_id" to text("pipeline_id", pipelineId),
            "name" to text("name", name),
            "synthetic" to JsonPrimitive(synthetic),
            "output" to text("output", output?.toString()),
            "threads" to threads?.let { JsonPrimitive(it) },
        )
        return buildJsonObject { fields.forEach { (name, value) -> if (value != null) put(name, value) } }.toString()
    }
}

/** How far learning is. */
data class TrainProgress(
    /** The number of the fold, from 1. */
    val fold: Int,
    /** How many folds there are. */
    val foldCount: Int,
    /** The size of its trees: small, medium or large. Folds that choose the size come once for each. */
    val size: String,
    /** The boosting rounds that were learned in this fold. */
    val round: Int,
    /** The log loss of the fold's own leads after that round. */
    val heldOutLoss: Double,
)

/** Hears of the progress of [trainFile], on the thread that called it. */
fun interface TrainListener {
    /** Called after each round, of which there may be a hundred in a second. */
    fun onProgress(progress: TrainProgress)
}

/** Tells a listener until it throws, which ends the work as an interrupt does. */
private class Told(private val listener: TrainListener) : io.leadscore.ffi.TrainListener, io.leadscore.ffi.Stop {
    var thrown: Throwable? = null
        private set

    override fun onRound(fold: UInt, foldCount: UInt, size: String, round: UInt, heldOutLoss: Double) {
        if (thrown != null) return
        thrown = runCatching {
            listener.onProgress(TrainProgress(fold.toInt(), foldCount.toInt(), size, round.toInt(), heldOutLoss))
        }.exceptionOrNull()
    }

    override fun isStopped(): Boolean = thrown != null || Interrupt.isStopped()
}

/** A learned pipeline with what is known of it. */
class Trained internal constructor(
    /** The complete pipeline. */
    val pipeline: Pipeline,
    /** How it was learned, and how good it is. */
    val report: TrainReport,
    /** What was assumed of the leads. */
    val notes: List<String>,
    /** What nobody should miss, such as columns that look like the answer. */
    val warnings: List<String>,
) : JsonData(),
    AutoCloseable {
    override fun element() =
        fields("pipeline" to pipeline.toJson(), "report" to report, "notes" to notes, "warnings" to warnings)

    /** Frees the pipeline's memory. */
    override fun close() = pipeline.close()
}

/**
 * Learns a complete pipeline from a file of past leads (CSV, JSON lines or JSON, also gzipped) of which a column says whether they were won;
 * with a horizon and kinds of activities by which leads are won there is no such column.
 *
 * An interrupt ends it with a `CancellationException`. A [listener] hears of every round; what it throws ends the work.
 */
@JvmOverloads
fun trainFile(
    input: Path,
    target: String? = null,
    options: TrainOptions = TrainOptions(),
    listener: TrainListener? = null,
): Trained {
    val text = options.json(input, target)
    checkInterrupt()
    val told = listener?.let(::Told)
    val found = try {
        Fields.of(elementOf(enter { io.leadscore.ffi.trainFile(text, told ?: Interrupt, told) }))
    } catch (error: CancellationException) {
        throw told?.thrown ?: error
    }
    told?.thrown?.let { throw it }
    return Trained(
        Pipeline.fromJson(found.text("pipeline")),
        found.one("report", TrainReport),
        found.texts("notes"),
        found.texts("warnings"),
    )
}
