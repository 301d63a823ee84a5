/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.factory.Nd4j;

/** Messages as ND4J M2.1, JavaCPP, CUDA and the Java machine word them. */
class OffHeapMemoryTest {

  /** What the end of each task does must not cost a session a full collection of its heap. */
  @Test
  void workspacesAreFreedWithoutCollectingTheGarbageOfTheProcess() {
    WorkspaceConfiguration tenMiB = WorkspaceConfiguration.builder().initialSize(10 << 20).build();
    try (MemoryWorkspace space =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace(tenMiB, "pass")) {
      Nd4j.ones(DataType.FLOAT, 1000);
    }
    WeakReference<Object> garbage = oldGarbage();
    OffHeapMemory.freeClosedWorkspaces();
    OffHeapMemory.freeWorkspaces();
    assertThat(garbage.get()).isNotNull();
    assertThat(Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread()).isEmpty();
    OffHeapMemory.collectGarbage();
    assertThat(garbage.get()).isNull();
  }

  /** What a small collection, which may come at any time, leaves. */
  private static WeakReference<Object> oldGarbage() {
    Object object = new Object();
    System.gc();
    return new WeakReference<>(object);
  }

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

  /**
   * The forms in nd4j-cuda-11.6-1.0.0-M2.1: those of its classes, with what they append, and those
   * of libnd4jcuda.so, whose cuda_exception appends the error's number.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cudaMalloc failed; Bytes: [1077940224]; Error code [2]; DEVICE [0]",
        "cudaHostAlloc failed; Bytes: [4096]; Error code [2]; DEVICE [0]",
        "Failed to allocate 1283331072 bytes from DEVICE [0] memory",
        "Requested amount exceeds device limits; Bytes: [4096]; Error code [1]; DEVICE [1]",
        "[DEVICE] allocation failed; Error code: [2]",
        "Can't allocate [DEVICE] memory",
        "Can't allocate memory: Workspace is full",
        "_reductionPointer allocation failed; Error code: [2]",
        "Memory allocation for tadOffsets failed",
        "Failed to allocate memory for new CUDA stream; Error code: [2]",
        "Failed temp allocation",
        "helpers::dropoutSimple: Cannot allocate device memory for random generator.; Error code: [2]",
        "helpers::computeXWeightsAndIndices: Cannot allocated device memory for interpolate"
            + " calculator; Error code: [2]",
        "softmax: any operation; Error code: [2]",
        "MmulHelper::mmulMxM cuda failed !; Error code: [3]"
      })
  void whatItsCudaBackendThrowsIsOne(String message) {
    assertThat(OffHeapMemory.isExhausted(new RuntimeException(message))).isTrue();
    RuntimeException cause = new RuntimeException(message);
    assertThat(OffHeapMemory.isExhausted(new IllegalStateException("Op [conv2d] failed", cause)))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MmulHelper::mmulMxM cuda failed !; Error code: [13]",
        "softmax: any operation; Error code: [700]",
        "softmax: any operation; Error code: [3]",
        "CUDA driver version is insufficient for CUDA runtime version; Error code: [35]",
        "memset failed on device_0",
        "[DEVICE] deallocation failed; Error code: [700]"
      })
  void anotherFailureOfTheGpuIsNot(String message) {
    assertThat(OffHeapMemory.isExhausted(new RuntimeException(message))).isFalse();
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
