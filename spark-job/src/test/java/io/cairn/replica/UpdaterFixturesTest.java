/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.settings.UpdaterSettings;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Optimizers, schedules and groups of the settings against what PyTorch makes of them (LAMB: numpy,
 * from the paper) in 20 updates. {@code updater_fixtures.py} writes the fixtures.
 */
class UpdaterFixturesTest {

  private static final int UPDATES = 20;
  private static final int PER_EPOCH = 5;
  private static final int BATCH = 12;
  private static final int CLASSES = 3;
  private static final JsonNode FIXTURES = fixtures();

  private static JsonNode fixtures() {
    try (InputStream in = UpdaterFixturesTest.class.getResourceAsStream("/updater/pytorch.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Iterator<String> cases() {
    return FIXTURES.get("cases").fieldNames();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void twentyUpdatesAreThoseOfPyTorch(String name) {
    JsonNode fixture = FIXTURES.get("cases").get(name);
    boolean single = fixture.get("float32").asBoolean();
    DataType type = single ? DataType.FLOAT : DataType.DOUBLE;
    try (Replica replica = replica(fixture, type)) {
      Model net = ((Dl4jNetwork) replica.network()).model();
      FIXTURES
          .get("initial")
          .fields()
          .forEachRemaining(
              entry ->
                  net.getParam(key(net, entry.getKey())).assign(array(entry.getValue(), type)));
      for (int update = 0; update < UPDATES; update++) {
        requireRates(replica, fixture, update);
        double loss = update(replica, update, type, fixture.get("normalized").asBoolean());
        assertThat(loss)
            .isCloseTo(fixture.get("losses").get(update).asDouble(), offset(single ? 1e-5 : 1e-10));
        if ((update + 1) % PER_EPOCH == 0) {
          replica.epochDone();
        }
      }
      for (Map.Entry<String, JsonNode> entry : fixture.get("parameters").properties()) {
        INDArray expected = array(entry.getValue(), DataType.DOUBLE);
        INDArray found = net.getParam(key(net, entry.getKey())).castTo(DataType.DOUBLE);
        assertThat(found.reshape(expected.shape()).sub(expected).amaxNumber().doubleValue())
            .as(entry.getKey())
            .isLessThan(single ? 1e-6 : 1e-10);
      }
    }
  }

  private static Replica replica(JsonNode fixture, DataType type) {
    UpdaterSettings updater = Updaters.settings(fixture.get("settings").asText());
    ModelSource source =
        ModelSource.read("test", Configurations.bytes(json(type, fixture)), 5)
            .withUpdater(updater, Updaters.plan(BATCH));
    source.runLasts(UPDATES, UPDATES / PER_EPOCH);
    return new Replica(source.archive(), 16);
  }

  private static String json(DataType type, JsonNode fixture) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .dataType(type)
            .updater(new Sgd(123))
            .list()
            .layer(
                new DenseLayer.Builder()
                    .name("hidden")
                    .nIn(6)
                    .nOut(8)
                    .activation(Activation.TANH)
                    .build());
    if (fixture.get("normalized").asBoolean()) {
      layers.layer(new BatchNormalization.Builder().name("norm").nOut(8).eps(1e-5).build());
    }
    return layers
        .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .name("head")
                .nIn(8)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build())
        .build()
        .toJson();
  }

  /** {@code head_W} is {@code 1_W}, or {@code 2_W} behind a normalization. */
  private static String key(Model net, String named) {
    boolean normalized = net.paramTable().containsKey("1_gamma");
    String layer = named.replaceFirst("_.*", "");
    int index =
        switch (layer) {
          case "hidden" -> 0;
          case "norm" -> 1;
          default -> normalized ? 2 : 1;
        };
    return index + named.substring(layer.length());
  }

  private static INDArray array(JsonNode numbers, DataType type) {
    boolean matrix = numbers.get(0).isArray();
    int rows = matrix ? numbers.size() : 1;
    int columns = matrix ? numbers.get(0).size() : numbers.size();
    INDArray array = Nd4j.create(DataType.DOUBLE, rows, columns);
    for (int row = 0; row < rows; row++) {
      JsonNode line = matrix ? numbers.get(row) : numbers;
      for (int column = 0; column < columns; column++) {
        array.putScalar(row, column, line.get(column).asDouble());
      }
    }
    return array.castTo(type);
  }

  private static void requireRates(Replica replica, JsonNode fixture, int update) {
    JsonNode groups = fixture.get("groups");
    JsonNode rates = fixture.get("rates").get(update);
    assertThat(replica.learningRates()).hasSize(groups.size() > 1 ? groups.size() : 0);
    for (int group = 0; group < groups.size(); group++) {
      String name = groups.get(group).asText();
      double rate = replica.learningRates().getOrDefault(name, replica.learningRate());
      assertThat(rate)
          .as("group %s before update %d", name, update + 1)
          .isCloseTo(rates.get(group).asDouble(), offset(1e-15));
    }
  }

  /** In micro-batches of 5, but where their statistics would differ from the batch's. */
  private static double update(Replica replica, int update, DataType type, boolean whole) {
    INDArray x = array(FIXTURES.get("x").get(update), type);
    INDArray y = Nd4j.zeros(type, BATCH, CLASSES);
    for (int i = 0; i < BATCH; i++) {
      y.putScalar(i, FIXTURES.get("y").get(update).get(i).asInt(), 1);
    }
    int micro = whole ? BATCH : 5;
    replica.clear();
    double loss = 0;
    for (int from = 0; from < BATCH; from += micro) {
      MultiDataSet batch =
          Configurations.rows(
              new org.nd4j.linalg.dataset.DataSet(x, y), from, Math.min(BATCH, from + micro));
      loss += replica.accumulate(batch, from);
    }
    replica.update(BATCH, replica.gradientSumNorm(), OptionalDouble.empty());
    return loss / BATCH;
  }
}
