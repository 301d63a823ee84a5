/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.dl4j.Example.Values;
import io.cairn.dl4j.NetworkDemand.StepAxis;

/**
 * The values of a sequence by its steps; a flat vector is a sequence of one.
 *
 * <p>Threading: immutable.
 *
 * @param values of two dimensions with steps, or of one
 * @param axis where the steps stand
 */
record StepValues(Values values, StepAxis axis) {

  private boolean isVector() {
    return values.shape().length == 1;
  }

  /** How many steps. */
  int count() {
    return isVector() && values.steps() == 0 ? 1 : values.steps();
  }

  /** Values of a step. */
  int channels() {
    if (isVector()) {
      return values.steps() == 0 ? values.shape()[0] : 1;
    }
    return axis == StepAxis.FIRST ? values.shape()[1] : values.shape()[0];
  }

  private double at(int step, int channel) {
    int index =
        axis == StepAxis.FIRST || isVector()
            ? step * channels() + channel
            : channel * values.steps() + step;
    return values.numbers()[index];
  }

  /** The values of a step. */
  double[] step(int step) {
    double[] found = new double[channels()];
    for (int channel = 0; channel < found.length; channel++) {
      found[channel] = at(step, channel);
    }
    return found;
  }

  /** Where the one 1 of a step stands among zeros; -1 if it has other values. */
  int classAt(int step) {
    int found = -1;
    for (int channel = 0; channel < channels(); channel++) {
      double value = at(step, channel);
      if (value == 1 && found < 0) {
        found = channel;
      } else if (value != 0) {
        return -1;
      }
    }
    return found;
  }
}
