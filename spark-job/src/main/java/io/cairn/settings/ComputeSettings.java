/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.orWord;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a worker computes. None of it changes what is learnt, but for the micro-batch that {@code
 * batch.micro = auto} finds.
 *
 * @param threads micro-batches that a worker computes side by side; absent: as many as its executor
 *     has cores, 1 on a GPU
 */
public record ComputeSettings(OptionalInt threads) {

  static final Key<Optional<Integer>> THREADS =
      Key.of("compute.threads", orWord(count("threads"), "auto")).byDefault(Optional.empty());

  static final Block<ComputeSettings> BLOCK =
      Block.<ComputeSettings>named("compute", Resume.MAY_CHANGE)
          .with(THREADS, ComputeSettings::askedThreads);

  /** Nothing is asked for. */
  public static final ComputeSettings AUTO = new ComputeSettings(OptionalInt.empty());

  public ComputeSettings {
    Objects.requireNonNull(threads, "threads");
    threads.ifPresent(number -> THREADS.require(Optional.of(number)));
  }

  private static Optional<Integer> askedThreads(ComputeSettings settings) {
    return settings.threads().isPresent()
        ? Optional.of(settings.threads().getAsInt())
        : Optional.empty();
  }

  /** The settings, once nothing is known to be wrong. */
  static ComputeSettings from(Values values) {
    return new ComputeSettings(values.of(THREADS).map(OptionalInt::of).orElse(OptionalInt.empty()));
  }
}
