/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

/**
 * A variable that is trained, or frozen, and its place in the vector of all.
 *
 * @param name the variable's
 * @param shape its dimensions
 * @param offset of its first value in the vector
 * @param length number of values
 * @param use what becomes of it
 */
@SuppressWarnings("ArrayRecordComponent") // made in one place, never compared
public record GraphParameter(String name, long[] shape, long offset, long length, Use use) {

  /** What becomes of a parameter. */
  public enum Use {
    /** It has a gradient, and each update changes it. */
    TRAINED,
    /** It stays as it is: a constant of the graph. */
    FROZEN
  }

  /** Whether updates change it. */
  boolean isTrained() {
    return use == Use.TRAINED;
  }

  /** What its name has before the last dot or slash; empty if it has neither. */
  public String layer() {
    return name.substring(0, Math.max(0, cut()));
  }

  /** What comes after it. */
  public String nameInLayer() {
    return layer().isEmpty() ? name : name.substring(cut() + 1);
  }

  private int cut() {
    return Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
  }

  long end() {
    return offset + length;
  }
}
