// Why a lead has its score, as a sum that adds up.

import io.leadscore.Context
import io.leadscore.Pipeline
import java.time.LocalDate
import kotlin.math.abs

fun main() {
    // A record as it comes from elsewhere: every field but the id and the activities is an attribute.
    val record = mapOf(
        "id" to "L-2",
        "recency_days" to 3,
        "page_views" to 18,
        "prior_course_interest" to "high",
        "source" to "referral",
        "last_touch" to "brochure_download",
    )
    Pipeline.builtin("heat").use { pipeline ->
        val prediction = pipeline.score(record, Context(LocalDate.of(2026, 11, 20)))
        val why = prediction.explanation
        var sum = why.baseline ?: 0.0
        println("%8.3f  every lead starts here".format(sum))
        for (contribution in why.contributions) {
            sum += contribution.points
            println("%+8.3f  %s".format(contribution.points, contribution.text))
        }
        sum += why.rest
        println("%8.3f  the score is %.3f".format(sum, prediction.score))
        check(abs(sum - prediction.score) <= 1e-9)
        prediction.classes.forEach { println("%.3f %s".format(it.probability, it.name)) }
    }
}
