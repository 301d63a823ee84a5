/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Manifests, and the published schemas they are held against: Kubernetes' own and the Spark
 * operator's, both with unknown fields refused (their origin is told beside them).
 *
 * <p>Threading: stateless.
 */
final class Manifests {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonSchemaFactory FACTORY =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
  private static final JsonNode KUBERNETES = resource("/kubernetes/kubernetes-1.31.0.json");
  private static final JsonNode SPARK_APPLICATION =
      resource("/kubernetes/sparkapplication-v1beta2.json");

  private Manifests() {}

  /** All documents of a YAML file; a key that stands twice is an error. */
  static List<JsonNode> read(Path file) throws IOException {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    List<JsonNode> documents = new ArrayList<>();
    for (Object document : new Yaml(new SafeConstructor(options)).loadAll(Files.readString(file))) {
      documents.add(JSON.valueToTree(document));
    }
    return documents;
  }

  /** The file's one document of a kind. */
  static JsonNode read(Path file, String kind, String name) throws IOException {
    return read(file).stream()
        .filter(
            manifest ->
                manifest.path("kind").asText().equals(kind)
                    && manifest.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name + " in " + file));
  }

  /** An object of fabric8's as it goes over the wire. */
  static JsonNode of(Object object) {
    return JSON.valueToTree(object);
  }

  /** What is wrong with a manifest; nothing if it is as its kind's schema says. */
  static List<String> problems(JsonNode manifest) {
    return schema(manifest.path("kind").asText()).validate(manifest).stream()
        .map(ValidationMessage::getMessage)
        .sorted()
        .toList();
  }

  private static JsonSchema schema(String kind) {
    if (kind.equals("SparkApplication")) {
      return FACTORY.getSchema(SPARK_APPLICATION);
    }
    if (!KUBERNETES.path("$defs").has(kind)) {
      throw new AssertionError("no schema for kind \"" + kind + "\"");
    }
    ObjectNode schema = JSON.createObjectNode();
    schema.put("$ref", "#/$defs/" + kind);
    schema.set("$defs", KUBERNETES.get("$defs"));
    return FACTORY.getSchema(schema);
  }

  private static JsonNode resource(String name) {
    try (InputStream in = Manifests.class.getResourceAsStream(name)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
