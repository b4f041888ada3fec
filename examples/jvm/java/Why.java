import io.leadscore.Context;
import io.leadscore.Contribution;
import io.leadscore.Pipeline;
import io.leadscore.Prediction;
import java.time.LocalDate;
import java.util.Map;

/** Why a lead has its score, as a sum that adds up. */
class Why {
    public static void main(String[] args) {
        // A record as it comes from elsewhere: every field but the id and the activities is an attribute.
        Map<String, Object> lead = Map.of(
                "id", "L-2",
                "recency_days", 3,
                "page_views", 18,
                "prior_course_interest", "high",
                "source", "referral",
                "last_touch", "brochure_download");
        try (Pipeline pipeline = Pipeline.builtin("heat")) {
            Prediction prediction = pipeline.score(lead, Context.at(LocalDate.of(2026, 11, 20)));
            double sum = prediction.getExplanation().getBaseline();
            System.out.printf("%8.3f  every lead starts here%n", sum);
            for (Contribution contribution : prediction.getExplanation().getContributions()) {
                sum += contribution.getPoints();
                System.out.printf("%+8.3f  %s%n", contribution.getPoints(), contribution.getText());
            }
            sum += prediction.getExplanation().getRest();
            System.out.printf("%8.3f  the score is %.3f%n", sum, prediction.getScore());
        }
    }
}
