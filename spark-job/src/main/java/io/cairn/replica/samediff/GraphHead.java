/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.settings.OutputReplacement.Pooling;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * An output that the settings have added to a graph: {@code pool(from) weight + bias}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param from the value that it reads: {@code [examples, width]} or {@code [examples, steps,
 *     width]}
 * @param rank of that value: 2 or 3
 * @param pooling what makes one row an example of it
 * @param mask the placeholder {@code [examples, steps]} that says which steps count; of a mean
 *     alone
 * @param weight the variable that multiplies, {@code [width, units]}
 * @param bias the variable that is added, {@code [units]}
 * @param output the value that it makes
 * @param width values of a row that is read
 * @param units values of a row that is made
 */
public record GraphHead(
    String from,
    int rank,
    Pooling pooling,
    Optional<String> mask,
    String weight,
    String bias,
    String output,
    long width,
    long units) {

  public GraphHead {
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(pooling, "pooling");
    Objects.requireNonNull(mask, "mask");
    if (mask.isPresent() != (pooling == Pooling.MEAN)) {
      throw new IllegalArgumentException("a mean has a mask, and nothing else has");
    }
    if (rank != 3 && (rank != 2 || pooling != Pooling.NONE)) {
      throw new IllegalArgumentException("rank " + rank + " with pooling " + pooling);
    }
  }

  /** Whether each step has an output of its own. */
  public boolean isOfSteps() {
    return rank == 3 && pooling == Pooling.NONE;
  }

  /** What it is, for a person. */
  String described() {
    String read =
        switch (pooling) {
          case FIRST -> "the first step of " + from;
          case MEAN ->
              "the mean of %s over the steps that %s counts".formatted(from, mask.orElseThrow());
          case NONE -> (isOfSteps() ? "each step of " : "") + from;
        };
    return "output %s is new, of %s: %s [%d, %d] is drawn from the run's seed, %s [%d] is zero"
        .formatted(output, read, weight, width, units, bias, units);
  }

  void to(ObjectNode json) {
    json.put("from", from)
        .put("rank", rank)
        .put("pooling", pooling.name())
        .put("weight", weight)
        .put("bias", bias)
        .put("output", output)
        .put("width", width)
        .put("units", units);
    mask.ifPresent(it -> json.put("mask", it));
  }

  /** Reads what {@link #to} wrote; an {@link IllegalArgumentException} if it is anything else. */
  static GraphHead of(JsonNode json) {
    return new GraphHead(
        json.path("from").asText(),
        json.path("rank").asInt(),
        Pooling.valueOf(json.path("pooling").asText()),
        Optional.ofNullable(json.get("mask")).map(JsonNode::asText),
        json.path("weight").asText(),
        json.path("bias").asText(),
        json.path("output").asText(),
        json.path("width").asLong(),
        json.path("units").asLong());
  }
}
