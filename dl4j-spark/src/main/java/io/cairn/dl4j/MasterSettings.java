/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.api.InvalidJobException;
import io.cairn.settings.Problem;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.dataformat.yaml.YAMLFactory;

/**
 * What a training master was told, checked: the settings of {@code conf/reference.conf}, without
 * those that the data sets and the network say themselves.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param settings values by the settings' names
 * @param storageLevel how Spark keeps examples while they are trained on, by its name
 * @param stats whether the time of each part is kept
 */
record MasterSettings(Map<String, Object> settings, String storageLevel, Stats stats)
    implements java.io.Serializable {
  private static final long serialVersionUID = 1L;

  /** Whether the time of each part is kept. */
  enum Stats {
    /** For {@code getTrainingStats}. */
    COLLECTED,
    /** Not. */
    OFF
  }

  /** What a user may not set, and why. */
  private static final Map<String, String> NOT_HERE =
      Map.of(
          "data", "the data sets say what they hold; scale them before, with a DataSetPreProcessor",
          "model", "the network is the one that the wrapper holds",
          "batch.schedule",
              "a call of fit is one epoch; wrap the network with another training master where its steps are to change",
          "train.epochs", "a call of fit is one epoch",
          "train.updates", "a call of fit is one epoch",
          "train.max-time", "a call of fit is one epoch",
          "train.updater",
              "the network has its updater, whose state goes from one call of fit to the next",
          "train.early-stopping", "a call of fit is one epoch, without validation",
          "train.validate-every-updates", "a call of fit is one epoch, without validation");

  private static final String STEPS = "batch.steps";
  private static final String EFFECTIVE = "batch.effective";

  @JsonCreator
  MasterSettings(
      @JsonProperty("settings") Map<String, Object> settings,
      @JsonProperty("storageLevel") String storageLevel,
      @JsonProperty("stats") Stats stats) {
    Map<String, Object> read = new LinkedHashMap<>(settings);
    // As JSON gives them back.
    read.replaceAll(
        (key, value) ->
            value instanceof Long number && number == number.intValue()
                ? Integer.valueOf(number.intValue())
                : value);
    this.settings = Collections.unmodifiableMap(read);
    this.storageLevel = Objects.requireNonNull(storageLevel, "storageLevel");
    this.stats = Objects.requireNonNull(stats, "stats");
  }

  /** As JSON has it; the names are those of the record's parts. */
  @JsonProperty("settings")
  @Override
  public Map<String, Object> settings() {
    return settings;
  }

  /** By its name in Spark. */
  @JsonProperty("storageLevel")
  @Override
  public String storageLevel() {
    return storageLevel;
  }

  /** Whether the time of each part is kept. */
  @JsonProperty("stats")
  @Override
  public Stats stats() {
    return stats;
  }

  /**
   * Returns the same settings, complete and found good as far as they can be without data.
   *
   * @throws InvalidJobException with all that is wrong
   */
  MasterSettings checked() {
    List<String> problems = new ArrayList<>(notHere("", settings));
    try {
      StorageLevel.fromString(storageLevel);
    } catch (IllegalArgumentException e) {
      problems.add("storageLevel: " + e.getMessage());
    }
    Map<String, Object> complete = new LinkedHashMap<>(settings);
    if (!complete.containsKey(STEPS) && !complete.containsKey(EFFECTIVE)) {
      complete.put(STEPS, 1);
    }
    if (problems.isEmpty()) {
      problems.addAll(unreadable(complete));
    }
    if (!problems.isEmpty()) {
      throw new InvalidJobException(problems);
    }
    return new MasterSettings(complete, storageLevel, stats);
  }

  /**
   * What is wrong with the settings of Cairn that Spark's hold: they count for each fit, below
   * these.
   *
   * @param fromSpark values by key, without {@code spark.cairn.}
   */
  static List<String> problems(Map<String, String> fromSpark) {
    return notHere(SettingsReader.SPARK_PREFIX, fromSpark);
  }

  /**
   * A sentence for each setting that cannot be set here.
   *
   * @param prefix what stands before each name
   */
  private static List<String> notHere(String prefix, Map<?, ?> settings) {
    List<String> problems = new ArrayList<>();
    for (String key : names(settings)) {
      NOT_HERE.forEach(
          (name, why) -> {
            if (key.equals(name) || key.startsWith(name + ".")) {
              problems.add("%s%s: cannot be set here: %s".formatted(prefix, key, why));
            }
          });
    }
    return problems;
  }

  /** The settings' whole names, also of those that stand in maps. */
  private static List<String> names(Map<?, ?> settings) {
    List<String> names = new ArrayList<>();
    settings.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> inner && !inner.isEmpty()) {
            names(inner).forEach(name -> names.add(key + "." + name));
          } else {
            names.add(String.valueOf(key));
          }
        });
    return names;
  }

  /** Reads them as a run will, with something in the place of what a fit brings. */
  private static List<String> unreadable(Map<String, Object> settings) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model.source", "given");
    all.put("data.train.frame", "given");
    all.put("data.features", "given");
    all.put("data.label", "given2");
    all.put("train.epochs", 1);
    all.put("output", "given");
    all.putAll(settings);
    try {
      SettingsReader.read(all, Optional.empty(), Map.of(), batch -> List.of());
      return List.of();
    } catch (SettingsException e) {
      return e.problems().stream().map(Problem::toString).toList();
    }
  }

  /** How Spark keeps examples. */
  StorageLevel level() {
    return StorageLevel.fromString(storageLevel);
  }

  /** Where runs are kept; empty if they leave nothing. */
  Optional<String> output() {
    return Optional.ofNullable(settings.get("output")).map(String::valueOf);
  }

  String toJson() {
    return write(new ObjectMapper());
  }

  String toYaml() {
    return write(new ObjectMapper(new YAMLFactory()));
  }

  private String write(ObjectMapper mapper) {
    try {
      return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("these settings have no JSON: " + settings, e);
    }
  }

  static MasterSettings fromJson(String json) {
    return read(json, new ObjectMapper(), "JSON");
  }

  static MasterSettings fromYaml(String yaml) {
    return read(yaml, new ObjectMapper(new YAMLFactory()), "YAML");
  }

  private static MasterSettings read(String text, ObjectMapper mapper, String form) {
    try {
      return mapper.readValue(text, MasterSettings.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "this is not the %s of a CairnTrainingMaster: %s".formatted(form, e.getOriginalMessage()),
          e);
    }
  }
}
