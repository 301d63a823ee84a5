/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * Says a schedule in ND4J's own classes, for files that others read: steps by their formula, others
 * as a table, if they stop changing after at most {@value #MAX_TABLE} updates or epochs.
 *
 * <p>Threading: stateless.
 */
final class PlainSchedule {

  /** The same as for schedules of Keras: each layer's configuration carries the table. */
  static final int MAX_TABLE = 5000;

  private PlainSchedule() {}

  /** Whether ND4J has the same rate at every time. */
  static boolean isExact(RateSchedule rate) {
    return rate.isConstant()
        || rate.isStepsAlone()
        || (lastChange(rate) >= 0 && lastChange(rate) <= MAX_TABLE);
  }

  /**
   * The last update or epoch with which the rate changes; -1 if that never comes, or ND4J cannot
   * say it, because the rate goes by updates and by epochs.
   */
  private static int lastChange(RateSchedule rate) {
    if (!rate.hasStages() || rate.isFlat()) {
      return Math.max(rate.constantFrom(), rate.lastStage());
    }
    return rate.type() == ScheduleType.EPOCH && rate.constantFrom() >= 0
        ? Math.max(rate.constantFrom(), rate.lastStage())
        : -1;
  }

  /**
   * The schedule.
   *
   * @param iteration whose rate stays, if it cannot be said
   * @return null for a rate that stays as it is
   */
  static ISchedule of(RateSchedule rate, int iteration, int epoch) {
    if (rate.isConstant()) {
      return null;
    }
    if (rate.isStepsAlone()) {
      return new StepSchedule(rate.type(), rate.rate(), rate.factor(), rate.every());
    }
    if (!isExact(rate)) {
      return new FixedSchedule(rate.valueAt(iteration, epoch));
    }
    Map<Integer, Double> table = new HashMap<>();
    for (int at = 0; at <= lastChange(rate); at++) {
      table.put(at, rate.valueAt(at, at));
    }
    return new MapSchedule(rate.type(), table);
  }
}
