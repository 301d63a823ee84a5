/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Computes a dilated convolution over time as a convolution over an image without a dilation, which
 * oneDNN supports.
 *
 * <p>With a dilation of d, the steps are laid out as an image of width d: step t is in row t / d,
 * column t mod d. The kernel needs every d-th step. These are now in one column, one row below the
 * other, so the kernel becomes one of k rows and one column. Steps are only padded with zeros to
 * complete rows. No value moves, and every output is the same sum of the same products.
 *
 * <p>The convolution of the image has a stride of 1. Where the layer's stride is larger, the
 * outputs in between are computed and not used.
 *
 * <p>Made for one operation, {@code conv1d} or {@code conv1d_bp}, by {@link
 * RememberingExecutioner}: {@link #arrange} before it, {@link #operation} instead of it, {@link
 * #giveBack} after it.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: none of its own; a copy may not fit in memory, as any array.
 */
final class TimeStepsAsImage {

  /** Where ND4J's operations have their whole numbers. */
  private static final int STRIDE = 1;

  private static final int PADDING = 2;
  private static final int DILATION = 3;
  private static final int PADDING_MODE = 4;
  private static final int CHANNELS_LAST = 5;

  private static final int MODE_VALID = 0;
  private static final int MODE_SAME = 1;

  private final OpContext context;
  private final boolean backward;
  private final boolean channelsLast;
  private final long kernel;
  private final long dilation;

  /** Steps of the padded input before the first of the input; below 0, the first are left out. */
  private final long left;

  /** Of the image that the convolution gives. */
  private final long rows;

  /** The convolution's outputs among all that the image gives. */
  private final INDArrayIndex outputs;

  /** Steps of the input that the convolution uses, and their place in the padded input. */
  private final INDArrayIndex used;

  private final INDArrayIndex place;
  private final INDArray[] targets;

  private TimeStepsAsImage(boolean backward, OpContext context) {
    List<Long> numbers = List.copyOf(context.getIArguments());
    this.context = context;
    this.backward = backward;
    channelsLast = numbers.get(CHANNELS_LAST) == 1;
    kernel = context.getInputArray(1).size(0);
    dilation = numbers.get(DILATION);
    targets = context.getOutputArrays().toArray(INDArray[]::new);
    long steps = steps(context.getInputArray(0));
    INDArray convolved =
        backward ? context.getInputArray(context.numInputArguments() - 1) : targets[0];
    long stride = numbers.get(STRIDE);
    long reach = (steps(convolved) - 1) * stride + 1;
    long mode = numbers.get(PADDING_MODE);
    // As ND4J counts them; the last mode is that of causal convolutions.
    left =
        mode == MODE_VALID
            ? numbers.get(PADDING)
            : mode == MODE_SAME
                ? (reach + (kernel - 1) * dilation - steps) / 2
                : (kernel - 1) * dilation;
    rows = (reach + dilation - 1) / dilation;
    // ND4J makes more of an interval of length 1 that has a stride.
    outputs = reach == 1 ? NDArrayIndex.interval(0, 1) : NDArrayIndex.interval(0, stride, reach);
    long first = Math.max(0, -left);
    long end = Math.min(steps, (rows + kernel - 1) * dilation - left);
    used = NDArrayIndex.interval(first, end);
    place = NDArrayIndex.interval(first + left, end + left);
  }

  /**
   * Lays the operation's arrays out as images.
   *
   * @param context with arrays in plain order
   */
  static TimeStepsAsImage arrange(String operation, OpContext context) {
    TimeStepsAsImage image = new TimeStepsAsImage(operation.equals("conv1d_bp"), context);
    image.arrange();
    return image;
  }

  private void arrange() {
    INDArray input = context.getInputArray(0);
    INDArray padded = zeros(input, rows + kernel - 1);
    at(padded, place).assign(at(input, used));
    context.setInputArray(0, image(padded));
    context.setInputArray(1, column(context.getInputArray(1)));
    if (backward) {
      int last = context.numInputArguments() - 1;
      INDArray error = context.getInputArray(last);
      INDArray spread = zeros(error, rows);
      at(spread, outputs).assign(error);
      context.setInputArray(last, image(spread));
      context.setOutputArray(0, image(zeros(input, rows + kernel - 1)));
      context.setOutputArray(1, column(targets[1]));
    } else {
      context.setOutputArray(0, image(zeros(targets[0], rows)));
    }
    // Kernel, stride, padding, dilation, each in height and width; kind of padding, data format.
    context.setIArguments(kernel, 1, 1, 1, 0, 0, 1, 1, MODE_VALID, channelsLast ? 1 : 0);
  }

  /** What to run in the place of the operation. */
  CustomOp operation() {
    return DynamicCustomOp.builder(backward ? "conv2d_bp" : "conv2d").build();
  }

  /** Copies what the operation wrote to where it belongs. */
  void giveBack() {
    INDArray image = context.getOutputArray(0);
    long[] shape = image.shape();
    INDArray steps =
        channelsLast
            ? image.reshape('c', true, shape[0], shape[1] * shape[2], shape[3])
            : image.reshape('c', true, shape[0], shape[1], shape[2] * shape[3]);
    if (backward) {
      at(targets[0], used).assign(at(steps, place));
    } else {
      targets[0].assign(at(steps, outputs));
    }
    for (int i = 0; i < targets.length; i++) {
      context.setOutputArray(i, targets[i]);
    }
  }

  private long steps(INDArray array) {
    return array.size(channelsLast ? 1 : 2);
  }

  private INDArray at(INDArray array, INDArrayIndex steps) {
    return channelsLast
        ? array.get(NDArrayIndex.all(), steps, NDArrayIndex.all())
        : array.get(NDArrayIndex.all(), NDArrayIndex.all(), steps);
  }

  /** An array of as many examples and channels, with the steps of some rows. */
  private INDArray zeros(INDArray like, long rows) {
    long[] shape = like.shape().clone();
    shape[channelsLast ? 1 : 2] = rows * dilation;
    return Nd4j.create(like.dataType(), shape, 'c');
  }

  private INDArray image(INDArray steps) {
    long[] shape = steps.shape();
    return channelsLast
        ? steps.reshape('c', true, shape[0], shape[1] / dilation, dilation, shape[2])
        : steps.reshape('c', true, shape[0], shape[1], shape[2] / dilation, dilation);
  }

  /** [steps, channels in, channels out] of a kernel, one column wide. */
  private static INDArray column(INDArray array) {
    long[] shape = array.shape();
    return array.reshape('c', true, shape[0], 1, shape[1], shape[2]);
  }
}
