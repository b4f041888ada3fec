// Many leads at once, the best first.

import io.leadscore.Context
import io.leadscore.Lead
import io.leadscore.Pipeline
import java.time.LocalDate

fun main() {
    val leads = List(1000) { number ->
        Lead("L-$number")
            .with("recency_days", number % 41)
            .with("page_views", number % 29)
            .with("prior_course_interest", listOf("high", "medium", "low", "none")[number % 4])
            .with("source", listOf("website", "linkedin")[number % 2])
    }
    Pipeline.builtin("heat").use { pipeline ->
        // The top reasons are enough here.
        val context = Context(LocalDate.of(2026, 11, 20), brief = true, reasons = 2)
        val best = pipeline.scoreMany(leads, context).sortedByDescending { it.score }
        for (prediction in best.take(5)) {
            println("%6.2f  %s  %s".format(prediction.score, prediction.leadId, prediction.explanation.reasons.joinToString { it.text }))
        }
        // As a matrix, without records and reasons: the same bits.
        val scores = pipeline.scoreMatrix(pipeline.featureMatrix(leads, context))
        check(scores.scores.max() == best.first().score)
    }
}
