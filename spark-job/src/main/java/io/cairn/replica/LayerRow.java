/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import java.util.Objects;

/**
 * A layer of a model, for a person.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name what the model calls it
 * @param kind its class, and its activation where it has one
 * @param shape what it makes of an example
 * @param parameters how many it has
 * @param updated whether training changes them
 */
public record LayerRow(
    String name, String kind, List<Long> shape, long parameters, Updated updated) {

  /** Whether training changes a layer's parameters. */
  public enum Updated {
    /** It does. */
    YES,
    /** It is frozen. */
    NO,
    /** There are none. */
    NOTHING
  }

  public LayerRow {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(kind, "kind");
    shape = List.copyOf(shape);
    Objects.requireNonNull(updated, "updated");
  }
}
