/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** The bits of a window's sum do not depend on how many threads compute it. */
class SideBySideTest {

  private static final int FEATURES = 7;
  private static final int CLASSES = 4;
  private static final int STEPS = 5;

  /** Networks whose passes leave something behind, or draw noise. */
  private enum Kind {
    DROPOUT_BY_SCHEDULE {
      @Override
      String json() {
        Map<Integer, Double> retained = Map.of(0, 0.9, 1, 0.5, 2, 0.7);
        return base()
            .list()
            .layer(
                new DenseLayer.Builder()
                    .nIn(FEATURES)
                    .nOut(9)
                    .dropOut(new Dropout(new MapSchedule(ScheduleType.ITERATION, retained)))
                    .build())
            .layer(
                new DenseLayer.Builder().nIn(9).nOut(6).weightNoise(new DropConnect(0.8)).build())
            .layer(output(6))
            .build()
            .toJson();
      }
    },
    BATCH_STATISTICS {
      @Override
      String json() {
        return base()
            .list()
            .layer(new DenseLayer.Builder().nIn(FEATURES).nOut(9).build())
            .layer(new BatchNormalization.Builder().nOut(9).build())
            .layer(output(9))
            .build()
            .toJson();
      }
    },
    GRAPH {
      @Override
      String json() {
        return base()
            .graphBuilder()
            .addInputs("in")
            .addLayer("left", new DenseLayer.Builder().nIn(FEATURES).nOut(5).build(), "in")
            .addLayer(
                "right", new DenseLayer.Builder().nIn(FEATURES).nOut(4).dropOut(0.6).build(), "in")
            .addVertex("both", new MergeVertex(), "left", "right")
            .addLayer("out", output(9), "both")
            .setOutputs("out")
            .build()
            .toJson();
      }
    },
    MASKED_SEQUENCES {
      @Override
      String json() {
        return base()
            .list()
            .layer(new LSTM.Builder().nIn(FEATURES).nOut(5).build())
            .layer(
                new RnnOutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(5)
                    .nOut(CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
      }

      @Override
      MultiDataSet batch(int examples, int seed) {
        Nd4j.getRandom().setSeed(seed + 1L);
        INDArray mask = Nd4j.ones(DataType.FLOAT, examples, 6);
        for (int i = 1; i < examples; i++) {
          mask.get(NDArrayIndex.point(i), NDArrayIndex.interval(6 - i % 4, 6)).assign(0);
        }
        INDArray labels = Nd4j.zeros(DataType.FLOAT, examples, CLASSES, 6);
        for (int i = 0; i < examples; i++) {
          labels.get(NDArrayIndex.point(i), NDArrayIndex.point(i % CLASSES)).assign(1);
        }
        return new MultiDataSet(
            new INDArray[] {Nd4j.rand(DataType.FLOAT, examples, FEATURES, 6)},
            new INDArray[] {labels},
            new INDArray[] {mask},
            new INDArray[] {mask.dup()});
      }
    },
    WEIGHTED {
      @Override
      String json() {
        return DROPOUT_BY_SCHEDULE.json();
      }

      @Override
      MultiDataSet batch(int examples, int seed) {
        MultiDataSet batch = super.batch(examples, seed);
        batch.setExampleMetaData(
            new ArrayList<>(IntStream.range(0, examples).mapToObj(i -> 0.25 + i % 3).toList()));
        return batch;
      }
    };

    abstract String json();

    MultiDataSet batch(int examples, int seed) {
      Nd4j.getRandom().setSeed(seed + 1L);
      INDArray labels = Nd4j.zeros(DataType.FLOAT, examples, CLASSES);
      for (int i = 0; i < examples; i++) {
        labels.putScalar(i, (i + seed) % CLASSES, 1);
      }
      return new MultiDataSet(Nd4j.rand(DataType.FLOAT, examples, FEATURES), labels);
    }
  }

  private static NeuralNetConfiguration.Builder base() {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .dataType(DataType.FLOAT)
        .updater(new Adam(1e-2))
        .activation(Activation.TANH)
        .l2(1e-3);
  }

  private static OutputLayer output(int in) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(in)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static Replica replica(String json, int threads) {
    byte[] archive = ModelSource.read("test", Configurations.bytes(json), 5).archive();
    return new Replica(() -> new ByteArrayInputStream(archive), 16, threads);
  }

  /** Micro-batches of an update; the last is short. */
  private static List<MultiDataSet> window(Kind kind, int update) {
    return IntStream.range(0, STEPS)
        .mapToObj(step -> kind.batch(step == STEPS - 1 ? 3 : 8, 10 * update + step))
        .toList();
  }

  private record Course(List<Double> losses, List<Double> weights, List<Integer> digests) {}

  private static Course train(Kind kind, int threads) throws InterruptedException {
    Course course = new Course(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    try (Replica replica = replica(kind.json(), threads)) {
      for (int update = 0; update < 3; update++) {
        List<MultiDataSet> window = window(kind, update);
        long seed = 100L * update + 1;
        replica.clear();
        WindowSums sums =
            replica.accumulate(window.size(), window.iterator()::next, pass -> seed + pass);
        replica.update(8 * STEPS - 5, replica.gradientSumNorm(), OptionalDouble.empty());
        course.losses().add(sums.lossSum());
        course.weights().add(sums.weight());
        course.digests().add(replica.state().digest());
      }
    }
    return course;
  }

  @ParameterizedTest
  @EnumSource
  void theBitsAreThoseOfOneThread(Kind kind) throws Exception {
    Course alone = train(kind, 1);
    assertThat(alone.digests()).doesNotHaveDuplicates();
    assertThat(train(kind, 1)).isEqualTo(alone);
    assertThat(train(kind, 2)).isEqualTo(alone);
    assertThat(train(kind, 3)).isEqualTo(alone);
    assertThat(train(kind, STEPS + 2)).as("more threads than micro-batches").isEqualTo(alone);
  }

  @Test
  void oneThreadSumsAsPassAfterPassDoes() throws Exception {
    List<MultiDataSet> window = window(Kind.DROPOUT_BY_SCHEDULE, 0);
    try (Replica replica = replica(Kind.DROPOUT_BY_SCHEDULE.json(), 1)) {
      double lossSum = 0;
      replica.clear();
      for (int pass = 0; pass < window.size(); pass++) {
        lossSum += replica.accumulate(window.get(pass), pass + 1);
      }
      double norm = replica.gradientSumNorm();
      replica.clear();
      assertThat(replica.accumulate(STEPS, window.iterator()::next, pass -> pass + 1).lossSum())
          .isEqualTo(lossSum);
      assertThat(replica.gradientSumNorm()).isEqualTo(norm);
    }
  }

  @Test
  void validationHasTheSameBits() throws Exception {
    List<Double> losses = new ArrayList<>();
    for (int threads = 1; threads <= 3; threads++) {
      try (Replica replica = replica(Kind.BATCH_STATISTICS.json(), threads)) {
        ValidationSums sums =
            new ValidationSums(
                List.of(new Measured(Measured.OutputKind.CLASSES, 1, Measured.StepAxis.LAST)));
        replica.validate(STEPS, window(Kind.BATCH_STATISTICS, 0).iterator()::next, sums);
        assertThat(sums.examples()).isEqualTo(8 * STEPS - 5);
        losses.add(sums.loss());
      }
    }
    assertThat(losses).containsOnly(losses.get(0));
  }

  /** Passes that do as they are told, for the order of things. */
  private abstract static class Told implements SideBySide.Passes<Integer, Integer> {
    final List<Integer> added = new ArrayList<>();
    int taken;

    @Override
    public Integer take() {
      return taken++;
    }

    @Override
    public void add(PassNetwork network, Integer batch, Integer result) {
      added.add(result);
    }
  }

  private static Network network() {
    return ModelConfiguration.parse("test", Configurations.dense()).network(null, null);
  }

  private static List<String> threadsOfPasses() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.contains("-passes-"))
        .toList();
  }

