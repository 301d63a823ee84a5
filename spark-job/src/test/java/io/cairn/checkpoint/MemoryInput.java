/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.ByteArrayInputStream;
import org.apache.hadoop.fs.PositionedReadable;
import org.apache.hadoop.fs.Seekable;

/** The bytes of a file in memory, from anywhere in it. */
final class MemoryInput extends ByteArrayInputStream implements Seekable, PositionedReadable {

  MemoryInput(byte[] bytes) {
    super(bytes);
  }

  @Override
  public void seek(long position) {
    pos = Math.toIntExact(position);
  }

  @Override
  public long getPos() {
    return pos;
  }

  @Override
  public boolean seekToNewSource(long target) {
    return false;
  }

  @Override
  public int read(long position, byte[] bytes, int offset, int length) {
    int some = (int) Math.min(length, count - position);
    System.arraycopy(buf, (int) position, bytes, offset, some);
    return some;
  }

  @Override
  public void readFully(long position, byte[] bytes, int offset, int length) {
    System.arraycopy(buf, (int) position, bytes, offset, length);
  }

  @Override
  public void readFully(long position, byte[] bytes) {
    readFully(position, bytes, 0, bytes.length);
  }
}
