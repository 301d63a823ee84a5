/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** What a checkpoint has of a replica, from one to another without a file. */
final class SavedState {

  private SavedState() {}

  /** Sets {@code second} to where {@code first} is. */
  static void goOn(Replica second, Replica first) throws IOException {
    second
        .state()
        .overwrite(
            (parameters, updater) -> {
              copy(first.state().parameterMemory(), parameters);
              copy(first.state().updaterMemory(), updater);
            });
    second.state().counts(first.iteration(), first.epoch());
  }

  private static void copy(List<ByteBuffer> from, List<ByteBuffer> to) {
    for (int i = 0; i < from.size(); i++) {
      to.get(i).duplicate().put(from.get(i).duplicate());
    }
  }
}
