/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.launch.VerificationReport.Verdict;
import io.cairn.plan.AskedPlan;
import io.cairn.replica.LayerGap;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunStart;
import io.cairn.worker.BigBatchReport.Against;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Verification says what holds for a model, and which layer is to blame where nothing does. */
class VerificationTest {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root", "..")).normalize();
  private static final int UPDATES = 3;

  @TempDir Path temp;

  @Test
  void theQuickstartIsEqualInBothFormats() throws Exception {
    VerificationReport report =
        verify(ROOT.resolve("conf/quickstart.conf"), List.of("batch.steps=8"));
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
    assertThat(report.formats())
        .extracting(VerifiedFormat::name)
        .containsExactly("float64", "float32");
    for (VerifiedFormat format : report.formats()) {
      double most = format.bytesPerValue() == Double.BYTES ? 1e-12 : 1e-5;
      List<LayerGap> gaps = format.gaps(Against.ONE_BATCH, UPDATES).orElseThrow();
      assertThat(gaps)
          .hasSizeGreaterThan(1)
          .allSatisfy(gap -> assertThat(gap.parameters()).isLessThan(most));
      assertThat(gaps)
          .as("something moved")
          .allSatisfy(gap -> assertThat(gap.moved()).isGreaterThan(1e-4));
      assertThat(format.found().largestPass()).isEqualTo(128);
    }
    // Of the same examples: the yardstick is rounding, and nothing else.
    assertThat(report.formats().get(1).gaps(Against.FLOAT64, UPDATES).orElseThrow())
        .hasSizeGreaterThan(1)
        .allSatisfy(gap -> assertThat(gap.parameters()).isBetween(1e-9, 1e-3 * gap.moved()));
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left.filter(Files::isDirectory)).as("nothing is left behind").isEmpty();
    }
  }

  /** The first epoch has two updates; the third update is the next stage's, and larger. */
  @Test
  void aBorderBetweenStagesIsPassed() throws Exception {
    VerificationReport report =
        verify(
            ROOT.resolve("conf/quickstart.conf"),
            List.of("batch.steps=60", "batch.schedule=[{from-epoch=2,steps=80}]"));
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
    assertThat(report.largestBatch()).isEqualTo(80 * 16);
    assertThat(report.formats().get(0).found().largestPass()).isEqualTo(80 * 16);
  }

  /** Updates go on in the next epoch, whose first update has another order. */
  @Test
  void anEndOfAnEpochIsPassed() throws Exception {
    VerificationReport report =
        verify(
            ROOT.resolve("conf/quickstart.conf"),
            List.of("batch.steps=60", "train.clip-global-norm=0.5"));
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
  }

  @Test
  void sequencesWithMasksAreEqual() throws Exception {
    VerificationReport report = verify(ROOT.resolve("conf/examples/sequences.conf"), List.of());
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
  }

  /**
   * A BERT from PyTorch on sentences of 1 to 12 tokens, with an optimizer of the settings. Biases
   * of keys have no gradient but rounding, which must not be taken for a difference.
   */
  @Test
  void aTransformerFromOnnxIsEqual() throws Exception {
    StringBuilder rows = new StringBuilder();
    for (int row = 0; row < 36; row++) {
      List<Integer> ids = new ArrayList<>();
      List<Integer> ones = new ArrayList<>();
      List<Integer> types = new ArrayList<>();
      for (int step = 0; step <= row % 12; step++) {
        ids.add(1 + (7 * row + 5 * step) % 39);
        ones.add(1);
        types.add(step % 2);
      }
      rows.append(
          "{\"input_ids\": %s, \"attention_mask\": %s, \"token_type_ids\": %s, \"label\": %d}%n"
              .formatted(ids, ones, types, (row + row / 7) % 3));
    }
    Path data = Files.writeString(temp.resolve("sentences.json"), rows);
    Path conf =
        Files.writeString(
            temp.resolve("bert.conf"),
            """
            model { source = "%s", loss = sparse }
            data {
              train { path = "%s", format = json }
              inputs = [
                { columns = attention_mask, max-steps = 12 }
                { columns = input_ids, max-steps = 12 }
                { columns = token_type_ids, max-steps = 12 }
              ]
              outputs = [{ columns = label, classes = 3 }]
            }
            batch { workers = 1, micro = 5, steps = 2 }
            train {
              epochs = 1
              updater {
                type = adam-w
                learning-rate = 1e-3
                groups = [{ parameters = [biases, normalization], weight-decay = 0 }]
              }
            }
            """
                .formatted(
                    ROOT.toAbsolutePath()
                        .resolve(
                            "spark-job/src/test/resources/io/cairn/replica/onnx/bert_op17.onnx"),
                    data));
    VerificationReport report = verify(conf, List.of());
    VerifiedFormat exact = report.formats().get(0);
    assertThat(exact.name()).isEqualTo("float64");
    assertThat(exact.gaps(Against.ONE_BATCH, UPDATES).orElseThrow())
        .hasSizeGreaterThan(10)
        .allSatisfy(gap -> assertThat(gap.parameters()).isLessThan(1e-11));
    assertThat(exact.standsStill()).isFalse();
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
  }

  @Test
  void aConvolutionalNetworkIsEqualWithoutItsNoise() throws Exception {
    String json =
        base(new Nesterovs(0.01, 0.9))
            .convolutionMode(ConvolutionMode.Same)
            .list()
            .layer(new ConvolutionLayer.Builder(3, 3).nOut(6).build())
            .layer(new SubsamplingLayer.Builder().build())
            .layer(new DropoutLayer(0.5))
            .layer(output(new LossMCXENT()).build())
            .setInputType(InputType.convolutionalFlat(8, 8, 1))
            .build()
            .toJson();
    VerificationReport report = verify(digits(json), List.of());
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
    assertThat(report.notes()).singleElement().asString().startsWith("noise (dropout");
  }

  @Test
  void aGraphIsEqual() throws Exception {
    String json =
        base(new Adam(0.01))
            .graphBuilder()
            .addInputs("in")
            .addLayer("left", new DenseLayer.Builder().nIn(64).nOut(7).build(), "in")
            .addLayer("right", new DenseLayer.Builder().nIn(64).nOut(5).build(), "in")
            .addVertex("merge", new MergeVertex(), "left", "right")
            .addLayer("out", output(new LossMCXENT()).nIn(12).build(), "merge")
            .setOutputs("out")
            .build()
            .toJson();
    VerificationReport report = verify(digits(json), List.of());
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
    assertThat(report.formats().get(0).gaps(Against.ONE_BATCH, UPDATES).orElseThrow())
        .extracting(LayerGap::layer)
        .containsExactlyInAnyOrder("left", "right", "out");
  }

  @Test
  void batchNormalizationIsNamedAndAllElseIsTheSame() throws Exception {
    VerificationReport report = verify(digits(normalized(new LossMCXENT())), List.of());
    assertThat(report.verdict()).isEqualTo(new Verdict.EqualUpToStatistics(List.of("norm")));
    assertThat(report.layers().dependent()).contains("norm");
    VerifiedFormat float64 = report.formats().get(0);
    assertThat(float64.agrees(Against.ONE_BATCH)).isFalse();
    assertThat(float64.agrees(Against.SAME_MICRO_BATCHES)).isTrue();
  }

  /** With one micro-batch an update there is nothing to depend on. */
  @Test
  void batchNormalizationOverTheWholeBatchIsEqual() throws Exception {
    VerificationReport report =
        verify(digits(normalized(new LossMCXENT())), List.of("batch.steps=1"));
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
  }

  @Test
  void aLossThatIsAMeanIsNamed() throws Exception {
    VerificationReport report = verify(digits(plain(new ActivationTanH(), new Mean())), List.of());
    Verdict.Differs differs = (Verdict.Differs) report.verdict();
    assertThat(differs.layer()).isEqualTo("out");
    assertThat(differs.why()).contains("gradients do not add up");
  }

  /** Statistics are no excuse for what has another cause. */
  @Test
  void aLossThatIsAMeanIsNamedBehindBatchNormalizationToo() throws Exception {
    VerificationReport report = verify(digits(normalized(new Mean())), List.of());
    assertThat(((Verdict.Differs) report.verdict()).layer()).contains("out");
  }

  @Test
  void aLayerThatComputesOverItsBatchIsNamed() throws Exception {
    VerificationReport report =
        verify(digits(plain(new Centred(), new LossMCXENT())), List.of("train.self-check=off"));
    Verdict.Differs differs = (Verdict.Differs) report.verdict();
    assertThat(differs.layer()).isEqualTo("hidden");
  }

  /** Batch normalization is no cover for a layer behind it. */
  @Test
  void aLayerThatComputesOverItsBatchIsNamedBehindBatchNormalizationToo() throws Exception {
    String json =
        base(new Adam(0.01))
            .list()
            .layer(new DenseLayer.Builder().nIn(64).nOut(12).build())
            .layer(new BatchNormalization.Builder().nIn(12).nOut(12).name("norm").build())
            .layer(
                new DenseLayer.Builder()
                    .nIn(12)
                    .nOut(9)
                    .name("hidden")
                    .activation(new Centred())
                    .build())
            .layer(output(new LossMCXENT()).nIn(9).build())
            .build()
            .toJson();
    VerificationReport report = verify(digits(json), List.of("train.self-check=off"));
    assertThat(((Verdict.Differs) report.verdict()).layer()).isEqualTo("hidden");
  }

  /** A schedule goes by the run's length, which is longer than a trial. */
  @Test
  void theOptimizerOfTheSettingsIsTriedWithTheSchedulesOfTheRun() throws Exception {
    VerificationReport report =
        verify(
            ROOT.resolve("conf/quickstart.conf"),
            List.of(
                "train.updater.type=adam-w",
                "train.updater.learning-rate=0.01",
                "train.updater.schedule.warm-up=50",
                "train.updater.schedule.decay=cosine"));
    assertThat(report.verdict()).isEqualTo(new Verdict.Equal());
    assertThat(report.notes()).isEmpty();
    // Three updates of the warm-up's fifty: at most (1 + 2 + 3) / 50 of the rate.
    assertThat(report.formats().get(0).gaps(Against.ONE_BATCH, UPDATES).orElseThrow())
        .hasSizeGreaterThan(1)
        .allSatisfy(gap -> assertThat(gap.moved()).isBetween(1e-5, 1.3e-3));
  }

  @Test
  void updatesThatChangeNothingAreNotCalledEqual() throws Exception {
    VerificationReport report =
        verify(
            ROOT.resolve("conf/quickstart.conf"),
            List.of("train.updater.type=sgd", "train.updater.learning-rate=1e-60"));
    assertThat(((Verdict.Differs) report.verdict()).why()).contains("nothing to compare");
  }

  @Test
  void roundedSumsAreNotTriedAndThatIsSaid() throws Exception {
    VerificationReport report =
        verify(ROOT.resolve("conf/quickstart.conf"), List.of("collective.precision=bf16"));
    assertThat(report.notes()).singleElement().asString().contains("bf16 is not tried");
  }

  private static NeuralNetConfiguration.Builder base(IUpdater updater) {
    return new NeuralNetConfiguration.Builder().updater(updater).activation(Activation.TANH);
  }

  private static OutputLayer.Builder output(ILossFunction loss) {
    return new OutputLayer.Builder(loss).nOut(10).activation(Activation.SOFTMAX).name("out");
  }

  private static String plain(IActivation hidden, ILossFunction loss) {
    return base(new Adam(0.01))
        .list()
        .layer(new DenseLayer.Builder().nIn(64).nOut(12).name("first").build())
        .layer(new DenseLayer.Builder().nIn(12).nOut(9).name("hidden").activation(hidden).build())
        .layer(output(loss).nIn(9).build())
        .build()
        .toJson();
  }

  private static String normalized(ILossFunction loss) {
    return base(new Adam(0.01))
        .list()
        .layer(new DenseLayer.Builder().nIn(64).nOut(12).build())
        .layer(new BatchNormalization.Builder().nIn(12).nOut(12).name("norm").build())
        .layer(output(loss).nIn(12).build())
        .build()
        .toJson();
  }

  private Path digits(String model) throws IOException {
    Files.writeString(temp.resolve("model.json"), model);
    return Files.writeString(
        temp.resolve("digits.conf"),
        """
        seed = 5
        model.source = "%s/model.json"
        data {
          train { path = "%s/conf/data/digits.csv", format = csv, options { header = true, inferSchema = true } }
          features = ["pixel_*"]
          label = digit
          classes = 10
          scale = 1/16
        }
        batch { workers = 2, micro = 16, steps = 3 }
        train { epochs = 3 }
        output = "%s/run"
        """
            .formatted(temp, ROOT, temp));
  }

  @Test
  void whoStopsItIsObeyedWhileOneWorkerComputes() throws Exception {
    StopRequest stop = new StopRequest();
    Audience impatient =
        new Nobody() {
          @Override
          public void tell(String line) {
            if (line.contains("the same on one worker")) {
              stop.ask("stopped by SIGTERM");
            }
          }
        };
    Verified verified = run(ROOT.resolve("conf/quickstart.conf"), List.of(), impatient, stop);
    assertThat(((Verified.Unfinished) verified).outcome())
        .isEqualTo(new Outcome.Resumable("stopped by SIGTERM"));
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left.filter(Files::isDirectory)).as("nothing is left behind").isEmpty();
    }
  }

  private VerificationReport verify(Path conf, List<String> overrides)
      throws IOException, InterruptedException {
    Verified verified = run(conf, overrides, new Nobody(), new StopRequest());
    assertThat(verified).isInstanceOf(Verified.Compared.class);
    return ((Verified.Compared) verified).report();
  }

  private Verified run(Path conf, List<String> overrides, Audience audience, StopRequest stop)
      throws IOException, InterruptedException {
    Path absolute = temp.resolve("absolute.conf");
    // Paths in the shipped settings are relative to the project's folder.
    Files.writeString(
        absolute,
        Files.readString(conf).replace("\"conf/", "\"" + ROOT.toAbsolutePath() + "/conf/"));
    List<String> all = new ArrayList<>(overrides);
    // In local mode there is one executor; the page's own command has two (CommandsIT).
    all.add(0, "batch.workers=1");
    all.add("output=\"" + temp + "/run\"");
    Settings settings = SettingsReader.read(absolute, all);
    AskedPlan plan = AskedPlan.resolve(settings.batch(), OptionalInt.empty());
    SparkConf spark =
        new SparkConf(false)
            .setMaster("local[1]")
            .setAppName("cairn-verification-tests")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.sql.shuffle.partitions", "2");
    return new Verification(settings, plan, spark, audience, stop).run(UPDATES);
  }

  private static class Nobody implements Audience {
    @Override
    public void tell(String line) {}

    @Override
    public MetricsSink watch(RunStart run) {
      return MetricsSink.all(List.of());
    }
  }

  /** A loss as somebody may write it: a mean over the micro-batch. */
  public static final class Mean extends LossMCXENT {
    private static final long serialVersionUID = 1L;

    @Override
    public INDArray computeGradient(
        INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
      return super.computeGradient(labels, preOutput, activation, mask).divi(labels.size(0));
    }
  }

  /** An activation as somebody may write it: less its mean over the micro-batch. */
  public static final class Centred extends ActivationTanH {
    private static final long serialVersionUID = 1L;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      return super.getActivation(in.subiRowVector(in.mean(0)), training);
    }
  }
}
