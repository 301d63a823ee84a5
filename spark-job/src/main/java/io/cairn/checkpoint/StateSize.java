/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.Serializable;

/**
 * The size of a model's state. A checkpoint is compared with it before memory is allocated to read
 * it.
 *
 * @param bytesPerValue 4 (float32) or 8 (float64)
 * @param parameters number of parameters, at least 1
 * @param updaterValues numbers that the updater keeps, 0 for plain SGD
 */
public record StateSize(int bytesPerValue, long parameters, long updaterValues)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public StateSize {
    if (bytesPerValue != Float.BYTES && bytesPerValue != Double.BYTES) {
      throw new IllegalArgumentException("values of " + bytesPerValue + " bytes");
    }
    long most = Long.MAX_VALUE / bytesPerValue;
    if (parameters < 1 || updaterValues < 0 || parameters > most || updaterValues > most) {
      throw new IllegalArgumentException(
          parameters + " parameters with " + updaterValues + " values of the updater");
    }
  }

  /** Bytes of all parameters. */
  public long parameterBytes() {
    return parameters * bytesPerValue;
  }

  /** Bytes of the updater's state. */
  public long updaterBytes() {
    return updaterValues * bytesPerValue;
  }

  /** For errors: {@code 535,818 parameters and 1,071,636 updater values of 4 bytes}. */
  @Override
  public String toString() {
    return "%,d parameters and %,d updater values of %d bytes"
        .formatted(parameters, updaterValues, bytesPerValue);
  }
}
