/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** A self-check begins nothing that it has no time for, and takes what matters most first. */
class SelfCheckBudgetTest {

  private static final double MS = 1e6;
  private static final double ALLOWED = 2000 * MS;

  /** Two passes have been made, of which the first loaded code for so long. */
  private static SelfCheckBudget after(double loadingMs, double exampleMs) {
    double first = (loadingMs + exampleMs) * MS;
    double example = exampleMs * MS;
    return new SelfCheckBudget(ALLOWED, first + example, first, example, 0, false);
  }

  /** What is compared, sums and then float64, and what all that takes. */
  private record Outcome(int sums, int float64, double tookMs) {}

  /**
   * Plays a check whose passes take what they took before, and in float64 so many times as long.
   */
  private static Outcome played(SelfCheckBudget budget, double float64Times) {
    double spent = budget.spentNanos();
    int sums = budget.sums(8);
    spent += (sums == 1 ? 4 : 2) * sums * budget.exampleNanos();
    int float64 = 0;
    if (budget.at(spent).triesFloat64()) {
      double float64Nanos = float64Times * budget.exampleNanos();
      spent += float64Nanos;
      float64 = budget.at(spent).float64(8, float64Nanos);
      spent += float64 * (budget.exampleNanos() + float64Nanos);
    }
    return new Outcome(sums, float64, spent / MS);
  }

  @Test
  void aSmallModelIsComparedOnAllExamples() {
    Outcome outcome = played(after(300, 2), 8);
    assertThat(outcome.sums()).isEqualTo(8);
    assertThat(outcome.float64()).isEqualTo(8);
  }

  @Test
  void aLargerOneOnFewerAndALargeOneInHalvesOnly() {
    assertThat(played(after(300, 20), 8)).extracting("sums", "float64").containsExactly(4, 4);
    assertThat(played(after(300, 50), 8)).extracting("sums", "float64").containsExactly(2, 2);
    assertThat(played(after(300, 150), 8)).extracting("sums", "float64").containsExactly(4, 0);
    assertThat(played(after(0, 300), 8)).extracting("sums", "float64").containsExactly(2, 0);
    assertThat(played(after(0, 500), 8)).extracting("sums", "float64").containsExactly(0, 0);
  }

  @Test
  void whatFloat64ReallyTakesDecidesHowManyExamplesItGets() {
    SelfCheckBudget budget = after(300, 20);
    assertThat(played(budget, 2).float64()).isEqualTo(8);
    assertThat(played(budget, 30).float64()).isEqualTo(1);
    assertThat(played(budget, 60).float64()).isZero();
  }

  @Test
  void nothingIsBegunThatEndsTooLate() {
    for (double loadingMs : new double[] {0, 100, 1000, 1900}) {
      for (double exampleMs = 0.1; exampleMs < 1000; exampleMs *= 1.3) {
        SelfCheckBudget budget = after(loadingMs, exampleMs);
        double already = budget.spentNanos() / MS;
        for (double times : new double[] {1, 4, 8}) {
          assertThat(played(budget, times).tookMs())
              .as(
                  "%s ms of loading, %s ms an example, float64 %s times",
                  loadingMs, exampleMs, times)
              .isLessThanOrEqualTo(Math.max(2000, already));
        }
      }
    }
  }

  @Test
  void copiesAndPassesOverExamplesTwiceCount() {
    SelfCheckBudget slow = new SelfCheckBudget(ALLOWED, 0, 0, MS, 1990 * MS, false);
    assertThat(slow.triesFloat64()).isFalse();
    SelfCheckBudget whole = new SelfCheckBudget(ALLOWED, 0, 0, 100 * MS, 0, false);
    SelfCheckBudget twice = new SelfCheckBudget(ALLOWED, 0, 0, 100 * MS, 0, true);
    assertThat(whole.sums(8)).isEqualTo(8);
    assertThat(twice.sums(8)).isEqualTo(4);
  }

  @Test
  void theClockGoesByProcessorTimeAndByAQuarterOfTheTimeThatPassesAtTheLeast() {
    long[] now = {5, 100};
    LongSupplier clock = SelfCheck.clock(() -> now[0], () -> now[1]);
    assertThat(clock.getAsLong()).isZero();
    now[0] = 15;
    now[1] = 120;
    assertThat(clock.getAsLong()).isEqualTo(10);
    now[1] = 1100;
    assertThat(clock.getAsLong()).isEqualTo(250);
  }
}
