/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.rdd.InputFileBlockHolder;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The rows of one partition of a source, in whichever form they are handed out, as its reader gives
 * them. What the reader throws becomes a {@link DataException} that names the file, the number of
 * rows read so far, and the innermost cause. What a machine throws is passed on as it is ({@link
 * ReaderFault}).
 *
 * <p>Threading: the task's thread.
 */
final class SourceRows<R> implements Iterator<R> {
  private final String story;
  private final Iterator<R> rows;
  private UTF8String file;
  private long start;
  private long read;

  /**
   * @param story what a sentence begins with: what is read, for which setting
   * @param rows as the source gives them
   */
  SourceRows(String story, Iterator<R> rows) {
    this.story = story;
    this.rows = rows;
  }

  @Override
  public boolean hasNext() {
    try {
      return rows.hasNext();
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw told(e);
    }
  }

  @Override
  public R next() {
    try {
      R row = rows.next();
      follow();
      read++;
      return row;
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw told(e);
    }
  }

  /** Counts from 0 where the reader has gone on to another file, or another part of it. */
  private void follow() {
    UTF8String now = InputFileBlockHolder.getInputFilePath();
    if (!now.equals(file) || InputFileBlockHolder.getStartOffset() != start) {
      file = now;
      start = InputFileBlockHolder.getStartOffset();
      read = 0;
    }
  }

  private RuntimeException told(Exception failure) {
    Optional<ReaderFault> fault = ReaderFault.of(failure);
    if (fault.isEmpty() || failure instanceof DataException) {
      return Unchecked.of(failure);
    }
    follow();
    String where = file.numBytes() == 0 ? fault.get().file().orElse("") : file.toString();
    if (!where.isEmpty() && read > 0) {
      where +=
          " (after %,d rows of %s)"
              .formatted(read, start == 0 ? "it" : "its part at byte " + start);
    }
    String place = where.isEmpty() ? "" : where + ": ";
    return new DataException(List.of(story + ": " + place + fault.get().text()), failure);
  }
}
