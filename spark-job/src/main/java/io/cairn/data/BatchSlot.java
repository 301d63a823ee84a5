/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory of one micro-batch: all its arrays. They are allocated once, filled by the prefetching
 * thread, and lent to the training thread.
 *
 * <p>Threading: one thread at a time; a queue passes the slot from one to the other.
 */
final class BatchSlot implements AutoCloseable {
  private final ExampleLayout layout;
  private final int[] offsets;
  private final List<FieldArrays> inputs = new ArrayList<>();
  private final List<FieldArrays> outputs = new ArrayList<>();
  private final List<FieldArrays> fields = new ArrayList<>();
  private final Map<Integer, MultiDataSet> views = new HashMap<>();
  private final List<Double> weights = new ArrayList<>();
  private int examples;

  BatchSlot(ExampleLayout layout, int capacity) {
    this.layout = layout;
    this.offsets = new int[layout.fields().size()];
    MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
    try {
      for (int i = 0; i < offsets.length; i++) {
        Field field = layout.fields().get(i);
        offsets[i] = layout.offset(i);
        FieldArrays arrays = new FieldArrays(field, layout.kind(), capacity);
        fields.add(arrays);
        (field.role() == Field.Role.INPUT ? inputs : outputs).add(arrays);
      }
    } finally {
      outside.close();
    }
  }

  /** Empties the slot. */
  void clear() {
    examples = 0;
    weights.clear();
  }

  /** Appends one example of the shard. */
  void add(Shard shard, int example) {
    add(shard.mapping(example), shard.offset(example));
  }

  /** Appends the example whose scaled record begins at {@code base}. */
  void add(ByteBuffer record, int base) {
    for (int i = 0; i < offsets.length; i++) {
      fields.get(i).fill(examples, record, base + offsets[i]);
    }
    if (layout.isWeighted()) {
      double weight = record.getDouble(base + layout.weightOffset());
      // As the network computes with it, so that sums of weights and of gradients agree.
      weights.add(layout.kind().round(weight));
    }
    examples++;
  }

  /**
   * The examples in the slot, in its own memory: good until the slot is cleared. Where examples
   * have weights, they are the metadata of the examples, a {@link Double} each.
   */
  MultiDataSet view() {
    fields.forEach(FieldArrays::markFilled);
    MultiDataSet view = views.computeIfAbsent(examples, this::newView);
    if (layout.isWeighted()) {
      view.setExampleMetaData(List.copyOf(weights));
    }
    return view;
  }

  private MultiDataSet newView(int count) {
    MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
    try {
      return new org.nd4j.linalg.dataset.MultiDataSet(
          values(inputs, count),
          values(outputs, count),
          masks(inputs, layout.inputs(), count),
          masks(outputs, layout.outputs(), count));
    } finally {
      outside.close();
    }
  }

  private static INDArray[] values(List<FieldArrays> fields, int count) {
    return fields.stream().map(f -> f.values(count)).toArray(INDArray[]::new);
  }

  private static INDArray[] masks(List<FieldArrays> arrays, List<Field> fields, int count) {
    if (fields.stream().noneMatch(Field::isSequence)) {
      return null;
    }
    return arrays.stream().map(f -> f.mask(count)).toArray(INDArray[]::new);
  }

  @Override
  public void close() {
    fields.forEach(FieldArrays::close);
  }
}
