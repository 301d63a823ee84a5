/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.ReduceTiming;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What a run's end says of its best model is what plain DL4J finds in the files it leaves. */
class BestModelMeasuresTest {

  private static final int HELD = 40;

  @TempDir Path directory;

  private LoopRun run(Models kind, String name, int workers, long updates) throws Exception {
    ExampleLayout layout = kind.layout(ElementKind.FLOAT64);
    byte[] archive =
        ModelSource.read(
                "test",
                kind.configuration(ElementKind.FLOAT64, Models.Optimizer.ADAM_SCHEDULE_DECAY),
                11)
            .archive();
    return new LoopRun(
            directory.resolve(name).resolve("run"),
            layout,
            new BatchPlan(workers, 6 / workers, 2),
            Records.random(layout, 61, 3),
            updates,
            archive)
        .validatingOn(Records.random(layout, HELD, 8))
        .savingEvery(3);
  }

  private Path file(String run, String name) {
    return directory.resolve(run).resolve("run").resolve(name);
  }

  private JsonNode measures(String run) throws Exception {
    return new ObjectMapper().readTree(file(run, "validation.json").toFile());
  }

  /** By DL4J's own evaluation, and the calibration by its definition. */
  private static void requireThoseOf(
      MultiLayerNetwork model, MultiDataSet held, JsonNode measures) {
    INDArray outputs =
        model.output(
            held.getFeatures(0),
            false,
            held.hasMaskArrays() ? held.getFeaturesMaskArray(0) : null,
            null);
    INDArray mask = held.hasMaskArrays() ? held.getLabelsMaskArray(0) : null;
    Evaluation evaluation = new Evaluation((int) outputs.size(1));
    evaluation.eval(held.getLabels(0), outputs, mask);
    JsonNode output = measures.at("/outputs/0");
    for (int right = 0; right < outputs.size(1); right++) {
      assertThat(output.at("/classes/" + right + "/class").textValue()).isEqualTo("" + right);
      for (int found = 0; found < outputs.size(1); found++) {
        assertThat(output.at("/confusion/" + right + "/" + found).intValue())
            .isEqualTo(evaluation.getConfusionMatrix().getCount(right, found));
      }
    }
    assertThat(measures.at("/values/accuracy").doubleValue())
        .isCloseTo(evaluation.accuracy(), offset(1e-12));
    double weight = 0;
    double right = 0;
    double probability = 0;
    for (JsonNode bin : output.path("calibration")) {
      weight += bin.path("weight").doubleValue();
      right += bin.path("weight").doubleValue() * bin.path("accuracy").doubleValue();
      probability += bin.path("weight").doubleValue() * bin.path("meanProbability").doubleValue();
    }
    INDArray largest = outputs.max(1);
    double all = (mask == null ? largest : largest.mul(mask)).sumNumber().doubleValue();
    assertThat(probability).isCloseTo(all, offset(1e-9));
    assertThat(right / weight).isCloseTo(evaluation.accuracy(), offset(1e-12));
  }

  @Test
  void withoutAWatchedMetricItIsTheFinalModelAlsoBetweenTwoValidations() throws Exception {
    LoopRun run = run(Models.DENSE, "run", 2, 8);
    run.train();
    JsonNode measures = measures("run");
    assertThat(measures.path("model").textValue()).isEqualTo("model.zip");
    assertThat(measures.path("update").longValue()).isEqualTo(8);
    assertThat(measures.path("examples").longValue()).isEqualTo(HELD);
    List<JsonNode> validations = run.metrics("validation");
    assertThat(validations.get(validations.size() - 1).path("update").longValue()).isLessThan(8);
    ExampleLayout layout = Models.DENSE.layout(ElementKind.FLOAT64);
    requireThoseOf(run.model(), run.batch(Records.random(layout, HELD, 8)), measures);
  }

  @Test
  void maskedStepsDoNotCount() throws Exception {
    LoopRun run = run(Models.LSTM_MASKED, "run", 3, 4);
    run.train();
    ExampleLayout layout = Models.LSTM_MASKED.layout(ElementKind.FLOAT64);
    requireThoseOf(run.model(), run.batch(Records.random(layout, HELD, 8)), measures("run"));
  }

