/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.Kind.Misfit;
import java.util.Optional;

/**
 * One setting, described in one place. Everything else about a setting is derived from its key: how
 * it is read and with which messages, its text in {@code settings.json}, whether a resumed run may
 * change it, the check of {@code conf/reference.conf}, and its other name {@code spark.cairn.NAME}
 * among Spark's settings.
 *
 * <p>A key is a constant of the record that holds its value, such as {@link TrainSettings}. It
 * takes effect by being listed in that record's {@link Block}, which is part of {@link
 * Settings#ALL}. {@code docs/extending.md} explains how to add one.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param <T> what a value becomes
 * @param name with all blocks around it, such as {@code train.epochs}; in an entry of a list the
 *     last name alone
 * @param kind which values it takes, in which unit and range
 * @param preset the value where the operator gives none
 * @param required what would fit, if there has to be a value
 * @param onResume whether a run that goes on may change it; absent: as its block says
 */
record Key<T>(
    String name,
    Kind<T> kind,
    Optional<T> preset,
    Optional<String> required,
    Optional<Resume> onResume) {

  /** A setting that may be left out, and has no value then. */
  static <T> Key<T> of(String name, Kind<T> kind) {
    return new Key<>(name, kind, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The same, with a value where none is given. */
  Key<T> byDefault(T value) {
    require(value);
    return new Key<>(name, kind, Optional.of(value), required, onResume);
  }

  /** The same, missing where none is given. */
  Key<T> required(String fits) {
    return new Key<>(name, kind, preset, Optional.of(fits), onResume);
  }

  /** The same, with a rule of its own for a run that goes on. */
  Key<T> onResume(Resume rule) {
    return new Key<>(name, kind, preset, required, Optional.of(rule));
  }

  /** Ends with an IllegalArgumentException where a record is made with a value out of range. */
  void require(T value) {
    try {
      kind.range().check(value);
    } catch (Misfit e) {
      throw new IllegalArgumentException(name + " " + e.getMessage() + ", not " + value, e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
