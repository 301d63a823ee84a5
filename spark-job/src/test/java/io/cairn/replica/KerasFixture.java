/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * A Keras file, and what Keras itself makes of it. The files were written by {@code
 * src/test/python/keras_fixtures.py}.
 *
 * @param row the row of docs/keras.md that it holds: section, slash, first cell
 * @param file its name in the archive of the version that wrote it
 * @param content its bytes
 * @param expected what Keras found, or the sentence with which the file is refused
 */
record KerasFixture(String row, String file, byte[] content, JsonNode expected) {

  /** All fixtures of all versions. */
  static List<KerasFixture> all() throws IOException {
    List<KerasFixture> fixtures = new ArrayList<>();
    for (String version : List.of("tf215", "k3")) {
      Map<String, byte[]> entries = entries("/keras/" + version + ".zip");
      for (JsonNode entry : new ObjectMapper().readTree(entries.get("fixtures.json"))) {
        for (JsonNode file : entry.get("files")) {
          fixtures.add(
              new KerasFixture(
                  entry.get("row").asText(),
                  version + "/" + file.asText(),
                  entries.get(file.asText()),
                  entry));
        }
      }
    }
    return fixtures;
  }

  private static Map<String, byte[]> entries(String resource) throws IOException {
    Map<String, byte[]> entries = new HashMap<>();
    try (InputStream in = KerasFixture.class.getResourceAsStream(resource);
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), zip.readAllBytes());
      }
    }
    return entries;
  }

  /** Part of the sentence with which the file must be refused; empty if it must be read. */
  Optional<String> refused() {
    return Optional.ofNullable(expected.get("refused")).map(JsonNode::asText);
  }

  /** Part of a note that the model must come with, if any. */
  Optional<String> note() {
    return Optional.ofNullable(expected.get("note")).map(JsonNode::asText);
  }

  /** The model's outputs in Keras for all examples, before any training. */
  INDArray[] outputs() {
    return arrays("outputs");
  }

  /** The loss before each update, with the terms of regularisation. */
  double[] losses() {
    JsonNode losses = expected.get("losses");
    double[] values = new double[losses.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = losses.get(i).doubleValue();
    }
    return values;
  }

  /**
   * The coefficient of a weight decay, whose score DL4J counts into the loss and Keras does not.
   */
  double weightDecay() {
    return expected.path("weightDecay").asDouble(0);
  }

  /** What Keras counts into every loss and DL4J does not. */
  double constant() {
    return expected.path("constant").asDouble(0);
  }

  /** The examples, all in one batch. */
  MultiDataSet examples() {
    return new MultiDataSet(arrays("inputs"), arrays("labels"));
  }

  /** Where micro-batches end: two ragged ones, or one where the statistics of a batch count. */
  int[] ends() {
    int count = Math.toIntExact(arrays("inputs")[0].size(0));
    return expected.get("wholeBatch").asBoolean() ? new int[] {count} : new int[] {4, count};
  }

  /** Some of the examples. */
  static MultiDataSet rows(MultiDataSet examples, int from, int to) {
    return new MultiDataSet(
        rows(examples.getFeatures(), from, to), rows(examples.getLabels(), from, to));
  }

  private static INDArray[] rows(INDArray[] arrays, int from, int to) {
    INDArray[] rows = new INDArray[arrays.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = arrays[i].get(NDArrayIndex.interval(from, to)).dup();
    }
    return rows;
  }

  private INDArray[] arrays(String key) {
    JsonNode list = expected.get(key);
    INDArray[] arrays = new INDArray[list.size()];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = array(list.get(i));
    }
    return arrays;
  }

  private static INDArray array(JsonNode node) {
    JsonNode values = node.get("values");
    float[] flat = new float[values.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = values.get(i).floatValue();
    }
    JsonNode axes = node.get("shape");
    long[] shape = new long[axes.size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = axes.get(i).asLong();
    }
    return Nd4j.create(flat, shape, 'c').castTo(DataType.FLOAT);
  }

  @Override
  public String toString() {
    return row + " (" + file + ")";
  }
}
