/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * A Deeplearning4j network's configuration as JSON, of which a changed copy of the network is made.
 * Its own {@code clone} shares what a layer holds, such as the layer inside another; JSON shares
 * nothing, and does not care which layer holds what.
 *
 * <p>Threading: stateless.
 */
final class ConfigurationTree {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UPDATER = "iupdater";
  private static final String BIAS_UPDATER = "biasUpdater";

  private ConfigurationTree() {}

  /** The network's present configuration, counts included. */
  static JsonNode of(Dl4jNetwork network) {
    try {
      return JSON.readTree(network.configurationJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("DL4J's own configuration is not JSON", e);
    }
  }

  /** Puts updaters that keep nothing in the place of all updaters. */
  static void removeUpdaters(JsonNode node) {
    if (node instanceof ObjectNode object) {
      if (object.hasNonNull(UPDATER)) {
        object.putObject(UPDATER).put("@class", NoOp.class.getName());
      }
      if (object.has(BIAS_UPDATER)) {
        object.putNull(BIAS_UPDATER);
      }
    }
    node.forEach(ConfigurationTree::removeUpdaters);
  }
}
