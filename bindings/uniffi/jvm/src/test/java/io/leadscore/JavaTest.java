package io.leadscore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The same library, as Java sees it. */
class JavaTest {
    private static final Context CONTEXT = Context.at(Instant.parse("2026-11-20T12:00:00Z"));

    @Test
    void scoresALead() {
        try (Pipeline pipeline = Pipeline.builtin("conversion")) {
            Lead lead = new Lead("L-1")
                    .with("company", "Acme Ltd")
                    .with("title", "VP Engineering")
                    .with(new Activity("meeting", Instant.parse("2026-11-19T10:00:00Z")));
            Prediction prediction = pipeline.score(lead, CONTEXT.withZone(ZoneId.of("Europe/Berlin")).withReasons(2));
            assertEquals("L-1", prediction.getLeadId());
            assertEquals(2, prediction.getExplanation().getReasons().size());
            double sum = prediction.getExplanation().getBaseline() + prediction.getExplanation().getRest();
            for (Contribution contribution : prediction.getExplanation().getContributions()) {
                sum += contribution.getPoints();
            }
            assertEquals(prediction.getScore(), sum, 1e-9);
            assertNotNull(pipeline.score(lead).getTier());
            assertEquals(prediction.getScore(), pipeline.score(Map.of("company", "Acme Ltd", "title", "VP Engineering", "activities",
                    List.of(new Activity("meeting", Instant.parse("2026-11-19T10:00:00Z")))), CONTEXT).getScore());
            assertTrue(pipeline.features(lead, CONTEXT).containsKey("has_company"));
            assertEquals("conversion", pipeline.getDescription().getId());
        }
    }

    @Test
    void scoresMany() {
        try (Pipeline pipeline = Pipeline.builtin("heat")) {
            List<Lead> leads = new ArrayList<>();
            for (int number = 0; number < 300; number++) {
                leads.add(new Lead("L-" + number).with("page_views", number % 29).with("seen_on", LocalDate.of(2026, 11, 1)));
            }
            leads.add(null);
            List<Outcome> outcomes = pipeline.tryScoreMany(leads, CONTEXT, 2);
            assertEquals(301, outcomes.size());
            assertTrue(outcomes.get(300) instanceof Outcome.Refused);
            LeadscoreException error = assertThrows(LeadscoreException.class, () -> pipeline.scoreMany(leads, CONTEXT));
            assertEquals("invalid_lead", error.getCode());
            assertEquals("leads[300]", error.getPath());
            leads.remove(300);
            Matrix matrix = pipeline.featureMatrix(leads, CONTEXT);
            MatrixScores scores = pipeline.scoreMatrix(matrix);
            assertEquals(outcomes.get(7).getOrThrow().getScore(), scores.getScores()[7]);
            assertEquals(outcomes.get(7).getOrThrow().getTier(), scores.tier(7));
        }
    }

    @Test
    void readsModels() {
        Path model = Path.of(System.getProperty("leadscore.root"), "examples", "x_education.ubj");
        try (Forest forest = Forest.load(model)) {
            Matrix matrix = Matrix.of(new double[][] {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}});
            assertEquals(1, forest.margin(matrix).length);
            assertEquals(11, forest.shap(matrix, Iterations.BEST, 1).length);
            assertEquals(10, forest.getDescription().getFeatures().size());
        }
        try (Pipeline pipeline = Pipeline.importModel(model, new ImportOptions("mine").withTiers("a-e"))) {
            assertEquals(10, pipeline.importance(ImportanceBy.GAIN).size());
        }
        assertTrue(LeadscoreException.getCodes().contains("io"));
        assertTrue(Pipeline.builtinNames().contains("b2b"));
        assertEquals("0.1.0", Leadscore.version());
    }

    @Test
    void asksALanguageModel() {
        try (Task<ChatIntent> task = Task.chatIntent("Was kostet der Schreibtisch?")) {
            Reply reply = new Reply("{\"intent\":\"HOT\",\"words\":\"was kostet\"}", "gpt-4o-mini", new Usage(900, 20));
            Assisted<ChatIntent> asked = Tasks.assist(task, prompt -> prompt.getUser().isEmpty() ? null : reply);
            assertEquals(Author.MODEL, asked.getProvenance().getAuthor());
            assertEquals(Intent.HOT, asked.getOutput().getIntent());
            Assisted<ChatIntent> later = Tasks.assistAsync(task, prompt -> CompletableFuture.supplyAsync(() -> reply)).join();
            assertEquals(asked, later);
            ModelFailure busy = new ModelFailure(503, "busy");
            Assisted<ChatIntent> failed = Tasks.assist(task, prompt -> { throw busy; });
            FallbackReason reason = failed.getProvenance().getReason();
            assertEquals(FailureKind.UNAVAILABLE, ((FallbackReason.Failed) reason).getFailure().getKind());
            assertEquals(failed, task.conclude(busy));
        }
    }

    @Test
    void ranksManyLeads() {
        try (Pipeline pipeline = Pipeline.builtin("conversion")) {
            List<Lead> leads = new ArrayList<>();
            for (int number = 0; number < 45; number++) {
                leads.add(new Lead("L-" + number).with("email_open_count", number));
            }
            Ranking ranking = Rankings.rank(pipeline, leads, CONTEXT, prompt -> null);
            assertEquals(45, ranking.getLeads().get(44).getRank());
            assertEquals(3, ranking.getParts().size());
            Ranking later = Rankings.rankAsync(pipeline, leads, CONTEXT,
                prompt -> CompletableFuture.completedFuture(null)).join();
            assertEquals(ranking, later);
        }
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void rawTypesAreRefusedToo() {
        try (Pipeline pipeline = Pipeline.builtin("conversion")) {
            List raw = new ArrayList();
            raw.add(7);
            assertEquals("leads[0]", assertThrows(LeadscoreException.class, () -> pipeline.scoreMany(raw)).getPath());
            assertThrows(NullPointerException.class, () -> Pipeline.builtin(null));
        }
    }
}
