// Score one lead.

import io.leadscore.Activity
import io.leadscore.Context
import io.leadscore.Lead
import io.leadscore.Pipeline
import java.time.Instant
import java.time.LocalDate

fun main() {
    val lead = Lead("L-1")
        .with("company", "Acme Ltd")
        .with("title", "VP Engineering")
        .with("email", "ann@acme.example")
        .with(Activity("meeting", Instant.parse("2026-11-19T10:00:00Z")))
    Pipeline.builtin("conversion").use { pipeline ->
        // Without a context it is as of now.
        val prediction = pipeline.score(lead, Context(LocalDate.of(2026, 11, 20)))
        println("%s: %.1f of 100, %s. %s".format(prediction.leadId, prediction.score, prediction.tier, prediction.action))
    }
}
