/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.replica.SelfCheckResult.Cause;
import io.cairn.replica.SelfCheckResult.Comparison;
import io.cairn.replica.SelfCheckResult.Limit;
import io.cairn.replica.SelfCheckResult.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** A self-check finds what is wrong, names it, and finds nothing in models that are right. */
class SelfCheckTest {

  /** An hour: what it finds does not depend on how busy the machine is. */
  private static final SelfCheck.Allowance TIME =
      SelfCheck.Allowance.of(Duration.ofHours(1).toNanos());

  private static Stream<Arguments> honest() {
    return Stream.of(HonestModels.values())
        .flatMap(
            model ->
                Stream.of(DataType.FLOAT, DataType.DOUBLE).map(type -> Arguments.of(model, type)));
  }

  private static SelfCheckReport checked(Network network, MultiDataSet examples) {
    SelfCheckResult result = new SelfCheck(network, examples, TIME, System::nanoTime).run();
    return new SelfCheckReport(
        List.of(result), network.ranges().stream().map(ParameterRange::place).toList(), 0.4);
  }

  @ParameterizedTest
  @MethodSource("honest")
  void honestModelsAgreeFarWithinWhatPasses(HonestModels model, DataType type) {
    double most = type == DataType.FLOAT ? 1e-4 : 1e-10;
    for (int count : new int[] {1, 5, 16}) {
      Nd4j.getRandom().setSeed(count);
      SelfCheckReport report = checked(model.network(type, count), model.examples(count, type, 3));
      assertThat(report.refusal()).isEmpty();
      for (Comparison found :
          List.of(report.byRank().get(0).float64(), report.byRank().get(0).sums())) {
        assertThat(found.state()).isEqualTo(State.AGREES);
        assertThat(found.examples()).isEqualTo((count + 1) / 2);
        assertThat(found.gap()).isLessThan(most);
      }
    }
  }

