/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.function.BiConsumer;

/**
 * Writes records as JSON and reads them back, trusting nothing. Depth and lengths are limited. A
 * field that is unknown, missing or there twice is refused, and so is a text where a number
 * belongs.
 *
 * <p>Threading: stateless. Failure: an IllegalArgumentException that says what is wrong.
 */
public final class StrictJson {

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxStringLength(1 << 20)
                          .maxNumberLength(64)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private StrictJson() {}

  /** A text for people too: indented, with a line break at the end. */
  public static String render(Record value) {
    return write(JSON.writerWithDefaultPrettyPrinter(), value) + "\n";
  }

  /** A text for programs: one line, without its line break. */
  public static String line(Record value) {
    return write(JSON.writer(), value);
  }

  private static String write(ObjectWriter writer, Record value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads a record, which must be there whole, with nothing beside it. */
  public static <T extends Record> T parse(String text, Class<T> type) {
    return read(JSON.reader(), text, type);
  }

  /**
   * Reads a record that another version may have written: fields that it does not know are passed
   * over, and those that are missing are 0 or null.
   */
  public static <T extends Record> T parseAnyVersion(String text, Class<T> type) {
    return read(
        JSON.reader()
            .without(
                DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES),
        text,
        type);
  }

  private static <T> T read(ObjectReader reader, String text, Class<T> type) {
    try {
      return reader.forType(type).readValue(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    }
  }

  /** A JSON object without a fixed form. */
  public static JsonNode parseObject(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (!node.isObject()) {
        throw new IllegalArgumentException("not a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Visits the leaves of a tree, each with its path: {@code train.epochs}, {@code data.inputs.1}. A
   * list without objects is a leaf.
   */
  public static void leaves(JsonNode tree, BiConsumer<String, JsonNode> leaf) {
    leaves("", tree, leaf);
  }

  private static void leaves(String path, JsonNode node, BiConsumer<String, JsonNode> leaf) {
    String prefix = path.isEmpty() ? "" : path + ".";
    if (node.isObject()) {
      node.fields()
          .forEachRemaining(field -> leaves(prefix + field.getKey(), field.getValue(), leaf));
    } else if (node.isArray() && !node.isEmpty() && node.get(0).isObject()) {
      for (int i = 0; i < node.size(); i++) {
        leaves(prefix + (i + 1), node.get(i), leaf);
      }
    } else {
      leaf.accept(path, node);
    }
  }

  /** A leaf as a person reads it: a text without quotation marks. */
  public static String text(JsonNode leaf) {
    return leaf.isTextual() ? leaf.asText() : leaf.toString();
  }
}
