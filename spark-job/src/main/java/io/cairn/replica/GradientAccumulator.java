/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One rank's gradient sum over a window of micro-batches. The same piece of memory has room for the
 * update's exact counts: {@code [gradient sum | padding to 8 bytes | tail]}. The all-reduce works
 * on this memory in place.
 *
 * <p>Running statistics (see {@link ParameterRange.RangeKind#isMean}) are multiplied by the number
 * of examples before they are added. So dividing once by the global count gives their mean,
 * weighted by examples. What belongs to frozen layers is not there.
 *
 * <p>Owned by the {@link Replica}; freed with the process's off-heap memory.
 *
 * <p>Threading: one thread at a time; {@link SideBySide} adds from several, in turn.
 */
final class GradientAccumulator {

  private final TrainedPart trained;
  private final INDArray memory;
  private final INDArray sum;
  private final List<INDArray> statistics;
  private boolean empty = true;

  /**
   * @param gradient the network's flat gradient, shape [P]
   * @param ranges what lies where in it
   * @param tailBytes bytes wanted behind the gradient sum
   */
  GradientAccumulator(INDArray gradient, List<ParameterRange> ranges, int tailBytes) {
    DataType type = gradient.dataType();
    trained = TrainedPart.of(ranges);
    long bytes = tailOffset(trained.length(), type.width()) + tailBytes;
    memory = Nd4j.zeros(type, Math.floorDiv(bytes + type.width() - 1, type.width()));
    sum = memory.get(NDArrayIndex.interval(0, trained.length()));
    statistics = views(sum, TrainedPart.packed(ranges));
  }

  /** Bytes of a value; refuses what cannot be summed exactly. */
  static int bytesPerValue(DataType type) {
    return switch (type) {
      case FLOAT -> Float.BYTES;
      case DOUBLE -> Double.BYTES;
      default ->
          throw new ModelException(
              "the model's data type is " + type + "; FLOAT and DOUBLE can be trained exactly");
    };
  }

  /** First byte behind the gradient sum: the next multiple of 8. */
  static long tailOffset(long values, int bytesPerValue) {
    return Math.floorDiv(values * bytesPerValue + 7, 8L) * 8;
  }

  /** What in a vector are running statistics. */
  static List<INDArray> views(INDArray vector, List<ParameterRange> ranges) {
    return ranges.stream()
        .filter(range -> range.kind().isMean())
        .map(
            range ->
                vector.get(NDArrayIndex.interval(range.offset(), range.offset() + range.length())))
        .toList();
  }

  /** Starts a new window. */
  void clear() {
    empty = true;
  }

  /**
   * Adds one micro-batch.
   *
   * @param network whose pass it was; the statistics in its gradient are scaled in place
   * @param examples examples of the micro-batch
   */
  void add(PassNetwork network, int examples) {
    for (INDArray statistic : network.gradientStatistics()) {
      statistic.muli(examples);
    }
    INDArray gradient = network.gradient();
    if (empty) {
      trained.pack(gradient, sum);
      empty = false;
    } else {
      trained.add(gradient, sum);
    }
  }

  /**
   * The memory as the host sees it, up to date with all additions so far. Valid until the next
   * {@link #add}; writing to it changes the sum once {@link #hostChanged()} is called.
   */
  HostMemory hostMemory() {
    if (empty) {
      sum.assign(0);
      empty = false;
    }
    return HostMemory.of(memory);
  }

  /** Says that the host's copy is now the newest. */
  void hostChanged() {
    Nd4j.getAffinityManager().tagLocation(memory, Location.HOST);
  }

  /** Divides the statistics' weighted sums by the global number of examples. */
  void averageStatistics(long examples) {
    for (INDArray statistic : statistics) {
      statistic.divi(examples);
    }
  }

  /** How many values are summed: those of all parameters but frozen ones. */
  long length() {
    return trained.length();
  }

  /**
   * Overwrites a network's gradient by the sum.
   *
   * @param gradient shape [P]; what belongs to frozen layers stays, which is 0
   */
  void giveTo(INDArray gradient) {
    trained.unpack(sum, gradient);
  }
}
