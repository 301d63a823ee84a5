/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

/** What becomes of a row that cannot be scored: a value is missing, NaN, or of a wrong length. */
public enum OnInvalid {
  /** The job fails, and says which value it was. */
  ERROR,
  /** The row is left out, and counted. */
  SKIP,
  /** The row is kept, and counted; its outputs are null. */
  KEEP
}
