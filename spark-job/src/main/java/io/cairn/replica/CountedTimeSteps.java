/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * Which time steps of several sequences count (are not masked), and an order of the steps in which
 * those that count come last. A step is numbered through all sequences: the sequence's number times
 * the length of sequences, plus the step.
 *
 * <p>Threading: immutable, safe everywhere; the arrays are not to be changed.
 *
 * @param inOrder whether each step counts, by sequence
 * @param atEnd the same after the steps that count have been moved to the end
 * @param toEnd which step stands at each place after that
 * @param back which place each step has after that
 */
record CountedTimeSteps(boolean[][] inOrder, boolean[][] atEnd, int[] toEnd, int[] back) {

  static CountedTimeSteps of(boolean[][] counted) {
    int length = counted[0].length;
    int[] toEnd = new int[counted.length * length];
    int[] back = new int[toEnd.length];
    boolean[][] atEnd = new boolean[counted.length][length];
    for (int sequence = 0; sequence < counted.length; sequence++) {
      int place = 0;
      for (boolean counts : new boolean[] {false, true}) {
        for (int step = 0; step < length; step++) {
          if (counted[sequence][step] == counts) {
            int at = sequence * length + place;
            toEnd[at] = sequence * length + step;
            back[sequence * length + step] = at;
            atEnd[sequence][place++] = counts;
          }
        }
      }
    }
    return new CountedTimeSteps(counted, atEnd, toEnd, back);
  }

  /** Whether no step would have to be moved. */
  boolean inPlace() {
    for (int i = 0; i < toEnd.length; i++) {
      if (toEnd[i] != i) {
        return false;
      }
    }
    return true;
  }

  /** Whether no step is masked. */
  boolean allCount() {
    for (boolean[] sequence : inOrder) {
      for (boolean counts : sequence) {
        if (!counts) {
          return false;
        }
      }
    }
    return true;
  }
}
