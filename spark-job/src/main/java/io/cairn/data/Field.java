/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * One input or output array of the model, and how it is stored in the record of an example.
 *
 * <p>A record holds the values in the order of {@code shape}, the last dimension fastest. A class
 * index is one int32, or one int32 for each time step. A sequence is followed by its length in
 * steps as an int32; the steps beyond that length are zero.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name for messages: what the operator calls it
 * @param role input or output of the model
 * @param shape what the field means, without the example dimension: of a class index {@code
 *     [classes]}, of a sequence {@code [channels, maxSteps]}
 * @param encoding how the values stand in the record
 * @param maxSteps of a sequence: the most time steps; 0: not a sequence
 * @param handover how the network wants it; {@link #arrayShape} follows
 */
public record Field(
    String name, Role role, List<Integer> shape, Encoding encoding, int maxSteps, Handover handover)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What the model does with a field. */
  public enum Role {
    /** Goes in. */
    INPUT,
    /** Is compared with what comes out. */
    OUTPUT
  }

  public Field {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(encoding, "encoding");
    Objects.requireNonNull(handover, "handover");
    shape = List.copyOf(shape);
    if (shape.isEmpty() || shape.stream().anyMatch(d -> d < 1)) {
      throw new IllegalArgumentException(name + ": every dimension must be at least 1: " + shape);
    }
    if (maxSteps < 0 || (maxSteps > 0 && (shape.size() != 2 || shape.get(1) != maxSteps))) {
      throw new IllegalArgumentException(
          name + ": a sequence has shape [channels, " + maxSteps + "], not " + shape);
    }
    if (encoding instanceof Encoding.ClassIndex c && shape.get(0) != c.classes()) {
      throw new IllegalArgumentException(
          name + ": " + c.classes() + " classes do not fit shape " + shape);
    }
    if (encoding instanceof Encoding.ClassIndex && maxSteps == 0 && shape.size() != 1) {
      throw new IllegalArgumentException(name + ": a class has shape [classes], not " + shape);
    }
    if (shape.stream().mapToDouble(Integer::doubleValue).reduce(1, (a, b) -> a * b)
        > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name + ": shape " + shape + " holds more than 2^31 values");
    }
  }

  /** A field that is handed over as most networks want it. */
  public Field(String name, Role role, List<Integer> shape, Encoding encoding, int maxSteps) {
    this(name, role, shape, encoding, maxSteps, Handover.USUAL);
  }

  /** The same field for a network that wants it so. */
  public Field handedOver(Handover wanted) {
    return new Field(name, role, shape, encoding, maxSteps, wanted);
  }

  /** The same field, whose classes have names. */
  public Field named(List<String> classNames) {
    return new Field(
        name, role, shape, new Encoding.ClassIndex(shape.get(0), classNames), maxSteps, handover);
  }

  /** One flat vector of values. */
  public static Field vector(String name, Role role, int width) {
    return new Field(name, role, List.of(width), new Encoding.Values(), 0);
  }

  /** Values of any shape. */
  public static Field array(String name, Role role, List<Integer> shape) {
    return new Field(name, role, shape, new Encoding.Values(), 0);
  }

  /** One class index. */
  public static Field classIndex(String name, Role role, int classes) {
    return new Field(name, role, List.of(classes), new Encoding.ClassIndex(classes), 0);
  }

  /** A sequence of values. */
  public static Field sequence(String name, Role role, int channels, int maxSteps) {
    return new Field(name, role, List.of(channels, maxSteps), new Encoding.Values(), maxSteps);
  }

  /** A sequence of class indices. */
  public static Field classSequence(String name, Role role, int classes, int maxSteps) {
    return new Field(
        name, role, List.of(classes, maxSteps), new Encoding.ClassIndex(classes), maxSteps);
  }

  /** Whether the field has a length, and so a mask. */
  public boolean isSequence() {
    return maxSteps > 0;
  }

  /** Whether a class index is handed over as it is. */
  boolean isIndexAsItIs() {
    return encoding instanceof Encoding.ClassIndex
        && handover.classes() == Handover.ClassForm.INDEX;
  }

  /** The array that is handed out, without the example dimension. */
  public List<Integer> arrayShape() {
    int channels = isIndexAsItIs() ? 1 : shape.get(0);
    if (!isSequence()) {
      return isIndexAsItIs() ? List.of(1) : shape;
    }
    return switch (handover.steps()) {
      case LAST -> List.of(channels, maxSteps);
      case FIRST -> List.of(maxSteps, channels);
    };
  }

  /** Values of one example in the array that is handed out. */
  public int arrayLength() {
    return arrayShape().stream().reduce(1, Math::multiplyExact);
  }

  /** Bytes of the values in a record, without the length of a sequence. */
  public int valueBytes(ElementKind kind) {
    if (encoding instanceof Encoding.ClassIndex) {
      return Integer.BYTES * Math.max(1, maxSteps);
    }
    return Math.multiplyExact(arrayLength(), kind.bytes());
  }

  /** All bytes in a record. */
  public int recordBytes(ElementKind kind) {
    return Math.addExact(valueBytes(kind), isSequence() ? Integer.BYTES : 0);
  }

  /**
   * How many statistics a scaling keeps: one a feature of a flat vector, one a channel of a
   * sequence or an image. That is how DL4J's normalizers count.
   */
  public int channels() {
    return shape.get(0);
  }
}
