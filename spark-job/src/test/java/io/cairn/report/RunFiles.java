/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A run's directory as a run leaves it, of any length, with three attempts. */
public final class RunFiles {

  private RunFiles() {}

  /**
   * Writes one.
   *
   * @param seed of its numbers
   */
  public static Path write(Path directory, int updates, long seed) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("settings.json"),
        """
        {"name": "long", "seed": %d, "batch": {"workers": 2, "micro": 16, "steps": 4},
         "data": {"train": {"path": "s3a://bucket/x", "options": {"password": "tell nobody",
           "pwd": "tell nobody", "url": "jdbc:postgresql://host/db?user=me&password=tell+nobody"}}},
         "spark": {"spark.hadoop.fs.s3a.secret.key": "tell nobody",
           "spark.hadoop.fs.s3a.encryption.key": "tell nobody",
           "spark.hadoop.fs.gs.auth.service.account.private.key": "tell nobody",
           "spark.hadoop.fs.azure.sas.container.account.blob.core.windows.net": "tell nobody",
           "spark.hadoop.proxy": ["https://me:tell+nobody@host:8080/x?a=b&sig=tell+nobody"]}}
        """
            .formatted(seed));
    Files.writeString(
        directory.resolve("STATUS.json"),
        """
        {"state": "SUCCEEDED", "exitCode": 0, "attempt": 3, "update": %1$d, "epoch": 9, "reason": "",
         "name": "long </script><b>x", "effectiveBatch": 128,
         "plan": {"workers": 2, "micro": 16, "steps": 4, "effective": 128},
         "startedAt": "2026-11-29T17:30:49Z", "updatedAt": "2026-11-29T18:40:07Z",
         "attempts": [
          {"plan": {"workers": 2, "micro": 16, "steps": 4, "effective": 128}, "attempt": 1,
           "startedAt": "2026-11-29T17:30:49Z", "endedAt": "2026-11-29T17:45:07Z", "fromUpdate": 0,
           "toUpdate": %2$d, "cause": "rank 1: the connection was closed by its peer"},
          {"plan": {"workers": 2, "micro": 16, "steps": 4, "effective": 128}, "attempt": 2,
           "startedAt": "2026-11-29T17:45:20Z", "endedAt": "2026-11-29T18:05:07Z",
           "fromUpdate": %2$d, "toUpdate": %3$d, "cause": "executor 1 was lost: s3a://me:tell+nobody@bucket"},
          {"plan": {"workers": 2, "micro": 16, "steps": 4, "effective": 128}, "attempt": 3,
           "startedAt": "2026-11-29T18:05:30Z", "endedAt": "2026-11-29T18:40:07Z",
           "fromUpdate": %3$d, "toUpdate": %1$d, "cause": ""}]}
        """
            .formatted(updates, updates / 3, updates / 2));
    Random random = new Random(seed);
    try (Writer out = Files.newBufferedWriter(directory.resolve("metrics.jsonl"))) {
      for (int update = 1; update <= updates; update++) {
        double loss = 2.3 * Math.exp(-5.0 * update / updates) + 0.1 * random.nextDouble();
        out.write(MetricsJson.write(update(update, update == updates / 2 ? 9.25 : loss, random)));
        out.write('\n');
        if (update % Math.max(1, updates / 100) == 0) {
          out.write(
              MetricsJson.write(
                  new ValidationMetrics(
                      update, 1, 200, Map.of("loss", loss + 0.05, "accuracy", 1 - loss / 4))));
          out.write('\n');
        }
      }
    }
    return directory;
  }

  /**
   * Has its metrics tell of pauses, as those of older versions do not: two milliseconds before each
   * update, of which one is a checkpoint's before every tenth, and the ranks' means there.
   */
  static Path withPauses(Path run) throws IOException {
    Path metrics = run.resolve("metrics.jsonl");
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(metrics)) {
      boolean isTenth = line.matches("\\{\"update\":\\d*0,.*");
      lines.add(
          line.replace(
              "\"applyMs\":0.25",
              "\"applyMs\":0.25,\"betweenMs\":2.0"
                  + (isTenth
                      ? ",\"checkpointMs\":1.0,\"ranks\":["
                          + "{\"host\":\"a\",\"computeMs\":3.0,\"fetchMs\":0.0,\"memoryMiB\":1.0,\"waitMs\":0.5,\"reduceMs\":0.25,\"applyMs\":0.125,\"checkpointMs\":0.1},"
                          + "{\"host\":\"b\",\"computeMs\":3.0,\"fetchMs\":0.0,\"memoryMiB\":1.0,\"checkpointMs\":0.05}]"
                      : "")));
    }
    return Files.write(metrics, lines);
  }

  /** What the end of a run leaves: the counts of {@link #evaluate}. */
  static void measure(Path run, String model) throws IOException {
    Files.writeString(
        run.resolve("validation.json"),
        """
        {"version":1,"model":"%s","update":1200,"examples":10,"values":{"loss":0.5,"accuracy":0.7},
         "outputs":[{"output":"kind","classes":[{"class":"cat"},{"class":"dog"},{"class":"</script>"}],
           "confusion":[[3,1,0],[0,2,1],[1,0,2]],"calibrationError":0.11,
           "calibration":[
             {"above":0.4,"upTo":0.4666666666666667,"weight":4,"meanProbability":0.45,"accuracy":0.5},
             {"above":0.9333333333333333,"upTo":1.0,"weight":6,"meanProbability":0.98,"accuracy":0.8333333333333334}]}]}
        """
            .formatted(model));
  }

  /** What an evaluation leaves: three classes, two bins. */
  static void evaluate(Path run) throws IOException {
    Files.writeString(
        run.resolve("evaluation.json"),
        """
        {"version": 1, "model": "model-best.zip", "data": "s3a://me:tell+nobody@bucket", "examples": 10, "weight": 10,
         "outputs": [{"output": "label", "kind": "classes", "accuracy": 0.7, "calibrationError": 0.11,
           "classes": [{"class": "cat"}, {"class": "dog"}, {"class": "</script>"}],
           "confusion": [[3, 1, 0], [0, 2, 1], [1, 0, 2]],
           "calibration": [
             {"above": 0.4, "upTo": 0.4666666666666667, "weight": 4, "meanProbability": 0.45, "accuracy": 0.5},
             {"above": 0.9333333333333333, "upTo": 1.0, "weight": 6, "meanProbability": 0.98, "accuracy": 0.8333333333333334}]}]}
        """);
  }

  private static UpdateMetrics update(int update, double loss, Random random) {
    return new UpdateMetrics(
        update,
        1,
        128,
        loss,
        0.001,
        0.5 + random.nextDouble(),
        20_000 + 9_000 * random.nextDouble(),
        3 + random.nextDouble(),
        random.nextDouble(),
        0.5,
        0.25,
        UpdateMetrics.Outcome.APPLIED);
  }
}
