/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.updater.GroupUpdater;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * How a graph is trained, as its {@code TrainingConfig} says: optimizer, regularisation, counts.
 * All of it is honoured, or refused by name, but for its evaluations: a run measures by the
 * settings' own.
 *
 * <p>Threading: immutable, but for ND4J's own objects, which are not changed.
 *
 * @param updater the optimizer
 * @param regularization of all variables alike
 * @param iteration updates so far
 * @param epoch epochs so far
 * @param groups optimizers in place of that one
 */
public record TrainingSettings(
    IUpdater updater,
    List<Regularization> regularization,
    int iteration,
    int epoch,
    Optional<GraphGroups> groups) {

  /** What is used where neither file nor settings say. */
  public static final double DEFAULT_LEARNING_RATE = 1e-3;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CLASS = "@class";

  /** Packages of ND4J's own optimizers, regularisations, schedules and measures. */
  private static final List<String> HARMLESS =
      List.of(
          "org.nd4j.linalg.learning.config.",
          "org.nd4j.linalg.learning.regularization.",
          "org.nd4j.linalg.schedule.",
          "org.nd4j.evaluation.");

  public TrainingSettings {
    regularization = List.copyOf(regularization);
  }

  /** What is trained by where nothing is said. */
  public static TrainingSettings usual() {
    return new TrainingSettings(new Adam(DEFAULT_LEARNING_RATE), List.of(), 0, 0, Optional.empty());
  }

  /** The same with other optimizers, which begin at update 0. */
  TrainingSettings with(GraphGroups others) {
    return new TrainingSettings(updater, regularization, 0, 0, Optional.of(others));
  }

  /** That of one optimizer: the graph's, but for a weight decay in whose place it has one. */
  List<Regularization> regularization(IUpdater config) {
    boolean replaced = config instanceof GroupUpdater group && group.ownsWeightDecay();
    return regularization.stream()
        .filter(each -> !(replaced && each instanceof WeightDecay))
        .toList();
  }

  /** The same at update 0. */
  TrainingSettings fromUpdateZero() {
    return new TrainingSettings(updater, regularization, 0, 0, groups);
  }

  /** Those of a graph; empty if it has none. */
  static Optional<TrainingSettings> of(SameDiff graph) {
    TrainingConfig config = graph.getTrainingConfig();
    if (config == null) {
      return Optional.empty();
    }
    if (config.getUpdater() == null) {
      throw new RefusedGraphException("its TrainingConfig has no updater; give it one");
    }
    if (!config.isMinimize()) {
      throw new RefusedGraphException(
          "its TrainingConfig maximizes; negate the loss and minimize it");
    }
    List<String> masks = config.getDataSetFeatureMaskMapping();
    if (masks != null && masks.stream().anyMatch(mask -> mask != null && !mask.isEmpty())) {
      throw new RefusedGraphException(
          "its TrainingConfig maps masks of features (dataSetFeatureMaskMapping), which are not handed over; make the mask an input of its own, with a column of the data");
    }
    List<Regularization> regularization =
        config.getRegularization() == null ? List.of() : config.getRegularization();
    return Optional.of(
        new TrainingSettings(
            config.getUpdater(),
            regularization,
            config.getIterationCount(),
            config.getEpochCount(),
            Optional.empty()));
  }

  /**
   * Throws where JSON would make objects of classes other than those that a {@code TrainingConfig}
   * is made of.
   *
   * @param json null where there is none
   */
  static void requireHarmless(String json) {
    if (json == null) {
      return;
    }
    try {
      JsonNode tree = JSON.readTree(json);
      for (String type : classes(tree)) {
        if (HARMLESS.stream().noneMatch(type::startsWith)) {
          throw new DamagedFileException(
              "its TrainingConfig names a class that is none of ND4J's for training: "
                  + printable(type));
        }
      }
      TrainingConfig.fromJson(json);
    } catch (JsonProcessingException | RuntimeException e) {
      if (e instanceof DamagedFileException damaged) {
        throw damaged;
      }
      throw new DamagedFileException("its TrainingConfig is no JSON that ND4J understands", e);
    }
  }

  private static List<String> classes(JsonNode node) {
    List<String> found = new ArrayList<>();
    Iterator<Map.Entry<String, JsonNode>> fields = node.fields();
    while (fields.hasNext()) {
      Map.Entry<String, JsonNode> field = fields.next();
      if (field.getKey().equals(CLASS)) {
        found.add(field.getValue().asText());
      }
    }
    node.forEach(child -> found.addAll(classes(child)));
    return found;
  }

  private static String printable(String text) {
    String shown = text.length() > 80 ? text.substring(0, 80) + "..." : text;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }
}
