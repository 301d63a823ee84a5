/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.telemetry.Program;
import picocli.CommandLine.IVersionProvider;

/**
 * The version of the jar that is running, from its manifest.
 *
 * <p>Threading: stateless.
 */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"cairn " + Program.version()};
  }
}
