import io.leadscore.FeatureImportance;
import io.leadscore.Forest;
import io.leadscore.ImportOptions;
import io.leadscore.ImportanceBy;
import io.leadscore.Lead;
import io.leadscore.Matrix;
import io.leadscore.Pipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Your own XGBoost or LightGBM model, with reasons and tiers. Run it in the repository's root. */
class OwnModel {
    public static void main(String[] args) throws IOException {
        Path model = Path.of("examples/x_education.ubj");

        // Raw: the margins of the library that wrote it, to the last bit.
        try (Forest forest = Forest.load(model)) {
            double[] nothingKnown = new double[forest.getDescription().getFeatures().size()];
            Arrays.fill(nothingKnown, Double.NaN);
            double[] margins = forest.margin(new Matrix(nothingKnown, nothingKnown.length));
            System.out.println("margin of a lead nothing is known of: " + margins[0]);
        }

        // With reasons: names and labels come from a schema file; without one, from the model.
        ImportOptions options = new ImportOptions("mine").withSchema(Files.readString(Path.of("examples/x_education.json")));
        try (Pipeline pipeline = Pipeline.importModel(model, options)) {
            Lead lead = new Lead("L-3").with("time_on_site", 900).with("occupation", "Working Professional");
            System.out.println(pipeline.score(lead).getExplanation().getSummary());
            for (FeatureImportance feature : pipeline.importance(ImportanceBy.GAIN).subList(0, 3)) {
                System.out.printf("%5.1f %%  %s%n", 100 * feature.getImportance(), feature.getLabel());
            }
        }
    }
}
