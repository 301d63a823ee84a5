/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.Objects;

/**
 * What a plan costs in memory. Most of it is arithmetic. The memory of a pass through the model is
 * measured on a few examples. What Java and the native libraries use for themselves is a constant
 * (docs/operations.md compares both with measured runs).
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param plan the batch plan
 * @param model sizes of the model
 * @param data sizes of the training data
 * @param pass size of a pass through the model
 * @param threads micro-batches that a worker computes side by side
 */
public record Estimate(BatchPlan plan, ModelSize model, DataSize data, PassSize pass, int threads) {

  /**
   * What an executor takes besides its heap and its arrays: the Java machine's own memory, native
   * libraries, buffers of connections and of checkpoints. Measured; see docs/operations.md.
   */
  public static final long MACHINERY_BYTES = 300L << 20;

  /** Micro-batches that a worker holds besides those in use: one ready, one being read. */
  private static final int MICRO_BATCHES_AHEAD = 2;

  /**
   * Sizes of a model.
   *
   * @param parameters how many values
   * @param trained how many of them are not frozen
   * @param updaterValues how many values the updater keeps: 2 a parameter for Adam, 0 for SGD
   * @param bytesPerValue 4 for float32, 8 for float64
   */
  public record ModelSize(long parameters, long trained, long updaterValues, int bytesPerValue) {

    /** Of a model that is trained as a whole. */
    public ModelSize(long parameters, long updaterValues, int bytesPerValue) {
      this(parameters, parameters, updaterValues, bytesPerValue);
    }

    public ModelSize {
      if (parameters < trained || trained < 0 || updaterValues < 0 || bytesPerValue < 1) {
        throw new IllegalArgumentException(
            "parameters %d, trained %d, updaterValues %d, bytesPerValue %d"
                .formatted(parameters, trained, updaterValues, bytesPerValue));
      }
    }
  }

  /**
   * Sizes of the training data.
   *
   * @param examples how many
   * @param storedBytes of one example as a shard's file keeps it
   * @param inputBytes of one example as the model takes it: features, labels and masks
   */
  public record DataSize(long examples, long storedBytes, long inputBytes) {
    public DataSize {
      if (examples < 0 || storedBytes < 0 || inputBytes < 0) {
        throw new IllegalArgumentException(
            "examples %d, storedBytes %d, inputBytes %d"
                .formatted(examples, storedBytes, inputBytes));
      }
    }
  }

  /**
   * What a forward and backward pass takes besides parameters and gradient.
   *
   * @param fixedBytes whatever the micro-batch
   * @param bytesPerExample for each example of the micro-batch
   */
  public record PassSize(long fixedBytes, long bytesPerExample) {
    public PassSize {
      if (fixedBytes < 0 || bytesPerExample < 0) {
        throw new IllegalArgumentException(
            "fixedBytes %d, bytesPerExample %d".formatted(fixedBytes, bytesPerExample));
      }
    }

    /** The straight line through two measured passes, the second of more examples. */
    public static PassSize through(int few, long bytesOfFew, int more, long bytesOfMore) {
      long perExample = Math.max(0, bytesOfMore - bytesOfFew) / (more - few);
      return new PassSize(Math.max(0, bytesOfFew - perExample * few), perExample);
    }
  }

  public Estimate {
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(pass, "pass");
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
  }

  /** Updates of one epoch. */
  public long updatesPerEpoch() {
    return plan.updatesPerEpoch(data.examples());
  }

  /** Examples of the largest shard. */
  public long largestShard() {
    return new ShardRange(plan.workers() - 1, plan.workers(), data.examples()).size();
  }

  /** Examples of the smallest shard: at most one fewer. */
  public long smallestShard() {
    return new ShardRange(0, plan.workers(), data.examples()).size();
  }

  /** Bytes of the parameters; as many again for each thread's gradient. */
  public long parameterBytes() {
    return Math.multiplyExact(model.parameters(), (long) model.bytesPerValue());
  }

  /** Bytes of the accumulator, and of what is exchanged: without frozen parameters. */
  public long gradientBytes() {
    return Math.multiplyExact(model.trained(), (long) model.bytesPerValue());
  }

  /** Bytes of what the updater keeps. */
  public long updaterBytes() {
    return Math.multiplyExact(model.updaterValues(), (long) model.bytesPerValue());
  }

  /** Bytes of one micro-batch's features, labels and masks. */
  public long microBatchBytes() {
    return Math.multiplyExact(data.inputBytes(), (long) plan.micro());
  }

  /**
   * Bytes of the copy of parameters and updater state from which rank 0 saves a checkpoint while
   * training goes on; in the Java machine's direct memory, kept from the first save to the end of
   * the attempt. Other ranks have none.
   */
  public long checkpointCopyBytes() {
    return Math.addExact(parameterBytes(), updaterBytes());
  }

  /** Micro-batches that a worker holds at a time. */
  public int microBatchesHeld() {
    return threads + MICRO_BATCHES_AHEAD;
  }

  /** Bytes of one pass's activations, their gradients and working memory. */
  public long passBytes() {
    return Math.addExact(
        pass.fixedBytes(), Math.multiplyExact(pass.bytesPerExample(), (long) plan.micro()));
  }

  /**
   * Bytes of a worker's arrays outside the heap, whatever the number of steps: parameters,
   * accumulator, updater, the micro-batches it holds, and for each thread a gradient and a pass.
   */
  public long arrayBytes() {
    long sums = Math.addExact(gradientBytes(), updaterBytes());
    long model = Math.addExact(Math.multiplyExact(parameterBytes(), 1L + threads), sums);
    long batches = Math.multiplyExact(microBatchBytes(), (long) microBatchesHeld());
    long passes = Math.multiplyExact(passBytes(), (long) threads);
    return Math.addExact(Math.addExact(model, batches), passes);
  }

  /**
   * Bytes of memory that an executor comes to, with its heap used to the full. Pages of the shard's
   * file come on top as long as nobody else needs the memory; the kernel takes them back.
   *
   * @param heapBytes the executor's heap
   */
  public long executorBytes(long heapBytes) {
    return Math.addExact(Math.addExact(heapBytes, arrayBytes()), MACHINERY_BYTES);
  }

  /** Bytes of the largest shard's file on a worker's local disk. */
  public long shardFileBytes() {
    return Math.multiplyExact(largestShard(), data.storedBytes());
  }

  /**
   * Bytes that each rank sends, and as many that it receives, in one update by a ring all-reduce
   * (reduce-scatter, then all-gather): {@code 2 (W - 1) / W} times the gradient, rounded up. See
   * Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations"
   * (2009).
   */
  public long trafficBytesPerUpdate() {
    long workers = plan.workers();
    long total = Math.multiplyExact(gradientBytes(), 2 * (workers - 1));
    return total / workers + (total % workers == 0 ? 0 : 1);
  }
}
