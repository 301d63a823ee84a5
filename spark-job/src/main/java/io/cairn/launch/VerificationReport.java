/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.replica.LayerGap;
import io.cairn.worker.BigBatchReport.Against;
import java.util.List;
import java.util.Optional;

/**
 * What a verification found.
 *
 * <p>Threading: immutable.
 *
 * @param largestBatch the largest effective batch of the updates
 * @param updates updates that were made
 * @param formats by number format, float64 first
 * @param layers what is known of the layers
 * @param notes what a reader should know, a sentence each
 */
public record VerificationReport(
    int largestBatch,
    long updates,
    List<VerifiedFormat> formats,
    LayerFindings layers,
    List<String> notes) {

  /**
   * What is known of the layers.
   *
   * @param statistics layers whose results depend on the micro-batch by their nature
   * @param dependent the first layer that was seen to depend on the examples beside one
   * @param refusedPlace the layer whose gradient the self-check found wrong
   * @param refusal why, in its words
   */
  public record LayerFindings(
      List<String> statistics,
      Optional<String> dependent,
      Optional<String> refusedPlace,
      Optional<String> refusal) {
    public LayerFindings {
      statistics = List.copyOf(statistics);
    }
  }

  public VerificationReport {
    formats = List.copyOf(formats);
    notes = List.copyOf(notes);
  }

  /** What it comes to. */
  public sealed interface Verdict {

    /** No difference but rounding. */
    record Equal() implements Verdict {}

    /**
     * No difference but what layers compute over each micro-batch.
     *
     * @param layers which
     */
    record EqualUpToStatistics(List<String> layers) implements Verdict {
      public EqualUpToStatistics {
        layers = List.copyOf(layers);
      }
    }

    /**
     * There is a difference.
     *
     * @param layer where it comes from, as far as that can be told
     * @param why for a person
     */
    record Differs(String layer, String why) implements Verdict {}
  }

  /** What it comes to. */
  public Verdict verdict() {
    boolean equal = formats.stream().allMatch(format -> format.agrees(Against.ONE_BATCH));
    if (equal && formats.stream().anyMatch(VerifiedFormat::standsStill)) {
      return new Verdict.Differs(
          "no layer", "no update changed the model, so that there was nothing to compare");
    }
    if (equal && layers.refusal().isEmpty()) {
      return new Verdict.Equal();
    }
    Optional<String> stranger =
        layers.dependent().filter(layer -> !layers.statistics().contains(layer));
    if (stranger.isPresent()) {
      return new Verdict.Differs(
          stranger.get(),
          "what it computes for an example depends on the other examples of its micro-batch, so that the result depends on batch.micro, batch.steps and batch.workers");
    }
    if (layers.refusal().isPresent()) {
      String place = layers.refusedPlace().orElse("unknown");
      return new Verdict.Differs(firstDifference().orElse(place), layers.refusal().get());
    }
    boolean sameParts = formats.stream().allMatch(format -> format.agrees(compared()));
    if (!layers.statistics().isEmpty() && sameParts) {
      return new Verdict.EqualUpToStatistics(layers.statistics());
    }
    return new Verdict.Differs(
        firstDifference().orElse("unknown"),
        "it is the layer nearest to the loss whose gradient over micro-batches is not that of the whole batch, or differs from that of one worker");
  }

  /** What has to agree: where layers depend on the micro-batch, the run's own. */
  private Against compared() {
    return layers.statistics().isEmpty() ? Against.ONE_BATCH : Against.SAME_MICRO_BATCHES;
  }

  /**
   * After the first update every replica began with the same parameters, so that a wrong gradient
   * shows in its own layer and in those before it, but in none behind it.
   */
  private Optional<String> firstDifference() {
    for (long update : new long[] {1, updates}) {
      for (VerifiedFormat format : formats) {
        List<LayerGap> beyond = format.beyond(compared(), update);
        if (!beyond.isEmpty()) {
          return Optional.of(beyond.get(beyond.size() - 1).layer());
        }
      }
    }
    return Optional.empty();
  }
}
