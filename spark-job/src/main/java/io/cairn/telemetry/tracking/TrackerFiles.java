/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * A directory of a tracker's own among the run's files.
 *
 * <p>Threading: one thread. Failure: an IOException where the file system cannot be used, or the
 * run belongs to another driver by now.
 */
public interface TrackerFiles {

  /** The names of its files, sorted. */
  List<String> names() throws IOException;

  /** Opens a file, if it is there; the caller closes it. */
  Optional<InputStream> open(String name) throws IOException;

  /** Puts a text in a file's place, whole. */
  void replace(String name, String text) throws IOException;

  /** Begins a file that is written little by little; the caller closes it. */
  GrowingFile create(String name) throws IOException;

  /** A file that is being written. */
  interface GrowingFile extends AutoCloseable {

    /** Adds bytes. */
    void write(byte[] bytes) throws IOException;

    /**
     * Lets readers see what is written so far.
     *
     * @return whether they do; on object stores they see a file only once it is closed
     */
    boolean show() throws IOException;

    @Override
    void close() throws IOException;
  }
}
