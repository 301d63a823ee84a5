/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import picocli.CommandLine.IVersionProvider;

/**
 * The version of the jar we run from, as its manifest says it.
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
