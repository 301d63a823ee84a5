/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.BaseNDArray;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The arrays of passes, which are used again by their type and shape: within a pass, and in the
 * next one, where what it doesn't need is freed. None is made that cannot be: a damaged graph, or
 * one that is not for the data, may ask for more than the machine has, and would end the process.
 *
 * <p>ND4J's own, {@code ArrayCacheMemoryMgr}, also keeps arrays that it has not given: a dozen more
 * with each pass of a transformer.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: an IllegalArgumentException naming the operator.
 */
final class PassArrays extends AbstractMemoryMgr implements AutoCloseable {

  /** What serves for what. The shape is compared number by number. */
  private record Kind(DataType type, LongBuffer shape) {}

  /** What arrays are, and how many of those that lie in it are in use. */
  private static final class Memory {
    private final INDArray first;
    private final Kind kind;
    private int users = 1;

    Memory(INDArray first, Kind kind) {
      this.first = first;
      this.kind = kind;
    }
  }

  private final Map<Kind, Deque<INDArray>> free = new HashMap<>();
  private final IdentityHashMap<INDArray, Memory> given = new IdentityHashMap<>();
  private final Set<Kind> used = new HashSet<>();
  private String operator = "";
  private boolean needsValues;
  private long freeBytes;

  /**
   * Whose outputs come next.
   *
   * @param name the operator, for errors
   * @param needsAll whether its native code divides by its output's dimensions
   */
  void next(String name, boolean needsAll) {
    operator = name;
    needsValues = needsAll;
  }

  /** A pass has ended, and whoever called has what he wanted of it. */
  void endPass() {
    new ArrayList<>(given.keySet()).forEach(this::release);
    given.clear();
    List<Kind> unused = free.keySet().stream().filter(kind -> !used.contains(kind)).toList();
    unused.forEach(this::free);
    used.clear();
  }

  @Override
  public INDArray allocate(boolean detached, DataType type, long... shape) {
    return allocate(detached, LongShapeDescriptor.fromShape(shape, type));
  }

  @Override
  public INDArray allocate(boolean detached, LongShapeDescriptor wanted) {
    long[] shape = wanted.getShape();
    requirePossible(wanted.dataType(), shape);
    if (wanted.isEmpty()) {
      return Nd4j.create(wanted).detach();
    }
    Kind kind = new Kind(wanted.dataType(), LongBuffer.wrap(shape));
    used.add(kind);
    Deque<INDArray> same = free.get(kind);
    INDArray array = same == null ? null : same.pollLast();
    if (array == null) {
      array = Nd4j.createUninitializedDetached(wanted.dataType(), shape);
    } else {
      freeBytes -= bytes(array);
      // The session counts uses by this number.
      ((BaseNDArray) array).assignNewId();
    }
    given.put(array, new Memory(array, kind));
    return array;
  }

  private void requirePossible(DataType type, long[] shape) {
    double bytes = type.width();
    for (long dimension : shape) {
      bytes *= dimension;
      if (dimension < 0 || (needsValues && dimension == 0)) {
        throw new IllegalArgumentException(
            "operator %s would give an array of the impossible shape %s"
                .formatted(operator, Arrays.toString(shape)));
      }
    }
    if (bytes > Pointer.totalPhysicalBytes()) {
      throw new IllegalArgumentException(
          "operator %s would give an array of shape %s, which is more than this machine's memory"
              .formatted(operator, Arrays.toString(shape)));
    }
  }

  /** Does nothing with an array that is not from here: a view, or somebody else's. */
  @Override
  public void release(INDArray array) {
    Memory memory = given.remove(array);
    if (memory == null) {
      return;
    }
    memory.users--;
    if (memory.users == 0 && !memory.first.wasClosed()) {
      free.computeIfAbsent(memory.kind, same -> new ArrayDeque<>()).addLast(memory.first);
      freeBytes += bytes(memory.first);
    }
  }

  /**
   * The same memory in another shape, as an array of its own. It is of use to others when both have
   * been released.
   *
   * @param array from here, and in use
   * @param shape of as many values
   */
  INDArray again(INDArray array, long... shape) {
    Memory memory = given.get(array);
    INDArray same =
        Nd4j.create(array.data(), shape, Nd4j.getStrides(shape, 'c'), 0, 'c', array.dataType());
    given.put(same, memory);
    memory.users++;
    return same;
  }

  /** Whether an array is from here, and still in use. */
  boolean gave(INDArray array) {
    return given.containsKey(array);
  }

  /** Bytes of the arrays that are kept for the next pass. */
  long freeBytes() {
    return freeBytes;
  }

  @Override
  public void close() {
    endPass();
    new ArrayList<>(free.keySet()).forEach(this::free);
  }

  private void free(Kind kind) {
    for (INDArray array : free.remove(kind)) {
      freeBytes -= bytes(array);
      close(array);
    }
  }

  private static void close(INDArray array) {
    if (!array.wasClosed() && array.closeable()) {
      array.close();
    }
  }

  private static long bytes(INDArray array) {
    return array.length() * array.dataType().width();
  }
}
