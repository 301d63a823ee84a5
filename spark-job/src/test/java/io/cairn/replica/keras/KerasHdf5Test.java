/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.ModelException;
import org.junit.jupiter.api.Test;

class KerasHdf5Test {

  @Test
  void aHeapThatIsTooSmallIsNotCalledDamage() {
    assertThatThrownBy(
            () ->
                KerasHdf5.reading(
                    "m.h5",
                    "it",
                    () -> {
                      throw new OutOfMemoryError("Java heap space");
                    }))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "m.h5: it does not fit into this process's memory (Java heap space); a few times the file's size is needed (spark.driver.memory)");
  }
}
