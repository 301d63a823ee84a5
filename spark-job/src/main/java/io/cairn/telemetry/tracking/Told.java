/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

/**
 * How far a tracker has been told, for each kind of line: each kind's updates ascend, so that a
 * line is new exactly if its update is greater than the last one of its kind.
 *
 * <p>Threading: immutable.
 *
 * @param update the last update
 * @param validation the update of the last validation
 * @param plan the update of the last change of plan
 */
record Told(long update, long validation, long plan) {

  static final Told NOTHING = new Told(0, 0, 0);

  /** Everything up to an update. */
  static Told through(long update) {
    return new Told(update, update, update);
  }

  /** What is told by the one or the other. */
  Told and(Told other) {
    return new Told(
        Math.max(update, other.update),
        Math.max(validation, other.validation),
        Math.max(plan, other.plan));
  }

  /** What is left of it when all after an update is taken back. */
  Told back(long to) {
    return new Told(Math.min(update, to), Math.min(validation, to), Math.min(plan, to));
  }

  Told withUpdate(long told) {
    return new Told(told, validation, plan);
  }

  Told withValidation(long told) {
    return new Told(update, told, plan);
  }

  Told withPlan(long told) {
    return new Told(update, validation, told);
  }
}
