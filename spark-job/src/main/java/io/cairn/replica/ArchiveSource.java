/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.io.InputStream;

/** A model archive that can be read from its first byte on, as often as it is asked for. */
@FunctionalInterface
public interface ArchiveSource {
  /** Whoever opens it closes it. */
  InputStream open() throws IOException;
}
