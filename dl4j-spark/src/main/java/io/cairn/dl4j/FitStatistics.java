/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.telemetry.UpdateMetrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.stats.BaseEventStats;
import org.deeplearning4j.spark.stats.EventStats;
import org.deeplearning4j.spark.util.SparkUtils;

/**
 * Where the time of all fits went, as Deeplearning4j's wrappers ask for it: of each fit the parts
 * on the driver, and of each update those on rank 0.
 *
 * <p>Updates are laid one after the other, ending when the run did: how long each part took is
 * measured, when it began is not.
 *
 * <p>Threading: the driver's thread.
 */
final class FitStatistics implements SparkTrainingStats {
  private static final long serialVersionUID = 1L;

  /** A fit, from call to return. */
  static final String FIT = "CairnFitTimesMs";

  /** Splitting data sets into examples and looking at them. */
  static final String EXAMPLES = "CairnExamplesTimesMs";

  /** The run: reading, dealing, starting the workers, training. */
  static final String RUN = "CairnRunTimesMs";

  /** Copying the model back. */
  static final String MODEL = "CairnModelTimesMs";

  /** An update, waiting included. */
  static final String UPDATE = "CairnUpdateTimesMs";

  private static final Map<String, ToDoubleFunction<UpdateMetrics>> PARTS = parts();
  private static final String DELIMITER = ",";

  private final LinkedHashMap<String, ArrayList<EventStats>> events = new LinkedHashMap<>();
  private final String host;

  FitStatistics() {
    for (String key : List.of(FIT, EXAMPLES, RUN, MODEL, UPDATE)) {
      events.put(key, new ArrayList<>());
    }
    PARTS.keySet().forEach(key -> events.put(key, new ArrayList<>()));
    host = InetAddress.getLoopbackAddress().getHostName();
  }

  private static Map<String, ToDoubleFunction<UpdateMetrics>> parts() {
    Map<String, ToDoubleFunction<UpdateMetrics>> parts = new LinkedHashMap<>();
    parts.put("CairnComputeTimesMs", UpdateMetrics::computeMs);
    parts.put("CairnWaitTimesMs", UpdateMetrics::waitMs);
    parts.put("CairnReduceTimesMs", UpdateMetrics::reduceMs);
    parts.put("CairnApplyTimesMs", UpdateMetrics::applyMs);
    return parts;
  }

  /** Takes a part of a fit that has just ended. */
  void add(String part, long startMs) {
    add(part, startMs, System.currentTimeMillis() - startMs);
  }

  /**
   * Takes the updates of a run.
   *
   * @param endMs when it ended
   */
  void add(List<UpdateMetrics> history, long endMs) {
    double left = history.stream().mapToDouble(FitStatistics::lengthMs).sum();
    for (UpdateMetrics update : history) {
      long start = endMs - Math.round(left);
      add(UPDATE, start, Math.round(lengthMs(update)));
      PARTS.forEach((key, part) -> add(key, start, Math.round(part.applyAsDouble(update))));
      left -= lengthMs(update);
    }
  }

  private static double lengthMs(UpdateMetrics update) {
    return update.computeMs() + update.waitMs() + update.reduceMs() + update.applyMs();
  }

  private void add(String key, long startMs, long lengthMs) {
    events
        .get(key)
        .add(
            new BaseEventStats(
                host,
                ManagementFactory.getRuntimeMXBean().getName(),
                Thread.currentThread().getId(),
                startMs,
                lengthMs));
  }

  @Override
  public Set<String> getKeySet() {
    return events.keySet();
  }

  @Override
  public List<EventStats> getValue(String key) {
    List<EventStats> found = events.get(key);
    if (found == null) {
      throw new IllegalArgumentException(key + ": the keys are " + events.keySet());
    }
    return found;
  }

  @Override
  public String getShortNameForKey(String key) {
    return key.replace("Cairn", "").replace("TimesMs", "");
  }

  @Override
  public boolean defaultIncludeInPlots(String key) {
    return true;
  }

  @Override
  public void addOtherTrainingStats(SparkTrainingStats other) {
    if (!(other instanceof FitStatistics more)) {
      throw new IllegalArgumentException(
          "only the stats of another CairnTrainingMaster can be added, not "
              + other.getClass().getName());
    }
    more.events.forEach((key, values) -> events.get(key).addAll(values));
  }

  @Override
  public SparkTrainingStats getNestedTrainingStats() {
    return null;
  }

  @Override
  public String statsAsString() {
    StringJoiner lines = new StringJoiner("\n", "", "\n");
    events.forEach(
        (key, values) ->
            lines.add(
                key
                    + ": "
                    + values.stream()
                        .map(event -> String.valueOf(event.getDurationMs()))
                        .collect(Collectors.joining(DELIMITER))));
    return lines.toString();
  }

  @Override
  public void exportStatFiles(String outputPath, SparkContext context) throws IOException {
    for (Map.Entry<String, ArrayList<EventStats>> entry : events.entrySet()) {
      StringJoiner lines = new StringJoiner("\n", "", "\n");
      for (EventStats event : entry.getValue()) {
        if (lines.length() <= 1) {
          lines.add(event.getStringHeader(DELIMITER));
        }
        lines.add(event.asString(DELIMITER));
      }
      SparkUtils.writeStringToFile(
          new Path(outputPath, entry.getKey() + ".txt").toString(), lines.toString(), context);
    }
  }
}
