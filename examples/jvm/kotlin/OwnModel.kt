// Your own XGBoost or LightGBM model, with reasons and tiers. Run it in the repository's root.

import io.leadscore.Context
import io.leadscore.Forest
import io.leadscore.ImportOptions
import io.leadscore.ImportanceBy
import io.leadscore.Lead
import io.leadscore.Matrix
import io.leadscore.Pipeline
import java.nio.file.Path
import java.time.LocalDate
import kotlin.io.path.readText

fun main() {
    val model = Path.of("examples/x_education.ubj")

    // Raw: the margins of the library that wrote it, to the last bit.
    Forest.load(model).use { forest ->
        val columns = forest.description.features.size
        val nothingKnown = Matrix(DoubleArray(columns) { Double.NaN }, columns)
        println("margin of a lead nothing is known of: ${forest.margin(nothingKnown).single()}")
    }

    // With reasons: names and labels come from a schema file; without one, from the model.
    val options = ImportOptions("mine", schema = Path.of("examples/x_education.json").readText())
    Pipeline.importModel(model, options).use { pipeline ->
        val lead = Lead("L-3")
            .with("time_on_site", 900)
            .with("occupation", "Working Professional")
            .with("lead_source", "Reference")
        println(pipeline.score(lead, Context(LocalDate.of(2026, 11, 20))).explanation.summary)
        for (feature in pipeline.importance(ImportanceBy.GAIN).take(3)) {
            println("%5.1f %%  %s".format(100 * feature.importance, feature.label))
        }
    }
}
