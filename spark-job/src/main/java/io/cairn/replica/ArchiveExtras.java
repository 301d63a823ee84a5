/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * What a model's archive holds beside the model: the scaling of its inputs, in Deeplearning4j's own
 * form, and the names of classes in {@code cairn.json}, which Deeplearning4j ignores.
 *
 * <p>Threading: immutable, safe everywhere; the bytes are not to be changed.
 *
 * @param normalizer the content of {@code normalizer.bin}, if there is one
 * @param classNames names of the classes of an output, by the output's name
 */
record ArchiveExtras(Optional<byte[]> normalizer, Map<String, List<String>> classNames) {

  /** The entry with the names of classes. */
  static final String METADATA = "cairn.json";

  /** The most bytes that entry may have. */
  static final int MAX_METADATA_BYTES = 64 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int VERSION = 1;

  ArchiveExtras {
    Objects.requireNonNull(normalizer, "normalizer");
    classNames = Map.copyOf(classNames);
  }

  static ArchiveExtras none() {
    return new ArchiveExtras(Optional.empty(), Map.of());
  }

  /** The content of {@code cairn.json}; empty if there is nothing to say. */
  Optional<byte[]> metadata() {
    if (classNames.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode root = JSON.createObjectNode().put("version", VERSION);
    ObjectNode classes = root.putObject("classes");
    classNames.keySet().stream()
        .sorted()
        .forEach(
            output -> {
              ArrayNode names = classes.putArray(output);
              classNames.get(output).forEach(names::add);
            });
    byte[] content = (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    if (content.length > MAX_METADATA_BYTES) {
      throw new ModelException(
          "the names of the classes take %,d bytes in the model's archive, of which %,d are possible; give classes numbers instead of names"
              .formatted(content.length, MAX_METADATA_BYTES));
    }
    return Optional.of(content);
  }

  /** Reads what {@link #metadata} wrote. */
  static Map<String, List<String>> classNames(String model, byte[] metadata) {
    try {
      JsonNode root = JSON.readTree(metadata);
      if (root.path("version").asInt() != VERSION || !root.path("classes").isObject()) {
        throw new ModelException("%s: %s is not of version %d".formatted(model, METADATA, VERSION));
      }
      Map<String, List<String>> read = new LinkedHashMap<>();
      Iterator<Map.Entry<String, JsonNode>> outputs = root.path("classes").fields();
      while (outputs.hasNext()) {
        Map.Entry<String, JsonNode> output = outputs.next();
        List<String> names = new ArrayList<>();
        for (JsonNode name : output.getValue()) {
          if (!name.isTextual()) {
            throw new ModelException(model + ": " + METADATA + " names a class " + name);
          }
          names.add(name.asText());
        }
        if (names.size() < 2 || names.stream().distinct().count() < names.size()) {
          throw new ModelException(
              "%s: %s names the classes of %s %s"
                  .formatted(model, METADATA, output.getKey(), names));
        }
        read.put(output.getKey(), List.copyOf(names));
      }
      return read;
    } catch (IOException e) {
      throw new ModelException(model + ": " + METADATA + " is not JSON", e);
    }
  }
}
