/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;

/** How a field's values stand in a record. */
public sealed interface Encoding extends Serializable {

  /** Every value as it is, in the network's number format. */
  record Values() implements Encoding {
    private static final long serialVersionUID = 1L;
  }

  /**
   * The index of one class as an int32 (one a time step in a sequence); handed out one-hot.
   *
   * @param classes the number of classes, at least 2
   */
  record ClassIndex(int classes) implements Encoding {
    private static final long serialVersionUID = 1L;

    public ClassIndex {
      if (classes < 2) {
        throw new IllegalArgumentException("classes must be at least 2, not " + classes);
      }
    }
  }
}
