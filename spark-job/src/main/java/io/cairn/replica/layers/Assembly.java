/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import java.util.Map;
import java.util.Set;

/**
 * How an object of a class is made of properties.
 *
 * <p>Threading: one thread.
 */
sealed interface Assembly permits BuilderAssembly, JsonAssembly {

  /** The names of the properties that there are, as Deeplearning4j spells them. */
  Set<String> properties();

  /**
   * Makes the object.
   *
   * @param at what it is made for, for errors that concern no single property
   * @param given properties by their names as {@link #properties} has them
   * @throws MisfitException for the first property that does not fit
   */
  Object make(Described at, Map<String, Described> given) throws MisfitException;

  /** How a class is made: by its builder where it has one, and else out of its JSON. */
  static Assembly of(Class<?> type) {
    return BuilderAssembly.find(type)
        .<Assembly>map(it -> it)
        .orElseGet(() -> new JsonAssembly(type));
  }
}
