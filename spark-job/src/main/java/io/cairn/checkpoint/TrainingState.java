/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.plan.RunPosition;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * Everything that a run needs in order to go on, as it is between two updates. Replicas are
 * identical to the bit, so the state is the same on every rank.
 *
 * <p>Values are in several buffers, since a buffer holds at most 2 GiB and an updater's state may
 * be larger. Where one buffer ends has no meaning. The bytes are in this machine's order.
 *
 * <p>The buffers belong to whoever made the state. Their content is what lies between position and
 * limit, and both are left as they are.
 *
 * @param position how far the run is
 * @param settingsJson the run's resolved settings with the plan, a JSON object
 * @param bytesPerValue 4 (float32) or 8 (float64)
 * @param parameters all parameters, flat
 * @param updater the updater's state, flat; empty for an updater without one
 */
public record TrainingState(
    RunPosition position,
    String settingsJson,
    int bytesPerValue,
    List<ByteBuffer> parameters,
    List<ByteBuffer> updater) {

  public TrainingState {
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(settingsJson, "settingsJson");
    parameters = List.copyOf(parameters);
    updater = List.copyOf(updater);
    if (bytes(parameters) % bytesPerValue != 0 || bytes(updater) % bytesPerValue != 0) {
      throw new IllegalArgumentException(
          "%d bytes of parameters and %d of updater state are no whole values of %d bytes"
              .formatted(bytes(parameters), bytes(updater), bytesPerValue));
    }
  }

  /** How much it is. */
  public StateSize size() {
    return new StateSize(
        bytesPerValue, bytes(parameters) / bytesPerValue, bytes(updater) / bytesPerValue);
  }

  private static long bytes(List<ByteBuffer> pieces) {
    return pieces.stream().mapToLong(ByteBuffer::remaining).sum();
  }
}
