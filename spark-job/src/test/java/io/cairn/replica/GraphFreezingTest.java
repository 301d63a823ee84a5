/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.replica.samediff.GraphFreezing;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.replica.samediff.GraphParameter.Use;
import io.cairn.settings.GraphSettings.Loss;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/** {@code model.fine-tune} freezes what a graph has; PyTorch's numbers are {@code tuned.npz}'s. */
class GraphFreezingTest {

  private static final int UPDATES = 20;
  private static final String UNTIL = "freeze-until = model.bert.encoder.layer.0";
  private static final String SOME = "freeze = [\"*LayerNorm.weight\", \"*layer.1.attention*\"]";

  private static GraphModel frozen(GraphModel model, String hocon) {
    return model.frozen(new GraphFreezing(model, "bert").wanted(Updaters.fineTune(hocon)));
  }

  private static double gap(INDArray found, INDArray expected) {
    return found.reshape(expected.shape()).sub(expected).amaxNumber().doubleValue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"until|" + UNTIL, "some|" + SOME})
  void twentyUpdatesAreThoseOfPyTorchWithoutGradientsOfWhatIsFrozen(String name, String hocon) {
    Map<String, INDArray> arrays = OnnxFixture.tuned();
    SameDiffNetwork network =
        OnnxFixture.BERT.adamW(
            UPDATES, frozen(OnnxFixture.BERT.model("double", Loss.SPARSE, DataType.DOUBLE), hocon));
    INDArray before = network.parameters().dup();
    MultiDataSet all = OnnxFixture.BERT.examples(DataType.DOUBLE);
    for (int update = 0; update < UPDATES; update++) {
      double loss = OnnxFixture.update(network, all);
      assertThat(loss)
          .as("loss before update %d", update + 1)
          .isCloseTo(arrays.get(name + "/losses").getDouble(update), offset(1e-11));
    }
    int trained = 0;
    for (GraphParameter parameter : network.model().parameters()) {
      INDArray now = GraphModel.view(network.parameters(), parameter);
      INDArray should = arrays.get(name + "/p64/" + parameter.name());
      assertThat(parameter.use())
          .as(parameter.name())
          .isEqualTo(should == null ? Use.FROZEN : Use.TRAINED);
      if (should == null) {
        assertThat(now).as(parameter.name()).isEqualTo(GraphModel.view(before, parameter));
      } else {
        assertThat(gap(now, should)).as(parameter.name()).isLessThan(1e-10);
        trained++;
      }
    }
    assertThat(arrays.keySet().stream().filter(it -> it.startsWith(name + "/p64/")))
        .hasSize(trained);
  }

  private static ModelSource bert(String hocon) {
    return ModelSource.read(
            "bert.onnx", OnnxFixture.BERT.file(17), 0, OnnxFixture.BERT.wishes(Loss.SPARSE))
        .fineTuned(Updaters.fineTune(hocon), 0);
  }

  private static void updates(Replica replica, int from, int to) {
    for (int update = from; update < to; update++) {
      replica.clear();
      MultiDataSet some =
          Graphs.part(OnnxFixture.BERT.examples(DataType.FLOAT), 4 * update, 4 * update + 4);
      replica.accumulate(some, 1);
      replica.updateWeighted(4, 4, replica.gradientSumNorm(), OptionalDouble.empty());
    }
  }

  private static Map<String, byte[]> entries(Replica replica) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    replica.network().write(out);
    Map<String, byte[]> entries = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), zip.readAllBytes());
      }
    }
    entries.put("model.zip", out.toByteArray());
    return entries;
  }

  @Test
  void whatIsFrozenIsNeitherSummedNorKeptByTheOptimizerAndComesOutToTheBit() throws IOException {
    ModelSource source = bert(UNTIL);
    long frozen = source.parameterCount() - source.gradientCount();
    assertThat(source.updaterStateCount()).isEqualTo(2 * source.gradientCount());
    assertThat(source.notes())
        .anyMatch(
            it ->
                it.startsWith(
                        "%d variables, with %,d of %,d"
                            .formatted(21, frozen, source.parameterCount()))
                    && it.contains("(model.bert.encoder.layer.0.attention.self.query.weight)"));
    try (Replica replica = new Replica(source.archive(), 0)) {
      updates(replica, 0, 3);
      assertThat(replica.gradientCount()).isEqualTo(source.gradientCount());
      Map<String, byte[]> written = entries(replica);
      Map<String, TensorProto> before = initializers(OnnxFixture.BERT.file(17));
      Map<String, TensorProto> after = initializers(written.get("model.onnx"));
      SameDiff own = SameDiff.load(new ByteArrayInputStream(written.get("samediff.fb")), true);
      assertThat(own.getUpdaterMap())
          .hasSize(((SameDiffNetwork) replica.network()).model().trained().size());
      for (GraphParameter it : ((SameDiffNetwork) replica.network()).model().parameters()) {
        boolean stays = it.use() == Use.FROZEN;
        assertThat(after.get(it.name()).equals(before.get(it.name())))
            .as(it.name())
            .isEqualTo(stays);
        assertThat(own.getVariable(it.name()).getVariableType())
            .as(it.name())
            .isEqualTo(stays ? VariableType.CONSTANT : VariableType.VARIABLE);
      }
      ModelSource next = ModelSource.read("model.zip", written.get("model.zip"), 0);
      assertThat(next.gradientCount()).isEqualTo(source.gradientCount());
      assertThat(next.iteration()).isEqualTo(3);
      // What is asked for besides is frozen besides.
      ModelSource more =
          next.fineTuned(Updaters.fineTune("freeze = \"*pooler*\", updater = archive"), 0);
      assertThat(more.gradientCount()).isEqualTo(source.gradientCount() - 16 * 17);
      assertThat(more.iteration()).isEqualTo(3);
      assertThat(more.updaterStateCount()).isEqualTo(2 * more.gradientCount());
    }
  }

  private static Map<String, TensorProto> initializers(byte[] file) throws IOException {
    Map<String, TensorProto> found = new HashMap<>();
    ModelProto.parseFrom(file)
        .getGraph()
        .getInitializerList()
        .forEach(it -> found.put(it.getName(), it));
    return found;
  }

  @Test
  void aTunedRunGoesOnBitForBitFromACheckpointAndFromItsModel() throws IOException {
    try (Replica whole = new Replica(bert(SOME).archive(), 0);
        Replica first = new Replica(bert(SOME).archive(), 0);
        Replica second = new Replica(bert(SOME).archive(), 0)) {
      updates(whole, 0, 6);
      updates(first, 0, 3);
      SavedState.goOn(second, first);
      updates(second, 3, 6);
      assertThat(second.state().digest()).isEqualTo(whole.state().digest());
      try (Replica left = new Replica(entries(first).get("model.zip"), 0)) {
        updates(left, 3, 6);
        assertThat(left.state().digest()).isEqualTo(whole.state().digest());
      }
    }
  }

  /**
   * By default the optimizer begins afresh; with the archive's state it goes on for what is left.
   */
  @Test
  void theOptimizerBeginsAfreshOrGoesOnWithWhatIsStillTrained() throws IOException {
    byte[] left;
    try (Replica run = new Replica(bert("freeze = \"*embeddings*\"").archive(), 0)) {
      updates(run, 0, 2);
      left = entries(run).get("model.zip");
    }
    SameDiffNetwork before = network(ModelSource.read("model.zip", left, 0));
    SameDiffNetwork fresh =
        network(ModelSource.read("model.zip", left, 0).fineTuned(Updaters.fineTune(SOME), 0));
    SameDiffNetwork kept =
        network(
            ModelSource.read("model.zip", left, 0)
                .fineTuned(Updaters.fineTune(SOME + ", updater = archive"), 0));
    assertThat(fresh.iteration()).isZero();
    assertThat(fresh.updaterState().amaxNumber().doubleValue()).isZero();
    assertThat(kept.iteration()).isEqualTo(2);
    for (GraphParameter parameter : kept.model().trained()) {
      for (int part = 0; part < 2; part++) {
        assertThat(state(kept, parameter.name(), part))
            .as(parameter.name())
            .isEqualTo(state(before, parameter.name(), part));
      }
    }
  }

  private static SameDiffNetwork network(ModelSource source) {
    return (SameDiffNetwork) new Replica(source.archive(), 0).network();
  }

  private static INDArray state(SameDiffNetwork network, String name, int part) {
    GraphParameter of =
        network.model().parameters().stream()
            .filter(it -> it.name().equals(name))
            .findFirst()
            .orElseThrow();
    UpdaterRange range =
        network.updaterRanges().stream()
            .filter(it -> it.part() == part && it.parameterOffset() <= of.offset())
            .filter(it -> of.offset() < it.parameterOffset() + it.length())
            .findFirst()
            .orElseThrow();
    INDArray state = network.updaterState();
    long from = range.stateOf(of.offset());
    return Graphs.interval(state.reshape(state.length()), from, from + of.length());
  }

  @Test
  void theSelfCheckHoldsGradientsOfWhatIsTrainedAlone() {
    for (String hocon : List.of(UNTIL, SOME)) {
      SelfCheckReport report =
          bert(hocon)
              .trials()
              .selfCheck(
                  Graphs.part(OnnxFixture.BERT.examples(DataType.FLOAT), 0, 8),
                  SelfCheck.Allowance.of(10_000_000_000L),
                  System::nanoTime);
      assertThat(report.refusal()).isEmpty();
    }
  }

  @Test
  void namesOfValuesOfLayersAndOfParametersFreezeWhatTheyAreMadeOf() {
    long all = bert("freeze = model.classifier").parameterCount();
    long pooler = 16 * 17;
    long head = 3 * 17;
    assertThat(bert("freeze-until = model.bert.pooler").gradientCount()).isEqualTo(head);
    assertThat(
            bert("freeze-until = \"/model/bert/pooler/activation/Tanh_output_0\"").gradientCount())
        .isEqualTo(head);
    assertThat(bert("freeze-until = model.bert.encoder").gradientCount()).isEqualTo(head + pooler);
    assertThat(bert("freeze-until = model.bert.embeddings.LayerNorm.bias").gradientCount())
        .isEqualTo(all - 16 * (40 + 24 + 2) - 2 * 16);
    assertThat(bert("freeze = model.bert.encoder.layer.0.attention.self.query").gradientCount())
        .isEqualTo(all - 16 * 17);
  }

  private static void refused(String hocon, String words) {
    assertThatThrownBy(() -> bert(hocon))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(words);
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    refused(
        "freeze = \"x*\"",
        "model.fine-tune.freeze: 'x*' fits no variable of bert.onnx, which has model.bert.embeddings.LayerNorm.bias, ");
    refused(
        "freeze-until = pool",
        "model.fine-tune.freeze-until = pool: bert.onnx has no variable, layer or value of that name; it has model.bert");
    refused("freeze-until = input_ids", "nothing that bert.onnx trains goes into it");
    refused(
        "freeze = \"*\"", "model.fine-tune freezes every variable of bert.onnx that is trained");
    refused(
        "replace-output { classes = 4 }, add = [{ \"@class\" = \"a.b.Dense\" }]",
        "model.fine-tune.add: bert.onnx is a graph, and what is added are layers of Deeplearning4j");
    refused("freeze = \"*pooler*\", updater = archive", "bert.onnx holds no state of an updater");
    assertThatThrownBy(
            () ->
                bert(UNTIL)
                    .withUpdater(
                        Updaters.settings(
                            "type = sgd, learning-rate = 1, groups = [{ layers = \"*embeddings*\", learning-rate = 2 }]"),
                        Updaters.plan(4)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no parameters are left for the group '*embeddings*'")
        .hasMessageContaining("frozen ones are in no group");
  }
}
