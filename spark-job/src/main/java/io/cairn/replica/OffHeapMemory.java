/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.MemoryWorkspaceManager;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory outside the Java heap in which arrays live: the host's, or a GPU's.
 *
 * <p>Threading: stateless; {@link #freeWorkspaces} is about the calling thread's.
 */
public final class OffHeapMemory {

  /** What the Java machine says when it is its own memory that is too small. */
  private static final Set<String> JAVAS_OWN =
      Set.of(
          "java heap space",
          "gc overhead limit exceeded",
          "metaspace",
          "compressed class space",
          "requested array size exceeds vm limit",
          "unable to create native thread",
          "unable to create new native thread");

  /**
   * How ND4J, its native library and CUDA name it; they have no type for it. "Can't allocate" and
   * "Failed to allocate" come from workspaces, "Allocation failed" from single arrays, "Requested
   * amount exceeds" from the limits of ND4J's environment, "cudaMalloc failed" and "cudaHostAlloc
   * failed" from device and pinned memory ({@code CudaMemoryManager.allocate} in
   * nd4j-cuda-11.6-1.0.0-M2.1 appends "; Bytes: [...]; Error code [2]; DEVICE [...]"), "Cannot
   * allocate" and the rest from single operations. These are the words in that jar's classes and in
   * its libnd4jcuda.so; no machine with a GPU has said them to us.
   */
  private static final Set<String> NATIVE =
      Set.of(
          "failed to allocate",
          "can't allocate",
          "cannot allocate",
          "memory allocation for",
          "failed temp allocation",
          "requested amount exceeds",
          "cudamalloc failed",
          "cudahostalloc failed",
          "out of memory",
          "cudaerrormemoryallocation",
          "cudnn_status_alloc_failed",
          "cublas_status_alloc_failed",
          "std::bad_alloc");

  /**
   * "Allocation failed", but not "deallocation failed"; and errors by number: libnd4j's {@code
   * cuda_exception} has the number in place of the error's name. "What was done; Error code: [2]"
   * is cudaErrorMemoryAllocation, and CUDNN_STATUS_ALLOC_FAILED has the same number; from its
   * matrix products the number is cuBLAS's, and 3 is CUBLAS_STATUS_ALLOC_FAILED.
   */
  private static final Pattern NATIVE_TOO =
      Pattern.compile(
          "(?<!de)allocation failed|error code:? \\[2\\]|mmulhelper::.*error code: \\[3\\]",
          Pattern.DOTALL);

  private OffHeapMemory() {}

  /**
   * Whether a failure says that memory outside the heap did not suffice. DL4J wraps such errors, so
   * the causes are looked at too. The Java heap's own exhaustion is no such failure: its size does
   * not depend on the micro-batch.
   */
  public static boolean isExhausted(Throwable failure) {
    return Stream.iterate(failure, error -> error != null, Throwable::getCause)
        .limit(50)
        .anyMatch(OffHeapMemory::saysSo);
  }

  /** Passes over examples, which may need more memory than there is. */
  @FunctionalInterface
  public interface Passes<T, X extends Exception> {
    /** Does them, and says what came of them. */
    T run() throws X;
  }

  /**
   * Does passes that may not fit in memory. Any other failure is thrown as it is.
   *
   * @param tooLarge what to do instead where they do not fit, given the reason for a person
   */
  public static <T, X extends Exception> T fitting(
      Passes<T, X> passes, Function<String, T> tooLarge) throws X {
    try {
      return passes.run();
    } catch (RuntimeException | OutOfMemoryError e) {
      if (!isExhausted(e)) {
        throw e;
      }
      return tooLarge.apply(reason(e));
    }
  }

  private static boolean saysSo(Throwable error) {
    String message = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
    return error instanceof OutOfMemoryError
        ? JAVAS_OWN.stream().noneMatch(message::contains)
        : error instanceof RuntimeException
            && (NATIVE.stream().anyMatch(message::contains) || NATIVE_TOO.matcher(message).find());
  }

  /** The message that {@link #isExhausted} went by: the innermost one. */
  public static String reason(Throwable failure) {
    Throwable innermost = failure;
    for (int depth = 0; innermost.getCause() != null && depth < 50; depth++) {
      innermost = innermost.getCause();
    }
    return String.valueOf(innermost.getMessage());
  }

  /** What this thread's passes have asked of their workspaces, at the most. */
  static long workspaceBytes() {
    return Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread().stream()
        .mapToLong(MemoryWorkspace::getMaxCycleAllocations)
        .sum();
  }

  /**
   * Frees the workspaces that this thread's passes have left, all of them closed, and nothing else:
   * cheap enough for the end of a task. No array in them may be used any more.
   */
  static void freeClosedWorkspaces() {
    MemoryWorkspaceManager workspaces = Nd4j.getWorkspaceManager();
    // ND4J's call for all at once also collects the garbage of the whole process, which in a user's
    // own session may be gigabytes.
    workspaces.getAllWorkspacesForCurrentThread().forEach(workspaces::destroyWorkspace);
  }

  /** The same, even for those that a failed pass left open. */
  static void freeWorkspaces() {
    MemoryWorkspace none = null;
    Nd4j.getMemoryManager().setCurrentWorkspace(none);
    freeClosedWorkspaces();
  }

  /** Frees what nobody refers to any more outside the heap, too: all of the process's garbage. */
  static void collectGarbage() {
    Nd4j.getMemoryManager().invokeGc();
  }
}
