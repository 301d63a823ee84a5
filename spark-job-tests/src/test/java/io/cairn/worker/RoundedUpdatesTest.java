/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.Precision;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Window;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.settings.CollectiveSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums after which nothing may be left over travel exactly, and take along what is. */
class RoundedUpdatesTest {

  private static final int EVERY_UPDATES = 10;
  private static final int LAST_UPDATE = 25;

  private static RoundedUpdates of(CollectiveSettings.Precision precision) {
    return of(precision, StopRule.NONE);
  }

  private static RoundedUpdates of(CollectiveSettings.Precision precision, StopRule stop) {
    ExampleLayout layout = new ExampleLayout(ElementKind.FLOAT32, Models.DENSE.fields());
    BatchPlan plan = new BatchPlan(2, 4, 1);
    return new RoundedUpdates(
        new TestSpec(plan, 20, LAST_UPDATE, layout, new byte[0])
            .precision(precision)
            .savingEvery(EVERY_UPDATES)
            .stopping(stop)
            .build());
  }

  private static Window window(long examples, long examplesOfTheNext) {
    return new Window(Cursor.START, Cursor.START, List.of(), examples, examplesOfTheNext);
  }

  @ParameterizedTest
  @CsvSource({
    "7, 8, 8, BF16, inside of an epoch",
    "10, 8, 8, SETTLED, a checkpoint is due after it",
    "25, 8, 8, SETTLED, the last one",
    "7, 8, 4, SETTLED, the next one has fewer examples",
    "7, 4, 8, SETTLED, the next one has more"
  })
  void whatIsLeftOverStaysWithinUpdatesThatAreAlike(
      long update, long examples, long ofTheNext, Precision expected, String why) {
    assertThat(of(CollectiveSettings.Precision.BF16).precision(update, window(examples, ofTheNext)))
        .as(why)
        .isEqualTo(expected);
  }

  /** It may be the last update, or the one whose model is kept. */
  @ParameterizedTest
  @CsvSource({
    "6, 0, SETTLED, a validation is due",
    "7, 0, BF16, none is",
    "7, 1, SETTLED, it ends an epoch"
  })
  void nothingIsLeftOverWhereAWatchedValidationIsDue(
      long update, int epochs, Precision expected, String why) {
    Cursor after = new Cursor(epochs, 0);
    Window window = new Window(Cursor.START, after, List.of(), 8, 8);
    StopRule watching = new StopRule(3, "loss", 2, 0);
    assertThat(of(CollectiveSettings.Precision.BF16, watching).precision(update, window))
        .as(why)
        .isEqualTo(expected);
    StopRule notWatching = new StopRule(3, "", 1, 0);
    assertThat(of(CollectiveSettings.Precision.BF16, notWatching).precision(update, window))
        .isEqualTo(Precision.BF16);
  }

  @Test
  void onlyAStateWithoutResidualsIsSaved() {
    RoundedUpdates rounded = of(CollectiveSettings.Precision.BF16);
    assertThat(rounded.mayBeSaved(20)).isTrue();
    assertThat(rounded.mayBeSaved(LAST_UPDATE)).isTrue();
    assertThat(rounded.mayBeSaved(21)).isFalse();
  }

  @Test
  void exactSumsAreAlwaysExactAndMayAlwaysBeSaved() {
    RoundedUpdates exact = of(CollectiveSettings.Precision.EXACT);
    assertThat(exact.precision(7, window(8, 4))).isEqualTo(Precision.EXACT);
    assertThat(exact.mayBeSaved(21)).isTrue();
  }
}
