import io.leadscore.Activity;
import io.leadscore.Context;
import io.leadscore.Lead;
import io.leadscore.Pipeline;
import io.leadscore.Prediction;
import java.time.Instant;
import java.time.LocalDate;

/** Score one lead. */
class ScoreOne {
    public static void main(String[] args) {
        Lead lead = new Lead("L-1")
                .with("company", "Acme Ltd")
                .with("title", "VP Engineering")
                .with("email", "ann@acme.example")
                .with(new Activity("meeting", Instant.parse("2026-11-19T10:00:00Z")));
        try (Pipeline pipeline = Pipeline.builtin("conversion")) {
            // Without a context it is as of now.
            Prediction prediction = pipeline.score(lead, Context.at(LocalDate.of(2026, 11, 20)));
            System.out.printf("%s: %.1f of 100, %s. %s%n",
                    prediction.getLeadId(), prediction.getScore(), prediction.getTier(), prediction.getAction());
        }
    }
}