  @Test
  void resultsAreAddedInTheOrderOfPassesThoughTheFirstEndsLast() throws Exception {
    CountDownLatch second = new CountDownLatch(1);
    Told passes =
        new Told() {
          @Override
          public Integer compute(PassNetwork network, Integer batch, int pass) {
            if (pass == 0) {
              await(second);
            } else {
              second.countDown();
            }
            return pass;
          }
        };
    try (SideBySide sideBySide = new SideBySide(network(), 2)) {
      sideBySide.run(7, passes);
    }
    assertThat(passes.added).containsExactly(0, 1, 2, 3, 4, 5, 6);
    assertThat(passes.taken).isEqualTo(7);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theFirstFailureInTheOrderOfPassesIsThrownAsItselfWhenNoneRunsAnyMore() {
    CountDownLatch later = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    Told passes =
        new Told() {
          @Override
          public Integer compute(PassNetwork network, Integer batch, int pass) {
            running.incrementAndGet();
            try {
              if (pass == 1) {
                await(later);
                throw new OutOfMemoryError("pass 1");
              }
              if (pass == 2) {
                later.countDown();
                throw new IllegalStateException("pass 2");
              }
              return pass;
            } finally {
              running.decrementAndGet();
            }
          }
        };
    try (SideBySide sideBySide = new SideBySide(network(), 3)) {
      assertThatThrownBy(() -> sideBySide.run(9, passes))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessage("pass 1");
      assertThat(running).hasValue(0);
      assertThat(passes.added).containsExactly(0);
      assertThat(passes.taken).isLessThanOrEqualTo(4);
    }
    assertThat(threadsOfPasses()).isEmpty();
  }

  @Test
  @Timeout(60)
  void aThreadThatSomebodyInterruptsEndsThePassesAndNobodyWaitsForIt() {
    Told passes =
        new Told() {
          @Override
          public Integer compute(PassNetwork network, Integer batch, int pass) {
            if (pass == 1) {
              Thread.currentThread().interrupt();
            }
            return pass;
          }
        };
    try (SideBySide sideBySide = new SideBySide(network(), 4)) {
      assertThatThrownBy(() -> sideBySide.run(20, passes))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("somebody interrupted a thread of passes");
    }
    assertThat(threadsOfPasses()).isEmpty();
  }

  @Test
  void aCallerWhoIsInterruptedBeforehandBeginsNothing() throws Exception {
    Told passes =
        new Told() {
          @Override
          public Integer compute(PassNetwork network, Integer batch, int pass) {
            return pass;
          }
        };
    try (SideBySide sideBySide = new SideBySide(network(), 1)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> sideBySide.run(5, passes)).isInstanceOf(InterruptedException.class);
      assertThat(passes.taken).isZero();
    }
  }

