/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.plan.BatchResolution.Proposal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Proposes plans that an operator may have meant. They differ from what was given in one number, by
 * as little as possible. Where too little was given, common plans are proposed.
 *
 * <p>Threading: stateless.
 */
final class NearestPlans {

  private static final int MOST_PROPOSALS = 4;
  private static final List<Long> ORDINARY_WORKERS = List.of(2L, 1L, 4L, 8L);
  private static final List<Long> ORDINARY_MICRO = List.of(32L, 64L, 16L, 128L);
  private static final List<Long> ORDINARY_STEPS = List.of(8L, 4L, 16L, 1L);

  private NearestPlans() {}

  /**
   * For an effective batch that the given factors do not make: for every given number, the nearest
   * values below and above that make a plan with the others as they are.
   */
  static List<Proposal> around(BatchNumbers numbers) {
    List<Proposal> proposals = new ArrayList<>();
    for (BatchNumber changing :
        List.of(BatchNumber.EFFECTIVE, BatchNumber.STEPS, BatchNumber.MICRO, BatchNumber.WORKERS)) {
      boolean decidedElsewhere =
          changing == BatchNumber.WORKERS
              && numbers.workersFrom() == BatchNumbers.WorkersFrom.CLUSTER;
      if (numbers.isKnown(changing) && !decidedElsewhere) {
        long given = numbers.value(changing);
        NavigableSet<Long> valid = validValues(numbers.without(changing), changing, given);
        for (Long value : new Long[] {valid.lower(given), valid.higher(given)}) {
          if (value != null) {
            proposals.add(changed(numbers, changing, value));
          }
        }
      }
    }
    return proposals;
  }

  /**
   * For an effective batch that the workers cannot share alike: the nearest values below and above,
   * of either, that they can. As plans with micro-batches of one example.
   */
  static List<Proposal> sharing(BatchNumbers numbers) {
    List<Proposal> proposals = new ArrayList<>();
    BatchNumbers single = numbers.with(BatchNumber.MICRO, 1);
    long effective = numbers.value(BatchNumber.EFFECTIVE);
    long workers = numbers.value(BatchNumber.WORKERS);
    for (long value : multiples(workers, effective)) {
      proposals.add(sharing(single, BatchNumber.EFFECTIVE, value));
    }
    if (numbers.workersFrom() == BatchNumbers.WorkersFrom.SETTINGS) {
      NavigableSet<Long> valid = divisors(effective);
      for (Long value : new Long[] {valid.lower(workers), valid.higher(workers)}) {
        if (value != null) {
          proposals.add(sharing(single, BatchNumber.WORKERS, value));
        }
      }
    }
    return proposals;
  }

  private static Proposal sharing(BatchNumbers single, BatchNumber changing, long value) {
    BatchNumbers changed = single.with(changing, value);
    long window = changed.value(BatchNumber.EFFECTIVE) / changed.value(BatchNumber.WORKERS);
    return new Proposal(
        changing.word() + " " + value, changed.with(BatchNumber.STEPS, window).toPlan());
  }

  /** Ordinary plans with what was given, the most ordinary first. */
  static List<Proposal> completing(BatchNumbers numbers) {
    List<BatchNumbers> found = ordinary(numbers);
    if (found.isEmpty() && numbers.isKnown(BatchNumber.EFFECTIVE)) {
      BatchNumbers factors = numbers.without(BatchNumber.EFFECTIVE);
      long given = numbers.value(BatchNumber.EFFECTIVE);
      NavigableSet<Long> valid = multiples(factors.knownFactorsProduct(), given);
      found =
          valid.stream()
              .flatMap(
                  effective ->
                      ordinary(factors.with(BatchNumber.EFFECTIVE, effective)).stream().limit(2))
              .toList();
    }
    return found.stream()
        .limit(MOST_PROPOSALS)
        .map(plan -> new Proposal(difference(numbers, plan), plan.toPlan()))
        .toList();
  }

  /** The values of one number, near the given one, that make a plan with the others. */
  private static NavigableSet<Long> validValues(
      BatchNumbers others, BatchNumber changing, long given) {
    long product = others.knownFactorsProduct();
    int unknownFactors = others.unknown().size() - 1;
    if (changing == BatchNumber.EFFECTIVE) {
      return unknownFactors == 0 ? new TreeSet<>(List.of(product)) : multiples(product, given);
    }
    long effective = others.value(BatchNumber.EFFECTIVE);
    if (effective % product != 0) {
      return new TreeSet<>();
    }
    long rest = effective / product;
    return unknownFactors == 0 ? new TreeSet<>(List.of(rest)) : divisors(rest);
  }