  @Test
  void ofSeveralOutputsThoseWithClassesAreTold() throws Exception {
    run(Models.GRAPH, "run", 2, 4).train();
    JsonNode outputs = measures("run").path("outputs");
    assertThat(outputs).hasSize(1);
    assertThat(outputs.at("/0/output").textValue()).isEqualTo("class");
  }

  /** Whoever is killed while the best model is measured, the next attempt measures it. */
  @Test
  void aRunThatIsKilledWhileItIsMeasuredIsMeasuredByTheNextAttempt() throws Exception {
    StopRule rule = new StopRule(2, "loss", 3, 0);
    AtomicInteger sums = new AtomicInteger();
    LoopRun undisturbed =
        run(Models.DENSE, "undisturbed", 2, 400)
            .stopping(rule)
            .wrapping(group -> new Failing(group, sums, Integer.MAX_VALUE));
    List<RankReport> reports = undisturbed.train();
    JsonNode measures = measures("undisturbed");
    assertThat(measures.path("model").textValue()).isEqualTo("model-best.zip");
    assertThat(measures.path("update").longValue()).isLessThan(reports.get(0).update());
    ExampleLayout layout = Models.DENSE.layout(ElementKind.FLOAT64);
    requireThoseOf(
        MultiLayerNetwork.load(file("undisturbed", "model-best.zip").toFile(), false),
        undisturbed.batch(Records.random(layout, HELD, 8)),
        measures);

    // The last three sums: which model, who has it, and what it does.
    for (int fromLast = 0; fromLast < 3; fromLast++) {
      String name = "killed-" + fromLast;
      AtomicInteger own = new AtomicInteger();
      int at = sums.get() - fromLast;
      LoopRun killed =
          run(Models.DENSE, name, 2, 400)
              .stopping(rule)
              .wrapping(group -> new Failing(group, own, at));
      assertThatThrownBy(killed::train).isInstanceOf(ExecutionException.class);
      assertThat(file(name, "validation.json")).doesNotExist();
      List<Long> saved = killed.checkpoints();
      long from = saved.get(saved.size() - 1);
      assertThat(from).as("nothing is left to be trained").isEqualTo(reports.get(0).update());
      killed.wrapping(group -> group).train(from, rank -> () -> StopVote.NONE);
      assertThat(file(name, "validation.json"))
          .hasBinaryContent(Files.readAllBytes(file("undisturbed", "validation.json")));
      assertThat(file(name, "best")).doesNotExist();
    }
  }

  @Test
  void withoutClassesOrValidationDataNothingIsMeasured() throws Exception {
    run(Models.DENSE, "none-held", 2, 4).validatingOn(List.of()).train();
    assertThat(file("none-held", "validation.json")).doesNotExist();

    ExampleLayout layout =
        new ExampleLayout(
            ElementKind.FLOAT64,
            List.of(
                Field.vector("x", Field.Role.INPUT, 7), Field.vector("y", Field.Role.OUTPUT, 2)));
    String json =
        new NeuralNetConfiguration.Builder()
            .dataType(DataType.DOUBLE)
            .list()
            .layer(
                new OutputLayer.Builder(LossFunction.MSE)
                    .nIn(7)
                    .nOut(2)
                    .activation(Activation.IDENTITY)
                    .build())
            .build()
            .toJson();
    new LoopRun(
            directory.resolve("numbers").resolve("run"),
            layout,
            new BatchPlan(2, 3, 2),
            Records.random(layout, 61, 3),
            4,
            ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive())
        .validatingOn(Records.random(layout, HELD, 8))
        .train();
    assertThat(file("numbers", "validation.json")).doesNotExist();
  }

  /** Rank 0 fails in one of its sums. */
  private static final class Failing extends AlteredAllReduce {
    private final AtomicInteger sums;
    private final int at;

    Failing(AllReduce group, AtomicInteger sums, int at) {
      super(group);
      this.sums = sums;
      this.at = at;
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      if (rank() == 0 && sums.incrementAndGet() == at) {
        throw new IllegalStateException("killed after update " + update);
      }
      return super.sum(update, buffer, layout);
    }
  }
}
