/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import picocli.CommandLine.IVersionProvider;

/**
 * The version of the jar that is running, from its manifest.
 *
 * <p>Threading: stateless.
 */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {"cairn " + (version == null ? "(not packaged)" : version)};
  }
}
