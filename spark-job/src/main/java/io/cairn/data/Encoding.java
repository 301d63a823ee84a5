/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;
import java.util.List;

/** How the values of a field are stored in a record. */
public sealed interface Encoding extends Serializable {

  /** Every value as it is, in the network's number format. */
  record Values() implements Encoding {
    private static final long serialVersionUID = 1L;
  }

  /**
   * The index of one class as an int32 (one a time step in a sequence).
   *
   * @param classes the number of classes, at least 2
   * @param names their names in the order of their indices; empty if they have none
   */
  record ClassIndex(int classes, List<String> names) implements Encoding {
    private static final long serialVersionUID = 1L;

    /** Classes without names. */
    public ClassIndex(int classes) {
      this(classes, List.of());
    }

    public ClassIndex {
      names = List.copyOf(names);
      if (!names.isEmpty() && names.size() != classes) {
        throw new IllegalArgumentException(classes + " classes do not have the names " + names);
      }
      if (classes < 2) {
        throw new IllegalArgumentException("classes must be at least 2, not " + classes);
      }
    }

    /** The names, for a message. */
    public String shown() {
      int most = 20;
      return names.size() <= most
          ? String.join(", ", names)
          : String.join(", ", names.subList(0, most))
              + " and %d more".formatted(names.size() - most);
    }
  }
}
