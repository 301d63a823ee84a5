/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FSDataOutputStream;

/**
 * A directory inside a run's, for files that the run itself does not read. What begins or replaces
 * a file first asks whether the claim still holds, if there is one.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: an IOException names a file system that cannot be used; a {@link FencedException}
 * means that a later attempt has the run.
 */
public final class SideFiles {

  private final WholeFiles files;
  private final Optional<AttemptClaim> claim;

  SideFiles(RunFileSystem directory, Optional<AttemptClaim> claim) {
    this.files = new WholeFiles(directory);
    this.claim = claim;
  }

  /** The names of its files, sorted; none if there is no directory. */
  public List<String> names() throws IOException {
    return files.names();
  }

  /** Opens a file for reading, if it is there; the caller closes it. */
  public Optional<InputStream> open(String name) throws IOException {
    return files.open(name);
  }

  /** Replaces a file by this text, whole. */
  public void replace(String name, String text) throws IOException {
    requireClaim();
    files.directory().make();
    files.replace(name, text);
  }

  /** Begins a file that is written little by little; the caller closes it. */
  public Growing create(String name) throws IOException {
    requireClaim();
    files.directory().make();
    return new Growing(files.directory().create(name), files.directory().showsOpenFiles());
  }

  private void requireClaim() throws IOException {
    if (claim.isPresent()) {
      claim.get().requireNewest();
    }
  }

  /** A file that is being written. Threading: one thread. */
  public static final class Growing implements AutoCloseable {

    private final FSDataOutputStream out;
    private final boolean isSeen;

    private Growing(FSDataOutputStream out, boolean isSeen) {
      this.out = out;
      this.isSeen = isSeen;
    }

    /** Adds bytes. */
    public void write(byte[] bytes) throws IOException {
      out.write(bytes);
    }

    /**
     * Lets readers see what is written so far.
     *
     * @return whether they do; on object stores they see a file only once it is closed
     */
    public boolean show() throws IOException {
      if (isSeen && out.hasCapability("hflush")) {
        out.hflush();
      } else if (isSeen) {
        out.flush();
      }
      return isSeen;
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
