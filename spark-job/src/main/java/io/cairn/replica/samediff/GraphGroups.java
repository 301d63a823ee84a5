/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.plan.StagedPlan;
import io.cairn.replica.updater.GroupChoice;
import io.cairn.replica.updater.GroupUpdater;
import io.cairn.replica.updater.PlainModel;
import io.cairn.settings.UpdaterGroup.Part;
import io.cairn.settings.UpdaterSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect.Visibility;
import org.nd4j.shade.jackson.annotation.PropertyAccessor;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * The optimizers that the settings give a graph's parameters in place of its own. They travel to
 * the workers beside the graph, whose {@code TrainingConfig} knows one for all.
 *
 * <p>Threading: immutable but for the length of schedules.
 *
 * @param updaters one for each group
 * @param byParameter the number of each parameter's, by its name
 */
public record GraphGroups(List<GroupUpdater> updaters, Map<String, Integer> byParameter) {

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setVisibility(PropertyAccessor.FIELD, Visibility.ANY)
          .setVisibility(PropertyAccessor.GETTER, Visibility.NONE)
          .setVisibility(PropertyAccessor.IS_GETTER, Visibility.NONE);

  public GraphGroups {
    updaters = List.copyOf(updaters);
    byParameter = Map.copyOf(byParameter);
  }

  /** Groups, and what a user should know of them. */
  public record Chosen(GraphGroups groups, String note) {}

  /**
   * What the settings say of a model.
   *
   * @param name the model's, for errors
   * @param plan the examples of an update in each epoch
   * @throws io.cairn.replica.ModelException for a group that fits nothing
   */
  public static Chosen choose(
      UpdaterSettings settings, StagedPlan plan, String name, GraphModel model) {
    GroupChoice choice = new GroupChoice(settings, plan);
    List<GroupUpdater> updaters = new ArrayList<>();
    Map<String, Integer> byParameter = new LinkedHashMap<>();
    List<String> layers = new ArrayList<>();
    for (GraphParameter parameter : model.trained()) {
      Part part = ParameterPart.of(model, parameter);
      GroupUpdater updater = choice.of(part, ParameterNames.of(model.graph(), parameter));
      if (!updaters.contains(updater)) {
        updaters.add(updater);
      }
      byParameter.put(parameter.name(), updaters.indexOf(updater));
      layers.add(ParameterNames.layer(model.graph(), parameter));
    }
    choice.requireAllFit(name, layers);
    return new Chosen(new GraphGroups(updaters, byParameter), choice.described());
  }

  /** A parameter's. */
  GroupUpdater of(GraphParameter parameter) {
    Integer number = byParameter.get(parameter.name());
    if (number == null || number < 0 || number >= updaters.size()) {
      throw new DamagedFileException("it names no optimizer of variable " + parameter.name());
    }
    return updaters.get(number);
  }

  /**
   * Says how long the run is, for schedules that end with it.
   *
   * @throws io.cairn.replica.ModelException if a warm-up takes all of it
   */
  public void runLasts(long updates, long epochs) {
    PlainModel.runLasts(updaters, updates, epochs);
  }

  /** What plain SameDiff would do otherwise if it went on from the file. */
  public List<String> differences() {
    List<String> differences = new ArrayList<>(PlainModel.differences(updaters));
    if (updaters.size() > 1) {
      differences.add(
          "it has one optimizer for all variables, and the file says that of group '%s'"
              .formatted(first().group()));
    }
    return differences;
  }

  /** The one that stands for all where there can be one only: that of the rest, if it has any. */
  GroupUpdater first() {
    return updaters.stream()
        .filter(updater -> updater.group().equals(UpdaterSettings.REST))
        .findFirst()
        .orElse(updaters.get(0));
  }

  /** As they travel. */
  public byte[] json() {
    ObjectNode root = JSON.createObjectNode();
    root.set("updaters", JSON.valueToTree(updaters.toArray(GroupUpdater[]::new)));
    root.set("parameters", JSON.valueToTree(byParameter));
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #json} wrote.
   *
   * @throws DamagedFileException if it is anything else
   */
  static GraphGroups of(byte[] json) {
    try {
      JsonNode root = JSON.readTree(json);
      List<GroupUpdater> updaters = new ArrayList<>();
      for (JsonNode updater : root.path("updaters")) {
        updaters.add(JSON.treeToValue(updater, GroupUpdater.class));
      }
      Map<String, Integer> byParameter = new LinkedHashMap<>();
      root.path("parameters")
          .fields()
          .forEachRemaining(field -> byParameter.put(field.getKey(), field.getValue().asInt(-1)));
      return new GraphGroups(updaters, byParameter);
    } catch (IOException | RuntimeException e) {
      throw new DamagedFileException("its optimizers cannot be read", e);
    }
  }
}