  @Test
  void anInterruptedCallerWaitsForPassesThatRunAndBeginsNone() throws Exception {
    CountDownLatch running = new CountDownLatch(2);
    CountDownLatch interrupted = new CountDownLatch(1);
    Told passes =
        new Told() {
          @Override
          public Integer compute(PassNetwork network, Integer batch, int pass) {
            running.countDown();
            if (pass == 1) {
              await(interrupted);
            }
            return pass;
          }
        };
    List<Throwable> thrown = new ArrayList<>();
    Thread caller =
        new Thread(
            () -> {
              try (SideBySide sideBySide = new SideBySide(network(), 2)) {
                sideBySide.run(50, passes);
              } catch (Throwable e) {
                thrown.add(e);
              }
            },
            "interrupted");
    caller.start();
    await(running);
    caller.interrupt();
    // Pass 0 is added; whatever the caller waits for next, he is told.
    interrupted.countDown();
    caller.join(20_000);
    assertThat(caller.isAlive()).isFalse();
    assertThat(thrown).hasSize(1);
    assertThat(thrown.get(0)).isInstanceOf(InterruptedException.class);
    assertThat(passes.taken).isLessThan(50);
    assertThat(threadsOfPasses()).isEmpty();
  }

  /** What all of its kind share decides what it computes. */
  public static final class ThreadsDiffer extends ActivationTanH {
    private static final long serialVersionUID = 1;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      INDArray out = super.getActivation(in, training);
      return Thread.currentThread().getName().contains("-passes-") ? out.muli(0.5) : out;
    }
  }

