/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.plan.StagedPlan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Tells fits apart, so that each has a directory of its own under {@code checkpointDir}: the fits
 * of a {@code CrossValidator}, which differ in params and rows, as well as tonight's and last
 * night's. The same params, network and rows give the same directory, and so go on where they
 * stopped.
 *
 * <p>Rows are told apart by their number and the sum of a 64-bit hash of each, whatever their order
 * and partitions; that is one pass over the used columns.
 *
 * <p>Threading: stateless.
 */
final class FitDigest {

  private static final int DIGITS = 16;

  /** What may be another for a fit that goes on; batch numbers count by what they come to. */
  private static final Set<String> MAY_CHANGE =
      Set.of(
          "name",
          "output",
          "checkpoint",
          "recovery",
          "collective",
          "batch",
          "train.self-check",
          "train.max-time");

  /** What must stay all the same. */
  private static final String PRECISION = "collective.precision";

  private final CairnParams stage;
  private final ModelParam model;

  FitDigest(CairnParams stage, ModelParam model) {
    this.stage = stage;
    this.model = model;
  }

  /**
   * The directory of a fit.
   *
   * @param columns that are used of the rows
   * @param plan examples that enter an update, in each epoch
   * @param values all settings
   */
  String directory(
      Dataset<Row> rows, List<String> columns, StagedPlan plan, Map<String, Object> values) {
    Map<String, Object> counting = new TreeMap<>(values);
    counting.keySet().removeIf(FitDigest::mayChange);
    counting.put("batch.effective", plan.first().effective());
    if (!plan.isUniform()) {
      List<String> stages =
          plan.stages().stream()
              .map(stage -> stage.firstEpoch() + ":" + plan.in(stage.firstEpoch()).effective())
              .toList();
      counting.put("batch.schedule", stages);
    }
    counting.put("model.source", model.called());
    if (ParamSettings.isNamed(stage, stage.validationIndicatorCol())) {
      counting.put("validationIndicatorCol", stage.getValidationIndicatorCol());
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(counting.toString().getBytes(StandardCharsets.UTF_8));
      digest.update(model.content());
      digest.update(of(rows, columns).getBytes(StandardCharsets.UTF_8));
      String name = HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
      return new Path(stage.getCheckpointDir(), "fit-" + name).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static boolean mayChange(String key) {
    return !key.equals(PRECISION)
        && MAY_CHANGE.stream().anyMatch(name -> key.equals(name) || key.startsWith(name + "."));
  }

  private static String of(Dataset<Row> rows, List<String> columns) {
    List<Column> parts = new ArrayList<>();
    for (String column : columns) {
      // A null leaves the hash as it is: where it stands must count.
      parts.add(rows.col(column));
      parts.add(rows.col(column).isNull());
    }
    Column hash = functions.xxhash64(parts.toArray(new Column[0])).cast("decimal(20,0)");
    Row sums = rows.agg(functions.count(functions.lit(1)), functions.sum(hash)).first();
    return sums.toString();
  }
}
