/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.plan.BatchPlan;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The JSON of metrics lines, both ways.
 *
 * <p>A number that is not finite is written as the string {@code "NaN"}, {@code "Infinity"} or
 * {@code "-Infinity"}, because JSON has no such number and null would not say which.
 *
 * <p>Threading: stateless.
 */
public final class MetricsJson {

  private static final JsonFactory JSON = new JsonFactory();
  private static final ObjectMapper TREES = new ObjectMapper();

  private MetricsJson() {}

  /** An update as one line, without its line break. */
  public static String write(UpdateMetrics step) {
    return object(
        json -> {
          json.writeNumberField("update", step.update());
          json.writeNumberField("epoch", step.epoch());
          json.writeNumberField("examples", step.examples());
          json.writeNumberField("loss", step.loss());
          json.writeNumberField("learningRate", step.learningRate());
          json.writeNumberField("gradientNorm", step.gradientNorm());
          json.writeNumberField("examplesPerSecond", step.examplesPerSecond());
          json.writeNumberField("computeMs", step.computeMs());
          json.writeNumberField("waitMs", step.waitMs());
          json.writeNumberField("reduceMs", step.reduceMs());
          json.writeNumberField("applyMs", step.applyMs());
          if (step.outcome() == UpdateMetrics.Outcome.SKIPPED) {
            json.writeBooleanField("skipped", true);
          }
        });
  }

  /** A validation as one line, without its line break. */
  public static String write(ValidationMetrics validation) {
    return object(
        json -> {
          json.writeNumberField("update", validation.update());
          json.writeNumberField("epoch", validation.epoch());
          json.writeObjectFieldStart("validation");
          for (Map.Entry<String, Double> value : validation.values().entrySet()) {
            json.writeNumberField(value.getKey(), value.getValue());
          }
          json.writeNumberField("examples", validation.examples());
          json.writeEndObject();
        });
  }

  /** A change of plan as one line, without its line break. */
  public static String write(PlanMetrics plan) {
    return object(
        json -> {
          json.writeNumberField("update", plan.update());
          json.writeNumberField("epoch", plan.epoch());
          json.writeObjectFieldStart("plan");
          for (Map.Entry<String, Long> number : plan.plan().numbers().entrySet()) {
            json.writeNumberField(number.getKey(), number.getValue());
          }
          json.writeEndObject();
          json.writeStringField("reason", plan.reason());
        });
  }

  /** A word to the user as one line, without its line break. */
  public static String write(RunNote note) {
    return object(
        json -> {
          json.writeNumberField("update", note.update());
          json.writeNumberField("epoch", note.epoch());
          json.writeStringField("note", note.text());
        });
  }

  /**
   * Reads a line that {@link #write} made and hands it to a sink.
   *
   * @throws IllegalArgumentException if the line is not one
   */
  public static void read(String line, MetricsSink sink) throws IOException {
    JsonNode node;
    try {
      node = TREES.readTree(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a metrics line: " + line, e);
    }
    if (node.path("update").isMissingNode() || node.path("epoch").isMissingNode()) {
      throw new IllegalArgumentException("not a metrics line: " + line);
    }
    if (node.has("validation")) {
      sink.validation(validation(node));
    } else if (node.has("plan")) {
      sink.plan(plan(node));
    } else if (node.has("note")) {
      sink.note(
          new RunNote(
              node.path("update").asLong(),
              node.path("epoch").asInt(),
              node.path("note").asText()));
    } else {
      sink.step(step(node));
    }
  }

  private static UpdateMetrics step(JsonNode node) {
    return new UpdateMetrics(
        node.path("update").asLong(),
        node.path("epoch").asInt(),
        node.path("examples").asLong(),
        number(node.path("loss")),
        number(node.path("learningRate")),
        number(node.path("gradientNorm")),
        number(node.path("examplesPerSecond")),
        number(node.path("computeMs")),
        number(node.path("waitMs")),
        number(node.path("reduceMs")),
        number(node.path("applyMs")),
        node.path("skipped").asBoolean(false)
            ? UpdateMetrics.Outcome.SKIPPED
            : UpdateMetrics.Outcome.APPLIED);
  }

  private static ValidationMetrics validation(JsonNode node) {
    Map<String, Double> values = new LinkedHashMap<>();
    JsonNode measures = node.path("validation");
    measures
        .fields()
        .forEachRemaining(
            field -> {
              if (!field.getKey().equals("examples")) {
                values.put(field.getKey(), number(field.getValue()));
              }
            });
    return new ValidationMetrics(
        node.path("update").asLong(),
        node.path("epoch").asInt(),
        measures.path("examples").asLong(),
        values);
  }

  private static PlanMetrics plan(JsonNode node) {
    JsonNode numbers = node.path("plan");
    BatchPlan plan =
        new BatchPlan(
            numbers.path("workers").asInt(),
            numbers.path("micro").asInt(),
            numbers.path("steps").asInt());
    return new PlanMetrics(
        node.path("update").asLong(),
        node.path("epoch").asInt(),
        plan,
        node.path("reason").asText());
  }

  private static double number(JsonNode value) {
    if (value.isNumber()) {
      return value.asDouble();
    }
    return switch (value.asText()) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> Double.NaN;
    };
  }

  private static String object(Fields fields) {
    StringWriter text = new StringWriter(256);
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("a StringWriter failed", e);
    }
    return text.toString();
  }

  private interface Fields {
    void write(JsonGenerator json) throws IOException;
  }
}
