/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.ModelDemand;
import io.cairn.data.Scaling;
import io.cairn.data.Shard;
import io.cairn.data.ValidationBatches;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import io.cairn.settings.SourceSettings;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the model wants decides how data is handed over: the losses are then those of Keras. */
class DemandTest {

  private static final int STEPS = 4;

  @TempDir Path directory;

  private static byte[] resource(String name) throws Exception {
    try (InputStream in = DemandTest.class.getResourceAsStream("/keras/" + name)) {
      return in.readAllBytes();
    }
  }

  private static DataSettings settings(int classes, OptionalInt maxSteps) {
    return new DataSettings(
        new SourceSettings("/unused", "json", Map.of()),
        Optional.empty(),
        OptionalDouble.empty(),
        List.of(new ColumnSettings(List.of("x"), OptionalInt.empty(), List.of(), maxSteps)),
        List.of(
            new ColumnSettings(
                List.of("y"), OptionalInt.of(classes), List.of(), OptionalInt.empty())),
        new Scale.FromModel());
  }

  @ParameterizedTest
  @CsvSource({"lstm-sparse, 3", "lstm-binary, 2"})
  void aSequenceOfAsManyStepsAsValuesTrainsAsInKeras(String name, int classes) throws Exception {
    ModelSource model = ModelSource.read(name, resource(name + ".h5"), 1);
    JsonNode data = new ObjectMapper().readTree(resource(name + ".json"));
    ModelDemand demand = Demand.of(model, settings(classes, OptionalInt.of(STEPS)));
    ExampleLayout layout =
        new ExampleLayout(
            ElementKind.FLOAT32,
            List.of(
                Field.sequence("x", Field.Role.INPUT, 4, STEPS).handedOver(demand.inputs().get(0)),
                Field.classIndex("y", Field.Role.OUTPUT, classes)
                    .handedOver(demand.outputs().get(0))));
    Replica replica = new Replica(model.archive(), 0);
    for (JsonNode expected : data.get("losses")) {
      try (Shard shard =
              Shard.stage(records(data, layout).iterator(), layout, Scaling.none(), directory);
          ValidationBatches batches = ValidationBatches.start(shard, 5)) {
        replica.clear();
        double lossSum = 0;
        for (var batch = batches.next(); batch.isPresent(); batch = batches.next()) {
          lossSum += replica.accumulate(batch.get(), 1);
        }
        assertThat(lossSum / 12).isCloseTo(expected.asDouble(), within(1e-5));
        replica.update(12, replica.gradientSumNorm(), OptionalDouble.empty());
      }
    }
  }

  /** As the encoder writes them: a sequence channel by channel. */
  private static List<byte[]> records(JsonNode data, ExampleLayout layout) {
    List<byte[]> records = new ArrayList<>();
    for (int example = 0; example < 12; example++) {
      ByteBuffer record = ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
      for (int channel = 0; channel < 4; channel++) {
        for (int step = 0; step < STEPS; step++) {
          record.putFloat((float) data.get("x").get(example).get(step * 4 + channel).asDouble());
        }
      }
      record.putInt(STEPS).putInt(data.get("y").get(example).asInt());
      records.add(record.array());
    }
    return records;
  }

  @Test
  void classesThatAnOutputCannotTellApartAreRefused() throws Exception {
    ModelSource sparse = ModelSource.read("sparse", resource("lstm-sparse.h5"), 1);
    assertThatThrownBy(() -> Demand.of(sparse, settings(4, OptionalInt.of(STEPS))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("has 3 units, one a class, but classes = 4");
    ModelSource binary = ModelSource.read("binary", resource("lstm-binary.h5"), 1);
    assertThatThrownBy(() -> Demand.of(binary, settings(3, OptionalInt.of(STEPS))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("is a single unit, which tells 2 classes apart, not classes = 3");
  }

  @Test
  void aSequenceForAModelThatKnowsNoneIsRefused() throws Exception {
    ModelSource dense = ModelSource.read("dense", resource("tiny-mlp.h5"), 1);
    assertThatThrownBy(() -> Demand.of(dense, settings(2, OptionalInt.of(STEPS))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("is a sequence by the settings (max-steps), but in the model layer");
  }

  @Test
  void masksThatWouldLieOverOtherStepsAreRefused() {
    String json =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new TimeDistributed(new DenseLayer.Builder().nIn(4).nOut(4).build()))
            .layer(new RnnOutputLayer.Builder().nIn(4).nOut(3).build())
            .build()
            .toJson();
    ModelSource model = ModelSource.read("m.json", json.getBytes(StandardCharsets.UTF_8), 1);
    assertThatThrownBy(() -> Demand.of(model, settings(3, OptionalInt.of(STEPS))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("TimeDistributed layer, over which Deeplearning4j lays the masks");
  }
}
