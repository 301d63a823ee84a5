/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import io.cairn.plan.UpdateSizes;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of a run when its training begins.
 *
 * @param name for people
 * @param output its directory, with its file system
 * @param settingsJson the resolved settings with the plan, as {@code settings.json} has them
 * @param updates of the whole run
 * @param epochs of the whole run
 * @param sizes of its updates; empty where a run is only looked back at
 * @param limit of its time, where it has one
 */
public record RunStart(
    String name,
    String output,
    String settingsJson,
    long updates,
    long epochs,
    Optional<UpdateSizes> sizes,
    Optional<TimeLimit> limit) {

  /** A run without a limit of its time. */
  public RunStart(
      String name,
      String output,
      String settingsJson,
      long updates,
      long epochs,
      Optional<UpdateSizes> sizes) {
    this(name, output, settingsJson, updates, epochs, sizes, Optional.empty());
  }

  /** A run of which nobody knows how large its updates are. */
  public RunStart(String name, String output, String settingsJson, long updates, long epochs) {
    this(name, output, settingsJson, updates, epochs, Optional.empty());
  }

  public RunStart {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(settingsJson, "settingsJson");
    Objects.requireNonNull(sizes, "sizes");
    Objects.requireNonNull(limit, "limit");
  }
}