  @Test
  void aLayerThatComputesSomethingElseBesideOthersIsLeftToOneThread() throws Exception {
    String json =
        base()
            .list()
            .layer(
                new DenseLayer.Builder()
                    .nIn(FEATURES)
                    .nOut(9)
                    .activation(new ThreadsDiffer())
                    .build())
            .layer(output(9))
            .build()
            .toJson();
    try (Replica replica = replica(json, 2)) {
      assertThat(replica.trials().sideBySide(Kind.GRAPH.batch(4, 1)))
          .hasValueSatisfying(why -> assertThat(why).contains("another gradient in", "layer0"));
      assertThat(replica.threads()).isEqualTo(1);
      assertThat(threadsOfPasses()).isEmpty();
    }
  }

  /** Writes to parameters in each pass. */
  public static final class Meddles extends ActivationTanH {
    private static final long serialVersionUID = 1L;
    private static INDArray parameters;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      if (parameters != null) {
        parameters.addi(1e-3);
      }
      return super.getActivation(in, training);
    }
  }

  @Test
  void aLayerThatWritesToParametersIsLeftToOneThreadAndWhatItWroteIsPutBack() throws Exception {
    String json =
        base()
            .list()
            .layer(new DenseLayer.Builder().nIn(FEATURES).nOut(9).activation(new Meddles()).build())
            .layer(output(9))
            .build()
            .toJson();
    try (Replica replica = replica(json, 2)) {
      int digest = replica.state().parameterDigest();
      Meddles.parameters = replica.network().parameters();
      assertThat(replica.trials().sideBySide(Kind.GRAPH.batch(4, 1)))
          .hasValueSatisfying(why -> assertThat(why).contains("a pass changes the parameters of"));
      assertThat(replica.threads()).isEqualTo(1);
      assertThat(replica.state().parameterDigest()).isEqualTo(digest);
    } finally {
      Meddles.parameters = null;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTrialLeavesNothingBehind(Kind kind) throws Exception {
    List<Integer> digests = new ArrayList<>();
    for (int tried = 0; tried < 2; tried++) {
      try (Replica replica = replica(kind.json(), 2)) {
        if (tried == 1) {
          assertThat(replica.trials().sideBySide(kind.batch(4, 1))).isEmpty();
        }
        assertThat(replica.threads()).isEqualTo(2);
        List<MultiDataSet> window = window(kind, 0);
        replica.clear();
        replica.accumulate(window.size(), window.iterator()::next, pass -> pass + 1);
        replica.update(8 * STEPS - 5, replica.gradientSumNorm(), OptionalDouble.empty());
        digests.add(replica.state().digest());
      }
    }
    assertThat(digests.get(1)).isEqualTo(digests.get(0));
  }

  @Test
  void anAbandonedWindowIsForgottenOnEveryThread() throws Exception {
    List<MultiDataSet> window = window(Kind.DROPOUT_BY_SCHEDULE, 0);
    Iterator<MultiDataSet> failing = window.subList(0, 2).iterator();
    try (Replica replica = replica(Kind.DROPOUT_BY_SCHEDULE.json(), 2)) {
      replica.clear();
      assertThatThrownBy(() -> replica.accumulate(STEPS, failing::next, pass -> pass + 1))
          .isInstanceOf(java.util.NoSuchElementException.class);
      replica.abandonWindow();
      replica.clear();
      double lossSum =
          replica.accumulate(STEPS, window.iterator()::next, pass -> pass + 1).lossSum();
      double norm = replica.gradientSumNorm();
      try (Replica other = replica(Kind.DROPOUT_BY_SCHEDULE.json(), 1)) {
        other.clear();
        assertThat(other.accumulate(STEPS, window.iterator()::next, pass -> pass + 1).lossSum())
            .isEqualTo(lossSum);
        assertThat(other.gradientSumNorm()).isEqualTo(norm);
      }
    }
  }
}
