/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.settings.Secrets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Of each output with classes how they were taken for each other, if a person can read that, and
 * how often predictions are right beside their probability: first what the run's best model did on
 * its validation examples at the run's end, then what an {@code evaluate} has found, unless that is
 * the same.
 *
 * <p>Threading: stateless.
 */
final class ClassResults {

  private static final int MOST_CLASSES = 100;

  /** With more classes than are shown it is longer, and may have been cut. */
  private static final int LONGEST = 2 << 20;

  private static final String BEST_MODEL = "model-best.zip";

  private ClassResults() {}

  /**
   * Those of a run, as the page's script wants them.
   *
   * @param validation the run's {@code validation.json}
   * @param evaluation its {@code evaluation.json}
   */
  static List<Object> of(Optional<String> validation, Optional<String> evaluation) {
    List<Object> results = new ArrayList<>();
    Optional<JsonNode> own = parsed(validation);
    own.ifPresent(
        root ->
            results.addAll(
                outputs(
                    root,
                    (root.path("model").asText().equals(BEST_MODEL)
                            ? "the best model (%s, after update %,d)"
                            : "the final model (%s, after update %,d)")
                        .formatted(root.path("model").asText(), root.path("update").asLong()),
                    "the run's validation data")));
    parsed(evaluation)
        .filter(root -> own.isEmpty() || !isSame(own.get(), root))
        .ifPresent(
            root ->
                results.addAll(
                    outputs(
                        root,
                        Secrets.shown(root.path("model").asText()),
                        Secrets.shown(root.path("data").asText()))));
    return results;
  }

  private static Optional<JsonNode> parsed(Optional<String> json) {
    return json.filter(text -> text.length() <= LONGEST).map(PageData::parsed);
  }

  /** Whether an evaluation is of the same file, and has the same counts. */
  private static boolean isSame(JsonNode own, JsonNode evaluated) {
    String file = own.path("model").asText();
    String path = evaluated.path("model").asText();
    boolean isSame =
        path.substring(path.lastIndexOf('/') + 1).equals(file)
            && own.path("examples").equals(evaluated.path("examples"))
            && own.path("outputs").size() == evaluated.path("outputs").size();
    for (int i = 0; isSame && i < own.path("outputs").size(); i++) {
      JsonNode mine = own.path("outputs").path(i);
      JsonNode theirs = evaluated.path("outputs").path(i);
      isSame =
          mine.path("confusion").size() > 0
              && mine.path("confusion").equals(theirs.path("confusion"));
    }
    return isSame;
  }

  private static List<Object> outputs(JsonNode root, String model, String data) {
    List<Object> outputs = new ArrayList<>();
    boolean isOne = root.path("outputs").size() == 1;
    for (JsonNode output : root.path("outputs")) {
      boolean isReadable =
          output.path("confusion").size() > 0
              && output.path("classes").isArray()
              && output.path("classes").size() <= MOST_CLASSES;
      boolean isCalibrated = output.path("calibration").isArray();
      if (isReadable || isCalibrated) {
        List<String> classes = new ArrayList<>();
        if (isReadable) {
          output.path("classes").forEach(one -> classes.add(one.path("class").asText()));
        }
        outputs.add(
            PageData.row(
                "name",
                isOne ? "" : output.path("output").asText(),
                "model",
                model,
                "data",
                data,
                "classes",
                classes,
                "confusion",
                isReadable ? output.path("confusion") : null,
                "calibration",
                isCalibrated ? output.path("calibration") : List.of(),
                "calibrationError",
                output.path("calibrationError").isNumber()
                    ? output.path("calibrationError")
                    : null));
      }
    }
    return outputs;
  }
}
