/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.plan.ShardRange;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;

/**
 * Decides which rank owns which records: rank r of W owns the interval {@code [N r / W, N (r + 1) /
 * W)} of all N records in hash order.
 *
 * <p>The counts of the buckets tell where each bucket begins in that order. A bucket that lies
 * across the border of two ranks is sent to both, and each keeps its part. So one shuffle is enough
 * for shards that differ by at most one example.
 *
 * <p>Threading: immutable, safe everywhere.
 */
final class ShardAssigner implements Addressing {
  private static final long serialVersionUID = 1L;

  private final BucketCounts counts;
  private final long[] starts;
  private final int workers;
  private final String source;

  /**
   * @param source the setting that names the data, for messages
   */
  ShardAssigner(BucketCounts counts, int workers, String source) {
    this.source = source;
    this.counts = counts;
    this.workers = workers;
    this.starts = new long[counts.buckets() + 1];
    for (int bucket = 0; bucket < counts.buckets(); bucket++) {
      starts[bucket + 1] = starts[bucket] + counts.count(bucket);
    }
  }

  long total() {
    return starts[starts.length - 1];
  }

  private ShardRange range(int rank) {
    return new ShardRange(rank, workers, total());
  }

  @Override
  public int firstRank(long hash) {
    return rankOf(starts[occupied(hash)]);
  }

  @Override
  public int lastRank(long hash) {
    return rankOf(starts[occupied(hash) + 1] - 1);
  }

  private int occupied(long hash) {
    int bucket = counts.bucket(hash);
    if (counts.count(bucket) == 0) {
      throw changed("an example appeared that was not there");
    }
    return bucket;
  }

  /** The rank r with N r / W <= index < N (r + 1) / W, all rounded down. */
  private int rankOf(long index) {
    return (int) (((index + 1) * workers - 1) / total());
  }

  @Override
  public int firstBucket(int rank) {
    return bucketAt(range(rank).start());
  }

  @Override
  public int lastBucket(int rank) {
    return bucketAt(range(rank).end() - 1);
  }

  /** Whether each rank was sent all that it owns by someone who did not know the counts. */
  boolean isServedBy(Addressing other) {
    return IntStream.range(0, workers)
        .filter(rank -> range(rank).size() > 0)
        .allMatch(
            rank ->
                other.firstBucket(rank) <= firstBucket(rank)
                    && lastBucket(rank) <= other.lastBucket(rank));
  }

  /**
   * The records that {@code rank} owns, of all that were sent to it.
   *
   * @param sent in order
   * @param by who sent them; it must have sent all that this one would
   */
  Iterator<byte[]> owned(int rank, Iterator<KeyedRecord> sent, Addressing by) {
    ShardRange range = range(rank);
    if (range.size() == 0) {
      return List.<byte[]>of().iterator();
    }
    int first = by.firstBucket(rank);
    int last = by.lastBucket(rank);
    long before = range.start() - starts[first];
    long all = starts[last + 1] - starts[first];
    return new Owned(sent, first, before, range.size(), all - before - range.size());
  }

  /** The occupied bucket that holds the record at {@code index} of the hash order. */
  private int bucketAt(long index) {
    int low = 0;
    int high = counts.buckets() - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (starts[middle + 1] > index) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * The data are not those that were counted: every later reading would find that, too.
   *
   * @param how what is there now, compared to "in the first pass"
   */
  DataException changed(String how) {
    return new DataException(
        List.of(source + ": the data changed while it was read: " + how + " in the first pass"));
  }

  /**
   * Passes over the neighbours' records before and after the rank's own, and counts those of each
   * bucket: a value that changed moves an example from one to another.
   */
  private final class Owned implements Iterator<byte[]> {
    private final Iterator<KeyedRecord> sent;
    private int bucket;
    private long leftInBucket;
    private final long before;
    private final long after;
    private long left;
    private boolean begun;

    Owned(Iterator<KeyedRecord> sent, int first, long before, long own, long after) {
      this.sent = sent;
      this.bucket = first;
      this.leftInBucket = counts.count(first);
      this.before = before;
      this.left = own;
      this.after = after;
    }

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public byte[] next() {
      if (left == 0) {
        throw new NoSuchElementException();
      }
      if (!begun) {
        begun = true;
        skip(before);
      }
      byte[] record = take();
      left--;
      if (left == 0) {
        skip(after);
        if (sent.hasNext()) {
          throw changed("there are more examples than");
        }
      }
      return record;
    }

    private void skip(long records) {
      for (long i = 0; i < records; i++) {
        take();
      }
    }

    private byte[] take() {
      if (!sent.hasNext()) {
        throw changed("there are fewer examples than");
      }
      KeyedRecord next = sent.next();
      while (leftInBucket == 0) {
        bucket++;
        leftInBucket = counts.count(bucket);
      }
      if (counts.bucket(next.hash()) != bucket) {
        throw changed("other examples are there than");
      }
      leftInBucket--;
      return next.record();
    }
  }
}
