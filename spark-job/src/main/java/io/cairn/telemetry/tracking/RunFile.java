/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.InputStream;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A file of the run that a tracker may pass on.
 *
 * @param name in the run's directory
 * @param bytes how long it is
 * @param content opens it; an {@link java.io.UncheckedIOException} where that fails; whoever opens
 *     it closes it
 */
public record RunFile(String name, long bytes, Supplier<InputStream> content) {
  public RunFile {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(content, "content");
  }
}
