/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Optional;
import java.util.regex.Pattern;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;

/**
 * An object of Keras's own (an initializer, for example) that a file names by its class.
 *
 * @param className as the file has it: {@code GlorotUniform}, or a mere name such as {@code
 *     glorot_uniform}
 * @param config its arguments; empty if the file has only a name
 */
record KerasObject(String className, KerasConfig config) {

  /** Where Keras's own classes are, in all versions. */
  private static final Pattern OWN_MODULE =
      Pattern.compile("(builtins|(tensorflow\\.|tf_)?keras(_core)?(\\..*)?)");

  /**
   * Reads one that stands below a key.
   *
   * @param parent finishes what is read here
   */
  static KerasObject of(KerasConfig parent, String key, JsonNode value) {
    if (value.isTextual()) {
      return new KerasObject(
          value.textValue(), parent.below(key, JsonNodeFactory.instance.objectNode()));
    }
    if (!value.isObject()) {
      throw parent.refused(key, "a name or an object with class_name");
    }
    return of(parent.below(key, value));
  }

  /** Reads one of an object with {@code class_name} and {@code config}. */
  static KerasObject of(KerasConfig object) {
    String className = ownClass(object);
    JsonNode config = object.raw("config");
    if (className.equals("function") && config != null && config.isTextual()) {
      return new KerasObject(
          config.textValue(), object.below("config", JsonNodeFactory.instance.objectNode()));
    }
    return new KerasObject(
        className,
        object.below(className, config == null ? JsonNodeFactory.instance.objectNode() : config));
  }

  /** The class that an object names, which must be one of Keras's own. */
  static String ownClass(KerasConfig object) {
    String className = object.text("class_name");
    object
        .optionalText("module")
        .filter(module -> !OWN_MODULE.matcher(module).matches())
        .ifPresent(module -> refuseForeign(object, className, module));
    Optional<String> registered = object.optionalText("registered_name");
    registered
        .filter(name -> !isOwnName(name, className))
        .ifPresent(name -> refuseForeign(object, className, name));
    // The shapes that the object was built with follow from its input.
    object.ignore("build_config", "shared_object_id");
    return className;
  }

  /** Keras registers its own under their class's name, some versions with the package Keras. */
  private static boolean isOwnName(String registered, String className) {
    return registered.equals(className)
        || registered.equals("keras>" + className)
        || registered.equals("Keras>" + className);
  }

  private static void refuseForeign(KerasConfig object, String className, String from) {
    throw object.refused(
        className
            + " (of "
            + from
            + ") is not Keras's own; what a class of one's own computes is not in the file");
  }
}
