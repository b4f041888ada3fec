@file:JvmName("Rankings")

package io.leadscore

import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import kotlinx.serialization.json.JsonArray

/** Leads in the order in which to work through them, and the results of the questions that it is made of. */
data class Ranking(
    /** The leads. */
    val leads: List<RankedLead>,
    /** The results of the questions, each about at most 20 leads. */
    val parts: List<Assisted<List<RankedLead>>>,
) : JsonData() {
    override fun element() = fields("leads" to leads, "parts" to parts)
}

/**
 * Any number of leads, each with its own id, in the order in which to work through them.
 *
 * A model is asked about at most 20 leads at a time, one question after another, as [assist] asks; in a suspending function
 * the call may suspend. Where it has no good answer about some leads, those are in the order of their scores.
 */
@JvmOverloads
inline fun rank(
    pipeline: Pipeline,
    leads: List<Lead>,
    context: Context = Context(),
    mask: Boolean = false,
    ask: (Prompt) -> Reply?,
): Ranking {
    val parts = Task.rankingParts(pipeline, leads, context, mask).map { task -> task.use { assist(it, ask) } }
    return mergeRankings(parts)
}

/** The same for a call that gives its answer later. */
@JvmOverloads
fun rankAsync(
    pipeline: Pipeline,
    leads: List<Lead>,
    context: Context = Context(),
    mask: Boolean = false,
    ask: (Prompt) -> CompletionStage<out Reply?>,
): CompletableFuture<Ranking> {
    var parts = CompletableFuture.completedFuture(emptyList<Assisted<List<RankedLead>>>())
    for (task in Task.rankingParts(pipeline, leads, context, mask)) {
        parts = parts.thenCompose { before -> assistAsync(task, ask).thenApply { before + it } }
    }
    return parts.thenApply(::mergeRankings)
}

/**
 * One ranking of the results of [Task.rankingParts]: the order within each is kept, and of their next leads the one with the
 * higher score comes first.
 */
fun mergeRankings(parts: List<Assisted<List<RankedLead>>>): Ranking {
    val rankings = JsonArray(parts.map { part -> JsonArray(part.output.map(RankedLead::element)) }).toString()
    return Ranking(RankedLead.parsedList(enter { io.leadscore.ffi.mergeRankingsJson(rankings) }), parts)
}
