/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages as ND4J M2.1, JavaCPP, CUDA and the Java machine word them. */
class OffHeapMemoryTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Physical memory usage is too high: physicalBytes (471M) > maxPhysicalBytes (450M)",
        "Failed to allocate memory within limits: totalBytes (39M + 26M) > maxBytes (40M)",
        "Cannot reserve 1048576 bytes of direct buffer memory (allocated: 1, limit: 2)"
      })
  void anErrorFromOutsideTheHeapIsOne(String message) {
    OutOfMemoryError error = new OutOfMemoryError(message);
    assertThat(OffHeapMemory.isExhausted(error)).isTrue();
    RuntimeException wrapped = new RuntimeException("Error during neural network pass", error);
    assertThat(OffHeapMemory.isExhausted(wrapped)).isTrue();
    assertThat(OffHeapMemory.reason(wrapped)).isEqualTo(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Allocation failed: [Requested amount exceeds HOST device limits]",
        "Failed to allocate 140713104 bytes from HOST memory",
        "CUDA error code [2]; out of memory; Bytes: [5352000]; Error code [2]; DEVICE [0]",
        "Can't allocate memory for workspace",
        "std::bad_alloc"
      })
  void whatNd4jThrowsInItsPlaceIsOne(String message) {
    assertThat(OffHeapMemory.isExhausted(new RuntimeException(message))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Java heap space",
        "GC overhead limit exceeded",
        "Metaspace",
        "unable to create native thread: possibly out of memory or process/resource limits reached"
      })
  void theJavaMachinesOwnMemoryIsNot(String message) {
    assertThat(OffHeapMemory.isExhausted(new OutOfMemoryError(message))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"shapes do not match", "null"})
  void anotherFailureIsNot(String message) {
    assertThat(OffHeapMemory.isExhausted(new RuntimeException(message))).isFalse();
    assertThat(OffHeapMemory.isExhausted(new IllegalStateException())).isFalse();
  }
}
