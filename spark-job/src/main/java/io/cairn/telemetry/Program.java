/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

/**
 * The program that is running, for those who compare runs.
 *
 * <p>Threading: stateless.
 */
public final class Program {

  private Program() {}

  /** Its version, from the manifest of its jar. */
  public static String version() {
    String version = Program.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