  private static Proposal changed(BatchNumbers numbers, BatchNumber changing, long value) {
    BatchNumbers changed = numbers.with(changing, value);
    String change = changing.word() + " " + value;
    for (BatchNumber missing : changed.unknown()) {
      long rest = changed.value(BatchNumber.EFFECTIVE) / changed.knownFactorsProduct();
      changed = changed.with(missing, rest);
      change += " (" + missing.word() + " " + rest + ")";
    }
    return new Proposal(change, changed.toPlan());
  }

  private static List<BatchNumbers> ordinary(BatchNumbers numbers) {
    List<BatchNumbers> found = new ArrayList<>();
    for (long workers : choices(numbers, BatchNumber.WORKERS, ORDINARY_WORKERS)) {
      BatchNumbers withWorkers = numbers.with(BatchNumber.WORKERS, workers);
      for (long micro : microChoices(withWorkers)) {
        BatchNumbers withMicro = withWorkers.with(BatchNumber.MICRO, micro);
        for (long steps : stepsChoices(withMicro)) {
          BatchNumbers complete = withMicro.with(BatchNumber.STEPS, steps);
          if (agrees(complete)) {
            found.add(complete);
          }
        }
      }
    }
    found.sort(
        Comparator.comparingDouble(NearestPlans::oddity)
            .thenComparing(plan -> -plan.value(BatchNumber.MICRO)));
    return found;
  }

  private static List<Long> choices(BatchNumbers numbers, BatchNumber number, List<Long> ordinary) {
    return numbers.isKnown(number) ? List.of(numbers.value(number)) : ordinary;
  }

  private static List<Long> microChoices(BatchNumbers numbers) {
    if (numbers.isKnown(BatchNumber.MICRO) || !numbers.isKnown(BatchNumber.EFFECTIVE)) {
      return choices(numbers, BatchNumber.MICRO, ORDINARY_MICRO);
    }
    long effective = numbers.value(BatchNumber.EFFECTIVE);
    long product = numbers.knownFactorsProduct();
    return effective % product == 0 ? List.copyOf(divisors(effective / product)) : List.of();
  }

  private static List<Long> stepsChoices(BatchNumbers numbers) {
    if (numbers.isKnown(BatchNumber.STEPS) || !numbers.isKnown(BatchNumber.EFFECTIVE)) {
      return choices(numbers, BatchNumber.STEPS, ORDINARY_STEPS);
    }
    long effective = numbers.value(BatchNumber.EFFECTIVE);
    long product = numbers.knownFactorsProduct();
    return effective % product == 0 ? List.of(effective / product) : List.of();
  }

  private static boolean agrees(BatchNumbers complete) {
    long product = complete.knownFactorsProduct();
    return product <= Integer.MAX_VALUE
        && (!complete.isKnown(BatchNumber.EFFECTIVE)
            || complete.value(BatchNumber.EFFECTIVE) == product);
  }

  /** How far a plan is from 2 workers, micro 32, 8 steps, in powers of two; micro counts most. */
  private static double oddity(BatchNumbers complete) {
    return 2 * octaves(complete.value(BatchNumber.MICRO), 32)
        + octaves(complete.value(BatchNumber.STEPS), 8)
        + octaves(complete.value(BatchNumber.WORKERS), 2);
  }

  private static double octaves(long value, long ordinary) {
    return Math.abs(Math.log((double) value / ordinary)) / Math.log(2);
  }

  /** What a plan adds to the given numbers: {@code micro 32 x steps 8}. */
  private static String difference(BatchNumbers given, BatchNumbers complete) {
    String factors =
        Stream.of(BatchNumber.WORKERS, BatchNumber.MICRO, BatchNumber.STEPS)
            .filter(factor -> !given.isKnown(factor))
            .map(factor -> factor.word() + " " + complete.value(factor))
            .collect(Collectors.joining(" x "));
    long effective = complete.knownFactorsProduct();
    boolean asGiven =
        given.isKnown(BatchNumber.EFFECTIVE) && given.value(BatchNumber.EFFECTIVE) == effective;
    return asGiven ? factors : factors + " = effective " + effective;
  }

  /** The multiples of {@code factor} next to {@code given}, below and above, within limits. */
  private static NavigableSet<Long> multiples(long factor, long given) {
    NavigableSet<Long> multiples = new TreeSet<>();
    long below = given / factor * factor;
    if (below > 0) {
      multiples.add(below);
    }
    if (factor <= Integer.MAX_VALUE - below) {
      multiples.add(below + factor);
    }
    return multiples;
  }

  private static NavigableSet<Long> divisors(long number) {
    NavigableSet<Long> divisors = new TreeSet<>();
    for (long divisor = 1; divisor * divisor <= number; divisor++) {
      if (number % divisor == 0) {
        divisors.add(divisor);
        divisors.add(number / divisor);
      }
    }
    return divisors;
  }
}
