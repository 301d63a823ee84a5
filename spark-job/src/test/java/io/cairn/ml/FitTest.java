/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.api.TrainingJob;
import io.cairn.api.TrainingResult;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.telemetry.UpdateMetrics;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fit is a training job and nothing else; where it keeps state, it goes on. */
@Tag("spark")
class FitTest {

  private static Dataset<Row> flowers;

  @BeforeAll
  static void read() {
    flowers = MlFixture.flowers();
  }

  private static CairnClassifier classifier() {
    return new CairnClassifier()
        .setModel(MlFixture.classifier(4, 5, 3))
        .setMicroBatchSize(8)
        .setAccumulationSteps(2)
        .setMaxEpochs(2)
        .setSeed(11)
        .setScale("standard");
  }

  private static byte[] coefficients(byte[] archive) throws Exception {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().equals("coefficients.bin")) {
          return zip.readAllBytes();
        }
      }
    }
    throw new AssertionError("no coefficients");
  }

  private static byte[] saved(CairnClassificationModel model, Path folder) throws Exception {
    model.write().overwrite().save(folder.toString());
    return coefficients(Files.readAllBytes(folder.resolve("network.zip")));
  }

  /** The settings file is what the command train would be given. */
  @Test
  void bitsAreThoseOfTheSettings(@TempDir Path folder) throws Exception {
    flowers.write().parquet(folder.resolve("flowers").toString());
    Path network = Files.writeString(folder.resolve("net.json"), MlFixture.classifier(4, 5, 3));
    Path conf =
        Files.writeString(
            folder.resolve("run.conf"),
            """
            seed = 11
            model.source = "%s"
            data {
              train { path = "%s", format = parquet }
              features = features, label = label, classes = 3, scale = standard
            }
            batch { workers = 1, micro = 8, steps = 2 }
            train.epochs = 2
            output = "%s"
            """
                .formatted(network, folder.resolve("flowers"), folder.resolve("run")));
    TrainingResult result = TrainingJob.on(MlFixture.spark()).settings(conf).build().run();
    assertThat(saved(classifier().fit(flowers), folder.resolve("model")))
        .isEqualTo(coefficients(result.modelZip()));
  }

  /** Of half of the rows the labels are wrong, so that validations get worse. */
  @Test
  void whereValidationsAreWatchedTheModelIsTheBestOne(@TempDir Path folder) throws Exception {
    Dataset<Row> rows =
        flowers
            .repartition(1)
            .selectExpr(
                "features",
                "if(hash(features) % 2 = 0, label, (label + 1) % 3) label",
                "hash(label, features) % 3 = 0 validates");
    CairnClassificationModel model =
        classifier()
            .setMaxEpochs(200)
            .setValidationIndicatorCol("validates")
            .setSettings("train.early-stopping.patience = 2")
            .setCheckpointDir(folder.resolve("state").toString())
            .fit(rows);
    Path run = Path.of(model.summary().checkpointDir().get());
    byte[] fitted = saved(model, folder.resolve("model"));
    assertThat(fitted)
        .isEqualTo(coefficients(Files.readAllBytes(run.resolve("model-best.zip"))))
        .isNotEqualTo(coefficients(Files.readAllBytes(run.resolve("model.zip"))));
  }

  /** With more time the fit goes on in its directory. */
  @Test
  void aFitWhoseTimeIsOverEndsWithAModelAndSaysWhy(@TempDir Path folder) throws Exception {
    CairnClassifier limited =
        classifier()
            .setMaxEpochs(1_000_000)
            .setSettings("train.max-time = 1s")
            .setCheckpointDir(folder.resolve("state").toString());
    CairnClassificationModel model = limited.fit(flowers);
    long updates = model.summary().totalIterations();
    Path run = Path.of(model.summary().checkpointDir().get());
    assertThat(saved(model, folder.resolve("model")))
        .isEqualTo(coefficients(Files.readAllBytes(run.resolve("model.zip"))));
    assertThat(run.resolve("model-best.zip")).doesNotExist();
    String why =
        "train.max-time: the run has trained for 1s, as long as it may, and ends after update "
            + updates
            + " of ";
    assertThat(run.resolve("STATUS.json"))
        .content()
        .contains("\"SUCCEEDED\"", "\"exitCode\" : 0", why);
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertThat(lines.get(lines.size() - 1)).contains("\"note\":\"" + why);
    List<UpdateMetrics> made = model.summary().updates();
    double before =
        made.subList(0, made.size() - 1).stream().mapToDouble(UpdateMetrics::milliseconds).sum();
    assertThat(before).isGreaterThanOrEqualTo(1_000);
    assertThat(before - made.get(made.size() - 2).milliseconds()).isLessThan(1_000);

    CairnClassificationModel same = limited.fit(flowers);
    assertThat(same.summary().attempts()).hasSize(1);
    double trained = made.stream().mapToDouble(UpdateMetrics::milliseconds).sum();
    String longer = "train.max-time = %dms".formatted(Math.round(trained) + 200);
    CairnClassificationModel more = limited.setSettings(longer).fit(flowers);
    assertThat(more.summary().checkpointDir()).isEqualTo(model.summary().checkpointDir());
    assertThat(more.summary().attempts())
        .extracting(PastAttempt::fromUpdate)
        .containsExactly(0L, updates);
    assertThat(more.summary().totalIterations()).isGreaterThan(updates);
  }

  /** The files of such a run are gone with its end. */
  @Test
  void aJobWithoutAnOutputGivesTheBestModelBack() throws Exception {
    TrainingResult result =
        TrainingJob.on(MlFixture.spark())
            .train(flowers)
            .validationFraction(0.2)
            .features("features")
            .label("label")
            .classes(3)
            .modelConfiguration(MlFixture.classifier(4, 5, 3))
            .workers(1)
            .micro(8)
            .steps(2)
            .epochs(2)
            .set("train.early-stopping.metric", "loss")
            .build()
            .run();
    assertThat(result.output()).isEmpty();
    assertThat(result.bestNetwork().orElseThrow().numParams())
        .isEqualTo(result.network().numParams());
    assertThat(result.bestModelZip().orElseThrow()).isNotEmpty();
  }

  @Test
  void goesOnInItsOwnDirectory(@TempDir Path folder) throws Exception {
    CairnClassifier keeping = classifier().setCheckpointDir(folder.resolve("state").toString());
    CairnClassificationModel first = keeping.fit(flowers);
    CairnClassificationModel again = keeping.fit(flowers.repartition(3));
    assertThat(again.summary().checkpointDir()).isEqualTo(first.summary().checkpointDir());
    assertThat(again.summary().attempts()).hasSize(1);
    assertThat(saved(again, folder.resolve("b"))).isEqualTo(saved(first, folder.resolve("a")));

    String other = keeping.fit(flowers.where("label > 0")).summary().checkpointDir().get();
    String longer =
        keeping
            .copy(new ParamMap().put(keeping.maxEpochs().w(3)))
            .fit(flowers)
            .summary()
            .checkpointDir()
            .get();
    assertThat(List.of(other, longer))
        .doesNotHaveDuplicates()
        .doesNotContain(first.summary().checkpointDir().get());
  }

  @Test
  void stepsThatChangeAreAFitOfItsOwn(@TempDir Path folder) throws Exception {
    long rows = flowers.count();
    CairnClassifier keeping = classifier().setCheckpointDir(folder.resolve("state").toString());
    List<String> places = new ArrayList<>();
    for (int later : new int[] {2, 3, 4}) {
      String schedule = "batch.schedule = [{ from-epoch = 2, steps = %d }]".formatted(later);
      CairnTrainingSummary summary = keeping.setSettings(schedule).fit(flowers).summary();
      long first = (rows + 15) / 16;
      long window = 8L * later;
      long second = (rows + window - 1) / window;
      assertThat(summary.totalIterations()).isEqualTo(first + second);
      places.add(summary.checkpointDir().get());
    }
    assertThat(places).doesNotHaveDuplicates();
    CairnTrainingSummary scheduled =
        new CairnClassifier()
            .setModel(MlFixture.classifier(4, 5, 3))
            .setMicroBatchSize(8)
            .setMaxEpochs(1)
            .setSettings("batch.schedule = [{ from-epoch = 1, steps = 2 }]")
            .fit(flowers)
            .summary();
    assertThat(scheduled.plan().toString()).endsWith("micro 8 x steps 2 = effective 16");
  }

  @Test
  void numbersAreLearned(@TempDir Path folder) throws Exception {
    StructType schema =
        new StructType()
            .add("features", org.apache.spark.ml.linalg.SQLDataTypes.VectorType())
            .add("label", DataTypes.FloatType);
    List<Row> lines =
        java.util.stream.IntStream.range(0, 200)
            .mapToObj(i -> new double[] {(i % 20) / 20.0, (i % 7) / 7.0})
            .map(x -> RowFactory.create(Vectors.dense(x), (float) (2 * x[0] - x[1] + 0.5)))
            .toList();
    Dataset<Row> rows = MlFixture.spark().createDataFrame(lines, schema);
    CairnRegressor regressor =
        new CairnRegressor()
            .setModel(MlFixture.regressor(2, 1))
            .setMicroBatchSize(20)
            .setMaxEpochs(60)
            .setPredictionCol("said");
    CairnRegressionModel model = regressor.fit(rows);
    model.save(folder.resolve("model").toString());
    CairnRegressionModel loaded = CairnRegressionModel.load(folder.resolve("model").toString());
    Row worst = loaded.transform(rows).selectExpr("max(abs(said - label))").first();
    assertThat(worst.getDouble(0)).isLessThan(0.1);
    Row first = model.transform(rows).first();
    assertThat(loaded.predict(first.<Vector>getAs("features")))
        .isEqualTo(first.<Double>getAs("said"));
    assertThat(model.numFeatures()).isEqualTo(2);
  }
}
