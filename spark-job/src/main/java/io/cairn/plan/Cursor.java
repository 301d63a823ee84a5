/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.io.Serializable;

/**
 * Where in its shard a rank stands, between two updates.
 *
 * @param epoch whole passes done
 * @param position updates done in this pass
 */
public record Cursor(long epoch, long position) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Before the first update. */
  public static final Cursor START = new Cursor(0, 0);

  public Cursor {
    if (epoch < 0 || position < 0) {
      throw new IllegalArgumentException("no such place: epoch " + epoch + ", " + position);
    }
  }

  /** After one more update, where an epoch has {@code updatesPerEpoch}. */
  public Cursor next(long updatesPerEpoch) {
    return position + 1 < updatesPerEpoch
        ? new Cursor(epoch, position + 1)
        : new Cursor(epoch + 1, 0);
  }
}
