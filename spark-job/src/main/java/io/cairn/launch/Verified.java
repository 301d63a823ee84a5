/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

/** What came of a verification. */
public sealed interface Verified {

  /**
   * Everything was compared.
   *
   * @param report what was found
   */
  record Compared(VerificationReport report) implements Verified {}

  /**
   * The run that was to be compared did not come to its end.
   *
   * @param format in which number format
   * @param outcome how it ended
   */
  record Unfinished(String format, Outcome outcome) implements Verified {}
}
