/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The layout of an example's record, which has a fixed size. The fields follow each other without
 * padding, inputs first, in little-endian order. If examples have weights, the weight follows as a
 * float64.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param kind the network's number format
 * @param fields inputs in the model's order, at least one, then outputs in the model's order; no
 *     outputs in examples that are only to be scored
 * @param weights whether examples have weights
 */
public record ExampleLayout(ElementKind kind, List<Field> fields, Weights weights)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The byte order of records; also that of every machine that ND4J runs on. */
  public static final ByteOrder BYTE_ORDER = ByteOrder.LITTLE_ENDIAN;

  /** The largest record: an example must fit one mapping and one Java array with room to spare. */
  public static final int MAX_RECORD_BYTES = 1 << 28;

  /** Whether examples have weights. */
  public enum Weights {
    /** All count alike. */
    NONE,
    /** Each record ends with the weight of its example. */
    RECORDED
  }

  /** A layout of examples that all count alike. */
  public ExampleLayout(ElementKind kind, List<Field> fields) {
    this(kind, fields, Weights.NONE);
  }

  public ExampleLayout {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(weights, "weights");
    fields = List.copyOf(fields);
    int inputs = 0;
    while (inputs < fields.size() && fields.get(inputs).role() == Field.Role.INPUT) {
      inputs++;
    }
    List<Field> rest = fields.subList(inputs, fields.size());
    if (inputs == 0) {
      throw new IllegalArgumentException("an example has at least one input");
    }
    if (rest.stream().anyMatch(f -> f.role() == Field.Role.INPUT)) {
      throw new IllegalArgumentException("the inputs of an example stand before its outputs");
    }
    long bytes = weights == Weights.RECORDED ? Double.BYTES : 0;
    for (Field field : fields) {
      bytes += field.recordBytes(kind);
    }
    if (bytes > MAX_RECORD_BYTES) {
      throw new IllegalArgumentException(
          "an example of " + bytes + " bytes is larger than the limit of " + MAX_RECORD_BYTES);
    }
  }

  /** Bytes of one record. */
  public int recordBytes() {
    return offset(fields.size()) + (isWeighted() ? Double.BYTES : 0);
  }

  /** Whether examples have weights. */
  public boolean isWeighted() {
    return weights == Weights.RECORDED;
  }

  /** Where the weight stands in a record that has one. */
  public int weightOffset() {
    return offset(fields.size());
  }

  /** Where a field begins in a record, in bytes. */
  public int offset(int field) {
    int bytes = 0;
    for (Field before : fields.subList(0, field)) {
      bytes += before.recordBytes(kind);
    }
    return bytes;
  }

  /**
   * How many time steps an example has: those of its first input that is a sequence of at most
   * {@code maxSteps}; empty if it has none.
   */
  public OptionalInt steps(byte[] record, int maxSteps) {
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      if (field.role() == Field.Role.INPUT && field.maxSteps() == maxSteps && maxSteps > 0) {
        int at = offset(i) + field.valueBytes(kind);
        return OptionalInt.of(ByteBuffer.wrap(record).order(BYTE_ORDER).getInt(at));
      }
    }
    return OptionalInt.empty();
  }

  /** The fields that go into the model, in its order. */
  public List<Field> inputs() {
    return having(Field.Role.INPUT);
  }

  /** The fields that the model's outputs are compared with, in its order. */
  public List<Field> outputs() {
    return having(Field.Role.OUTPUT);
  }

  private List<Field> having(Field.Role role) {
    List<Field> found = new ArrayList<>();
    for (Field field : fields) {
      if (field.role() == role) {
        found.add(field);
      }
    }
    return List.copyOf(found);
  }
}
