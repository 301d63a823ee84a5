/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Makes copies of a Deeplearning4j network without noise: dropout and weight noise are left out,
 * and a leak that would be drawn at random has its mean. The copies are made from the
 * configuration's JSON, so that it does not matter which layer, or which layer inside another,
 * draws noise.
 *
 * <p>Threading: the thread of the network.
 */
final class QuietCopy implements QuietCopies {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CLASS = "@class";
  private static final String DROPOUT = "idropout";
  private static final String WEIGHT_NOISE = "weightNoise";
  private static final String DATA_TYPE = "dataType";

  private final Network network;
  private final JsonNode whole;
  private final JsonNode tree;
  private boolean noisy;

  QuietCopy(Dl4jNetwork network) {
    this.network = network;
    this.whole = ConfigurationTree.of(network);
    quieten(whole);
    this.tree = whole.deepCopy();
    ConfigurationTree.removeUpdaters(tree);
  }

  @Override
  public boolean isNoisy() {
    return noisy;
  }

  @Override
  public Network same() {
    return in(network.parameters().dataType());
  }

  @Override
  public Network in(DataType type) {
    return copy(tree, type, null);
  }

  @Override
  public Network withUpdater(DataType type) {
    return copy(whole, type, network.updaterState());
  }

  private Network copy(JsonNode of, DataType type, INDArray updaterState) {
    JsonNode typed = of.deepCopy();
    retype(typed, network.parameters().dataType().name(), type.name());
    ModelConfiguration configuration =
        ModelConfiguration.parse("the model's copy without noise", typed.toString());
    if (type == network.parameters().dataType()) {
      return configuration.network(network.parameters(), updaterState);
    }
    INDArray parameters = network.parameters().castTo(type);
    INDArray state = updaterState == null ? null : updaterState.castTo(type);
    Network copy = configuration.network(parameters, state);
    Dl4jNetwork.close(parameters);
    if (state != null) {
      Dl4jNetwork.close(state);
    }
    return copy;
  }

  private void quieten(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (String noise : new String[] {DROPOUT, WEIGHT_NOISE}) {
        if (object.hasNonNull(noise)) {
          noisy = true;
          object.putNull(noise);
        }
      }
      for (Map.Entry<String, JsonNode> field :
          (Iterable<Map.Entry<String, JsonNode>>) object::fields) {
        meanLeak(field.getValue()).ifPresent(field::setValue);
        quieten(field.getValue());
      }
    } else if (node instanceof ArrayNode array) {
      array.forEach(this::quieten);
    }
  }

  private Optional<JsonNode> meanLeak(JsonNode activation) {
    if (!activation.path(CLASS).asText().equals(ActivationRReLU.class.getName())) {
      return Optional.empty();
    }
    noisy = true;
    double low = activation.path("l").asDouble(ActivationRReLU.DEFAULT_L);
    double high = activation.path("u").asDouble(ActivationRReLU.DEFAULT_U);
    return Optional.of(
        JSON.createObjectNode()
            .put(CLASS, ActivationLReLU.class.getName())
            .put("alpha", (low + high) / 2));
  }

  private static void retype(JsonNode node, String from, String to) {
    if (node instanceof ObjectNode object && object.path(DATA_TYPE).asText().equals(from)) {
      object.put(DATA_TYPE, to);
    }
    node.forEach(child -> retype(child, from, to));
  }
}
