import static org.junit.jupiter.api.Assertions.assertEquals;

import io.leadscore.Context;
import io.leadscore.Lead;
import io.leadscore.Pipeline;
import io.leadscore.Prediction;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Tuple2;

/** Spark with two threads: a pipeline in a closure, and 100,000 rows of a file. */
class SparkTest {
    private static final Context CONTEXT = Context.at(Instant.parse("2026-11-20T12:00:00Z"));
    private static final long ROWS = 100_000;

    @Test
    void aPipelineTravelsInAClosure(@TempDir Path folder) {
        SparkSession spark = SparkSession.builder().master("local[2]").appName("leadscore")
                .config("spark.ui.enabled", false)
                .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toString())
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 2)
                .getOrCreate();
        try (Pipeline pipeline = Pipeline.builtin("conversion")) {
            String leads = folder.resolve("leads").toString();
            spark.range(ROWS).select(
                    functions.concat(functions.lit("L-"), functions.col("id")).as("id"),
                    functions.when(functions.col("id").mod(3).equalTo(0), "VP Sales").otherwise("Clerk").as("title"),
                    functions.col("id").mod(29).cast(DataTypes.IntegerType).as("email_open_count"))
                    .write().parquet(leads);
            Dataset<Row> read = spark.read().parquet(leads);

            Dataset<Tuple2<String, Double>> scores = read.mapPartitions(
                    (MapPartitionsFunction<Row, Tuple2<String, Double>>) rows -> score(pipeline, rows),
                    Encoders.tuple(Encoders.STRING(), Encoders.DOUBLE()));
            List<Tuple2<String, Double>> found = scores.collectAsList();

            assertEquals(ROWS, found.size());
            // The leads of this file are of 87 kinds.
            double[] kinds = new double[87];
            for (int kind = 0; kind < kinds.length; kind++) {
                kinds[kind] = pipeline.score(lead(kind), CONTEXT).getScore();
            }
            for (Tuple2<String, Double> one : found) {
                assertEquals(kinds[(int) (Long.parseLong(one._1().substring(2)) % kinds.length)], one._2(), one._1());
            }

            // Predictions themselves travel too.
            List<Prediction> whole = spark.range(5).toJavaRDD().map(id -> pipeline.score(lead(id), CONTEXT)).collect();
            assertEquals(pipeline.score(lead(4), CONTEXT), whole.get(4));
        } finally {
            spark.stop();
        }
    }

    private static Iterator<Tuple2<String, Double>> score(Pipeline pipeline, Iterator<Row> rows) {
        List<Lead> leads = new ArrayList<>();
        rows.forEachRemaining(row -> leads.add(new Lead(row.getString(0)).with("title", row.getString(1))
                .with("email_open_count", row.getInt(2))));
        List<Tuple2<String, Double>> found = new ArrayList<>();
        for (Prediction prediction : pipeline.scoreMany(leads, CONTEXT.withBrief(true), 1)) {
            found.add(new Tuple2<>(prediction.getLeadId(), prediction.getScore()));
        }
        return found.iterator();
    }

    private static Lead lead(long id) {
        return new Lead("L-" + id).with("title", id % 3 == 0 ? "VP Sales" : "Clerk").with("email_open_count", (int) (id % 29));
    }
}
