/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Objects;

/**
 * What is known of a run when its training begins.
 *
 * @param name for people
 * @param output its directory, with its file system
 * @param settingsJson the resolved settings with the plan, as {@code settings.json} has them
 * @param updates of the whole run
 * @param epochs of the whole run
 */
public record RunStart(String name, String output, String settingsJson, long updates, long epochs) {
  public RunStart {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(settingsJson, "settingsJson");
  }
}
