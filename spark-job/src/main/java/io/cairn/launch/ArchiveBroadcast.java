/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.replica.ArchiveBytes;
import io.cairn.worker.WorkerSpec;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.AbstractList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * The initial model's archive on its way to the executors: a broadcast for each of its pieces, so
 * that neither its length nor a worker's heap is limited by one array. A worker has one piece at a
 * time in its heap; Spark may keep the others on its disk.
 *
 * <p>The driver makes it and destroys it. Travels in Spark's task closure.
 *
 * <p>Threading: immutable.
 */
final class ArchiveBroadcast implements WorkerSpec.ModelSupply {

  private static final long serialVersionUID = 1L;

  private final List<Broadcast<byte[]>> pieces;

  private ArchiveBroadcast(List<Broadcast<byte[]>> pieces) {
    this.pieces = pieces;
  }

  static ArchiveBroadcast of(JavaSparkContext spark, ArchiveBytes archive) {
    return new ArchiveBroadcast(
        archive.pieces().stream().map(spark::broadcast).collect(Collectors.toList()));
  }

  @Override
  public InputStream open() {
    return new SequenceInputStream(Collections.enumeration(new Opened(pieces)));
  }

  /** Nobody can open it any more. */
  void destroy() {
    pieces.forEach(Broadcast::destroy);
  }

  /** The pieces' streams; each is fetched when its turn comes. */
  private static final class Opened extends AbstractList<InputStream> {
    private final List<Broadcast<byte[]>> pieces;

    Opened(List<Broadcast<byte[]>> pieces) {
      this.pieces = pieces;
    }

    @Override
    public InputStream get(int index) {
      return new ByteArrayInputStream(pieces.get(index).value());
    }

    @Override
    public int size() {
      return pieces.size();
    }
  }
}