  private static Network network(IActivation middle, ILossFunction loss, DataType type) {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(5)
            .dataType(type)
            .list()
            .layer(new DenseLayer.Builder().nIn(20).nOut(9).activation(Activation.TANH).build())
            .layer(new DenseLayer.Builder().nIn(9).nOut(9).name("mine").activation(middle).build())
            .layer(
                new OutputLayer.Builder(loss)
                    .nIn(9)
                    .nOut(2)
                    .name("out")
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    return ModelConfiguration.parse("test", json).network(null, null);
  }

  private static MultiDataSet examples(DataType type) {
    Nd4j.getRandom().setSeed(4);
    return HonestModels.pair(
        Nd4j.randn(DataType.DOUBLE, 16, 20).castTo(type), HonestModels.oneHot(16, 2, type, 4));
  }

  @Test
  void aGradientThatIsWrongInFloat32IsFoundInItsLayer() {
    Network wrong = network(new WrongActivations.InFloat32(), new LossMCXENT(), DataType.FLOAT);
    SelfCheckReport report = checked(wrong, examples(DataType.FLOAT));
    Comparison found = report.byRank().get(0).float64();
    assertThat(found.state()).isEqualTo(State.DIFFERS);
    assertThat(found.found() / found.expected()).isBetween(1.09, 1.11);
    assertThat(found.cause()).isEqualTo(Cause.UNKNOWN);
    assertThat(report.refusal().orElseThrow())
        .contains(
            "the gradient is wrong here, nearest to the loss in layer mine, parameter",
            "in float64, on 8 examples",
            "A model of data type DOUBLE may train",
            "train.self-check = off");
    Network right = network(new WrongActivations.InFloat32(), new LossMCXENT(), DataType.DOUBLE);
    assertThat(checked(right, examples(DataType.DOUBLE)).refusal()).isEmpty();
  }

  /** DL4J's own F-measure, which besides cannot compute in any type but ND4J's default. */
  @Test
  void aLossOverTheWholeMicroBatchDoesNotAddUp() {
    Network network =
        network(Activation.TANH.getActivationFunction(), new LossFMeasure(), DataType.FLOAT);
    SelfCheckReport report = checked(network, examples(DataType.FLOAT));
    assertThat(report.byRank().get(0).float64().state()).isEqualTo(State.NO_FLOAT64);
    assertThat(report.refusal().orElseThrow())
        .contains(
            "gradients do not add up here, nearest to the loss in layer out, parameter",
            "a mean over the micro-batch",
            "batch.micro, batch.steps and batch.workers");
  }

  @Test
  void aMeanOverTheMicroBatchIsFoundInItsLayerBesideBatchNormalization() {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(5)
            .dataType(DataType.FLOAT)
            .list()
            .layer(new DenseLayer.Builder().nIn(20).nOut(9).activation(Activation.TANH).build())
            .layer(
                new org.deeplearning4j.nn.conf.layers.BatchNormalization.Builder()
                    .nIn(9)
                    .nOut(9)
                    .build())
            .layer(
                new DenseLayer.Builder()
                    .nIn(9)
                    .nOut(9)
                    .name("mine")
                    .activation(new WrongActivations.OverTheBatch())
                    .build())
            .layer(
                new OutputLayer.Builder(new LossMCXENT())
                    .nIn(9)
                    .nOut(2)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    Network network = ModelConfiguration.parse("test", json).network(null, null);
    SelfCheckReport report = checked(network, examples(DataType.FLOAT));
    Comparison found = report.byRank().get(0).sums();
    assertThat(found.found() / found.expected()).isBetween(1.99, 2.01);
    assertThat(report.refusal().orElseThrow()).contains("layer mine, parameter");
  }

  @Test
  void noiseThatCannotBeLeftOutIsSaidAndNotBlamed() {
    Network network = network(new WrongActivations.Drawing(), new LossMCXENT(), DataType.FLOAT);
    SelfCheckReport report = checked(network, examples(DataType.FLOAT));
    assertThat(report.refusal()).isEmpty();
    assertThat(report.summary()).contains("a layer draws random numbers that cannot be left out");
  }

  @Test
  void whatIsLearntByHeartIsTooSmallToBeWrong() {
    Network network =
        network(Activation.TANH.getActivationFunction(), new LossMCXENT(), DataType.FLOAT);
    network.parameters().muli(8);
    MultiDataSet examples = examples(DataType.FLOAT);
    INDArray outputs = network.output(examples)[0];
    INDArray own = Nd4j.zeros(DataType.FLOAT, 16, 2);
    for (int i = 0; i < 16; i++) {
      own.putScalar(i, outputs.getDouble(i, 0) > 0.5 ? 0 : 1, 1);
    }
    SelfCheckReport report = checked(network, HonestModels.pair(examples.getFeatures(0), own));
    assertThat(report.refusal()).isEmpty();
  }

  @Test
  void parametersAndNoiseAreAsIfItHadNotBeen() {
    byte[] archive =
        ModelSource.read("test", HonestModels.NOISY.configuration(DataType.FLOAT), 3).archive();
    MultiDataSet examples = HonestModels.NOISY.examples(16, DataType.FLOAT, 3);
    Replica checked = new Replica(archive, 8);
    checked.trials().selfCheck(examples, TIME, System::nanoTime);
    Replica other = new Replica(archive, 8);
    for (Replica replica : List.of(checked, other)) {
      replica.clear();
      replica.accumulate(examples, 77);
      replica.update(16, replica.gradientSumNorm(), java.util.OptionalDouble.empty());
    }
    assertThat(checked.state().digest()).isEqualTo(other.state().digest());
  }

  @Test
  void withoutTimeItSaysSo() {
    AtomicLong now = new AtomicLong();
    Network network =
        network(Activation.TANH.getActivationFunction(), new LossMCXENT(), DataType.FLOAT);
    SelfCheckResult result =
        new SelfCheck(
                network,
                examples(DataType.FLOAT),
                SelfCheck.Allowance.of(Duration.ofSeconds(2).toNanos()),
                () -> now.addAndGet(Duration.ofSeconds(3).toNanos()))
            .run();
    SelfCheckReport report = new SelfCheckReport(List.of(result), List.of("layer a"), 9);
    assertThat(report.refusal()).isEmpty();
    assertThat(report.summary())
        .isEqualTo(
            "self-check: gradients not compared, for it would take more than 2 s, or 1 % of the"
                + " run; 9.0 s");
  }

  @Test
  void aLongRunAllowsMore() {
    AtomicLong now = new AtomicLong();
    Network network =
        network(Activation.TANH.getActivationFunction(), new LossMCXENT(), DataType.FLOAT);
    SelfCheckResult result =
        new SelfCheck(
                network,
                examples(DataType.FLOAT),
                new SelfCheck.Allowance(
                    Duration.ofSeconds(2).toNanos(), Long.MAX_VALUE, 0.01, 1_000_000),
                () -> now.addAndGet(Duration.ofSeconds(3).toNanos()))
            .run();
    assertThat(result.float64().state()).isEqualTo(State.AGREES);
    assertThat(result.sums().state()).isEqualTo(State.AGREES);
  }

  /** 0.2 s an example in float32: both comparisons of all eight would take half a minute. */
  @Test
  void whatIsLeftOutIsSaidWithTheReason() {
    Comparison few = new Comparison(State.AGREES, 2, 1e-7, 0, 1, 1, Cause.UNKNOWN, Limit.TIME);
    Comparison less = few.limitedBy(Limit.MEMORY);
    Comparison none = Comparison.none(State.NO_TIME);
    List<String> places = List.of("layer a, parameter W");
    assertThat(new SelfCheckReport(List.of(new SelfCheckResult(none, few)), places, 1.9).summary())
        .isEqualTo(
            "self-check: sums over micro-batches add up to 1.00e-07 on 2 examples, for more would"
                + " take longer than 2 s, or 1 % of the run; gradients against float64 not"
                + " compared, for it would take more than 2 s, or 1 % of the run; 1.9 s");
    assertThat(new SelfCheckReport(List.of(new SelfCheckResult(less, less)), places, 1).summary())
        .contains("on 2 examples, for more do not fit in memory beside the model; sums over");
  }

  @Test
  void allRanksAreInOneSentence() {
    Comparison good = new Comparison(State.AGREES, 8, 2.1e-7, 0, 1, 1, Cause.UNKNOWN, Limit.NONE);
    Comparison few = new Comparison(State.AGREES, 1, 3.2e-8, 0, 1, 1, Cause.UNKNOWN, Limit.NONE);
    SelfCheckReport report =
        new SelfCheckReport(
            List.of(
                new SelfCheckResult(good, good),
                new SelfCheckResult(few, few),
                SelfCheckResult.none(State.NO_EXAMPLES)),
            List.of("layer a, parameter W"),
            0.42);
    assertThat(report.summary())
        .isEqualTo(
            "self-check: gradients agree with float64 to 2.10e-07 on 1 to 8 examples; sums over"
                + " micro-batches add up to 2.10e-07 on 1 to 8 examples; gradients not compared on"
                + " rank 2, for there are no examples; 0.4 s");
  }

  @Test
  void whatHelpersSpoilIsPutDownToThem() {
    Comparison wrong =
        new Comparison(State.DIFFERS, 8, 3.5e27, 0, 1e28, 2.5, Cause.HELPERS, Limit.NONE);
    SelfCheckReport report =
        new SelfCheckReport(
            List.of(SelfCheckResult.none(State.NO_EXAMPLES), new SelfCheckResult(wrong, wrong)),
            List.of("layer conv, parameter W"),
            0.42);
    assertThat(report.refusal().orElseThrow())
        .contains(
            "the gradient is wrong on rank 1, nearest to the loss in layer conv, parameter W: its"
                + " norm is 1.00e+28 as training computes it, and 2.50 in float64",
            "helpers.disable=true in spark.executor.extraJavaOptions");
  }
}
