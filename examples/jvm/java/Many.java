import io.leadscore.Context;
import io.leadscore.Lead;
import io.leadscore.Outcome;
import io.leadscore.Pipeline;
import io.leadscore.Prediction;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Many leads at once, the best first; those that cannot be read stand as their errors. */
class Many {
    public static void main(String[] args) {
        List<Lead> leads = new ArrayList<>();
        for (int number = 0; number < 1000; number++) {
            leads.add(new Lead("L-" + number)
                    .with("recency_days", number % 41)
                    .with("page_views", number % 29)
                    .with("prior_course_interest", List.of("high", "medium", "low", "none").get(number % 4)));
        }
        leads.set(500, new Lead("L-500").with("source", List.of("a list is no attribute")));
        List<Prediction> predictions = new ArrayList<>();
        try (Pipeline pipeline = Pipeline.builtin("heat")) {
            Context context = Context.at(LocalDate.of(2026, 11, 20)).withBrief(true).withReasons(2);
            for (Outcome outcome : pipeline.tryScoreMany(leads, context)) {
                if (outcome instanceof Outcome.Refused refused) {
                    System.out.println(refused.getError().getMessage());
                } else {
                    predictions.add(outcome.getOrThrow());
                }
            }
        }
        predictions.sort(Comparator.comparingDouble(Prediction::getScore).reversed());
        for (Prediction prediction : predictions.subList(0, 5)) {
            System.out.printf("%6.2f  %s%n", prediction.getScore(), prediction.getLeadId());
        }
    }
}
