/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.settings.Problem;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.ml.param.Param;

/**
 * Params as settings: which setting each stands for, and the values that a stage gives them.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: an IllegalArgumentException where two params contradict each other, or {@code
 * settings} says what a param or the stage says.
 */
final class ParamSettings {

  private static final String SETTINGS = "settings";
  private static final String MICRO = "batch.micro";
  private static final String AUTO = "auto";

  /** The param of each setting that has one. */
  private static final Map<String, String> PARAMS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("model.source", "model"),
              Map.entry("seed", "seed"),
              Map.entry("output", "checkpointDir"),
              Map.entry("batch.workers", "numWorkers"),
              Map.entry(MICRO, "microBatchSize"),
              Map.entry("batch.steps", "accumulationSteps"),
              Map.entry("batch.effective", "effectiveBatchSize"),
              Map.entry("train.epochs", "maxEpochs"),
              Map.entry("train.updates", "maxUpdates"),
              Map.entry("train.clip-global-norm", "clipGlobalNorm"),
              Map.entry("train.on-non-finite", "onNonFinite"),
              Map.entry("train.self-check", "selfCheck"),
              Map.entry("compute.threads", "computeThreads"),
              Map.entry("checkpoint.every-updates", "checkpointInterval"),
              Map.entry("data.scale", "scale"),
              Map.entry("data.weight", "weightCol"),
              Map.entry("data.features", "featuresCol"),
              Map.entry("data.label", "labelCol"),
              Map.entry("data.inputs", "inputs"),
              Map.entry("data.outputs", "outputs")));

  /** Those that are other params of a stage with one input and one output. */
  private static final Map<String, String> PREDICTOR_PARAMS =
      Map.of("data.inputs", "featuresCol", "data.outputs", "labelCol");

  /** What the data frame says, or the session. */
  private static final Map<String, String> ELSEWHERE =
      new TreeMap<>(
          Map.of(
              "data.train", "is the data frame that is fitted",
              "data.validation", "is what validationIndicatorCol marks, or fraction alone",
              "data.classes", "follows from the label column and the network",
              "model", "is the param model, which takes what the command model writes as JSON",
              "spark", "belongs to the session"));

  /** What a SameDiff graph or an ONNX model does not say itself. */
  private static final Set<String> OF_A_GRAPH =
      Set.of("model.loss", "model.output", "model.normalise-by");

  private static final String FRACTION = "data.validation.fraction";
  private static final Pattern KEY = Pattern.compile("[a-z]+(\\.[a-z]+(-[a-z]+)*)+");

  private ParamSettings() {}

  /** The settings of a fit, without its data and model. */
  static Map<String, Object> training(CairnParams stage) {
    Map<String, Object> values = more(stage);
    values.putIfAbsent("name", stage.uid());
    values.put("seed", stage.getSeed());
    batch(stage, values);
    length(stage, values);
    values.put("checkpoint.every-updates", stage.getCheckpointInterval());
    values.put("train.on-non-finite", stage.getOnNonFinite());
    values.put("train.self-check", stage.getSelfCheck() ? "on" : "off");
    put(stage, stage.clipGlobalNorm(), "train.clip-global-norm", values);
    put(stage, stage.computeThreads(), "compute.threads", values);
    return values;
  }

  /** What scales and weights the data, of those params that are set. */
  static Map<String, Object> data(CairnParams stage) {
    Map<String, Object> values = new LinkedHashMap<>();
    put(stage, stage.scale(), "data.scale", values);
    if (isNamed(stage, stage.weightCol())) {
      values.put("data.weight", stage.getWeightCol());
    }
    return values;
  }

  /** Whether a param names a column. */
  static boolean isNamed(CairnParams stage, Param<String> column) {
    return stage.isDefined(column) && !stage.getOrDefault(column).isEmpty();
  }

  /** A message about settings in the words of params. */
  static String inParams(CairnParams stage, String message) {
    Matcher keys = KEY.matcher(message);
    StringBuilder text = new StringBuilder();
    while (keys.find()) {
      String param =
          stage instanceof CairnPredictorParams
              ? PREDICTOR_PARAMS.getOrDefault(keys.group(), PARAMS.get(keys.group()))
              : PARAMS.get(keys.group());
      String named = param == null ? keys.group() : param + " (" + keys.group() + ")";
      keys.appendReplacement(text, Matcher.quoteReplacement(named));
    }
    return keys.appendTail(text).toString();
  }

  private static void batch(CairnParams stage, Map<String, Object> values) {
    put(stage, stage.numWorkers(), "batch.workers", values);
    put(stage, stage.accumulationSteps(), "batch.steps", values);
    put(stage, stage.effectiveBatchSize(), "batch.effective", values);
    boolean follows =
        stage.isSet(stage.numWorkers())
            && stage.isSet(stage.accumulationSteps())
            && stage.isSet(stage.effectiveBatchSize());
    if (values.containsKey(MICRO)) {
      return;
    }
    if (stage.isSet(stage.microBatchSize()) || !follows) {
      values.put(MICRO, stage.getMicroBatchSize());
    }
    if (!stage.isSet(stage.effectiveBatchSize()) && !isScheduledFromTheStart(values)) {
      values.putIfAbsent("batch.steps", 1);
    }
  }

  /** Whether {@code settings} says the steps of the first epoch. */
  private static boolean isScheduledFromTheStart(Map<String, Object> values) {
    return values.get("batch.schedule") instanceof List<?> entries
        && entries.stream()
            .anyMatch(
                entry ->
                    entry instanceof Map<?, ?> stage
                        && String.valueOf(stage.get("from-epoch")).equals("1"));
  }

  private static void length(CairnParams stage, Map<String, Object> values) {
    if (!stage.isSet(stage.maxUpdates())) {
      values.put("train.epochs", stage.getMaxEpochs());
      return;
    }
    if (stage.isSet(stage.maxEpochs())) {
      throw new IllegalArgumentException(
          "%s: maxEpochs = %d and maxUpdates = %d contradict each other; set one of them"
              .formatted(stage.uid(), stage.getMaxEpochs(), stage.getMaxUpdates()));
    }
    values.put("train.updates", stage.getMaxUpdates());
  }

  /** What {@code settings} says, none of which anything else says. */
  private static Map<String, Object> more(CairnParams stage) {
    Map<String, Object> values = new LinkedHashMap<>();
    if (!stage.isDefined(stage.settings())) {
      return values;
    }
    for (Map.Entry<String, Object> entry : parsed(stage).entrySet()) {
      refuseIfSaidElsewhere(stage, entry.getKey(), entry.getValue());
      values.put(entry.getKey(), entry.getValue());
    }
    return values;
  }

  private static Map<String, Object> parsed(CairnParams stage) {
    try {
      return SettingsText.values(stage.getSettings(), SETTINGS);
    } catch (SettingsException e) {
      throw StageErrors.of(stage, e.problems().stream().map(Problem::toString).toList(), e);
    }
  }

  private static void refuseIfSaidElsewhere(CairnParams stage, String key, Object value) {
    boolean auto = key.equals(MICRO) && AUTO.equals(value) && !stage.isSet(stage.microBatchSize());
    for (Map.Entry<String, String> param : PARAMS.entrySet()) {
      if (isWithin(key, param.getKey()) && !auto) {
        throw new IllegalArgumentException(
            "%s: settings: %s = %s has a param of its own: %s"
                .formatted(stage.uid(), key, value, param.getValue()));
      }
    }
    if (OF_A_GRAPH.contains(key)) {
      if (stage instanceof CairnPredictorParams) {
        throw new IllegalArgumentException(
            "%s: settings: %s = %s is for SameDiff graphs and ONNX models, which CairnEstimator takes"
                .formatted(stage.uid(), key, value));
      }
      return;
    }
    for (Map.Entry<String, String> other : ELSEWHERE.entrySet()) {
      if (isWithin(key, other.getKey()) && !key.equals(FRACTION)) {
        throw new IllegalArgumentException(
            "%s: settings: %s = %s cannot be given here: it %s"
                .formatted(stage.uid(), key, value, other.getValue()));
      }
    }
  }

  private static boolean isWithin(String key, String block) {
    return key.equals(block) || key.startsWith(block + ".");
  }

  private static <T> void put(
      CairnParams stage, Param<T> param, String key, Map<String, Object> values) {
    if (stage.isDefined(param)) {
      values.put(key, stage.getOrDefault(param));
    }
  }

  /** The entries of a list of inputs or outputs. */
  static List<Map<String, Object>> entries(CairnParams stage, Param<String> list) {
    return SettingsText.entries(stage.getOrDefault(list), list.name());
  }
}
