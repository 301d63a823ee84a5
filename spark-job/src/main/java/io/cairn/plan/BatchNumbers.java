/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.settings.BatchSettings;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Those of the four numbers that are known so far.
 *
 * <p>Threading: immutable.
 *
 * @param known the known ones, each at least 1
 * @param workersFrom who decides the workers; where it is the cluster, which has no more than its
 *     executors, no proposal may change them
 */
record BatchNumbers(Map<BatchNumber, Long> known, WorkersFrom workersFrom) {

  private static final List<BatchNumber> FACTORS =
      List.of(BatchNumber.WORKERS, BatchNumber.MICRO, BatchNumber.STEPS);

  /** Who decides the number of workers. */
  enum WorkersFrom {
    SETTINGS,
    CLUSTER
  }

  BatchNumbers {
    known = known.isEmpty() ? Map.of() : new EnumMap<>(known);
  }

  /** The operator's numbers, and the cluster's workers where he gives none. */
  static BatchNumbers of(BatchSettings given, OptionalInt clusterWorkers) {
    Map<BatchNumber, Long> known = new EnumMap<>(BatchNumber.class);
    clusterWorkers.ifPresent(value -> known.put(BatchNumber.WORKERS, (long) value));
    given.workers().ifPresent(value -> known.put(BatchNumber.WORKERS, (long) value));
    given.micro().ifPresent(value -> known.put(BatchNumber.MICRO, (long) value));
    given.firstSteps().ifPresent(value -> known.put(BatchNumber.STEPS, (long) value));
    given.effective().ifPresent(value -> known.put(BatchNumber.EFFECTIVE, (long) value));
    return new BatchNumbers(
        known, clusterWorkers.isPresent() ? WorkersFrom.CLUSTER : WorkersFrom.SETTINGS);
  }

  boolean isKnown(BatchNumber number) {
    return known.containsKey(number);
  }

  long value(BatchNumber number) {
    Long value = known.get(number);
    if (value == null) {
      throw new IllegalStateException(number + " is not known");
    }
    return value;
  }

  /** The numbers that are not known, in the formula's order. */
  List<BatchNumber> unknown() {
    return Stream.of(BatchNumber.values()).filter(number -> !isKnown(number)).toList();
  }

  /** The same with one number set. */
  BatchNumbers with(BatchNumber number, long value) {
    Map<BatchNumber, Long> changed = new EnumMap<>(BatchNumber.class);
    changed.putAll(known);
    changed.put(number, value);
    return new BatchNumbers(changed, workersFrom);
  }

  /** The same without one number. */
  BatchNumbers without(BatchNumber number) {
    Map<BatchNumber, Long> changed = new EnumMap<>(BatchNumber.class);
    changed.putAll(known);
    changed.remove(number);
    return new BatchNumbers(changed, workersFrom);
  }

  /**
   * The product of those of workers, micro and steps that are known; {@code Long.MAX_VALUE} where
   * it is larger than that.
   */
  long knownFactorsProduct() {
    long product = 1;
    for (BatchNumber factor : FACTORS) {
      long value = known.getOrDefault(factor, 1L);
      product = product > Long.MAX_VALUE / value ? Long.MAX_VALUE : product * value;
    }
    return product;
  }

  /** The known factors for people: {@code workers 2 x micro 32}. */
  String factors() {
    return FACTORS.stream()
        .filter(this::isKnown)
        .map(factor -> factor.word() + " " + value(factor))
        .collect(Collectors.joining(" x "));
  }

  /** The plan of three known factors. */
  BatchPlan toPlan() {
    return new BatchPlan(
        Math.toIntExact(value(BatchNumber.WORKERS)),
        Math.toIntExact(value(BatchNumber.MICRO)),
        Math.toIntExact(value(BatchNumber.STEPS)));
  }

  /** All known numbers for people: {@code workers 2, effective 512}. */
  @Override
  public String toString() {
    return known.entrySet().stream()
        .map(entry -> entry.getKey().word() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
