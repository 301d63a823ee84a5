/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.settings.BatchSettings.MicroSize;
import java.util.OptionalInt;

/**
 * How many micro-batches a worker computes side by side, each on a thread of its own ({@code
 * compute.threads}). More threads than a window has micro-batches would have nothing to do.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param number of threads, at least 1
 * @param asked what is asked for; absent: auto
 * @param cores that the worker has for them
 */
public record ComputeThreads(int number, OptionalInt asked, int cores) {

  public ComputeThreads {
    if (number < 1 || cores < 1) {
      throw new IllegalArgumentException(
          "at least one thread and one core, not %d and %d".formatted(number, cores));
    }
  }

  /**
   * The threads of a worker.
   *
   * @param asked absent: one for each core
   * @param cores that the worker has for them
   * @param plan where a probe decides about micro-batches, a window has as many as examples; where
   *     steps change, the stage with the most counts
   */
  public static ComputeThreads of(OptionalInt asked, int cores, AskedPlan plan) {
    int most =
        plan.microSize() == MicroSize.PROBED
            ? plan.plan().first().window()
            : plan.plan().mostSteps();
    int number = Math.max(1, Math.min(asked.orElse(cores), most));
    return new ComputeThreads(number, asked, cores);
  }

  /** Of the cores that are asked for, those that a window has no micro-batch for. */
  public int idleCores() {
    return Math.min(asked.orElse(cores), cores) - number;
  }

  /** For a person: what was chosen, and from what. */
  @Override
  public String toString() {
    String chosen =
        "compute.threads = %s: a worker computes %s"
            .formatted(
                asked.isPresent() ? asked.getAsInt() : "auto",
                number == 1 ? "one micro-batch at a time" : number + " micro-batches side by side");
    return idleCores() > 0
        ? chosen
            + " and leaves %d of its %d cores idle, because an update has no more micro-batches; a smaller batch.micro and more batch.steps make the same effective batch"
                .formatted(idleCores(), cores)
        : chosen;
  }
}
