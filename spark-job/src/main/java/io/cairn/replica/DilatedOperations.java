/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;

/**
 * Keeps oneDNN away from the single operations that have a dilation: convolutions, which it refuses
 * because ND4J 1.0.0-M2.1 gives it a padding that does not fit a dilated kernel, and pooling, of
 * which it computes another one, without a dilation and without a word.
 *
 * <p>An operation can be told to go without oneDNN, but hands the wish on to no operation that it
 * calls itself. So a convolution over time, for which ND4J calls that of images, is here made one
 * of images, one step high; and the gradient of a deconvolution, which calls a convolution, is
 * computed in float64, which oneDNN does not have.
 *
 * <p>Used by {@link RememberingExecutioner} and {@link StridedArguments}, one after the other:
 * {@link #way}, then {@link #instead}.
 *
 * <p>Threading: stateless; an operation's context belongs to its thread.
 */
final class DilatedOperations {

  /** How an operation is computed. */
  enum Way {
    /** By oneDNN, where ND4J thinks so. */
    AS_IT_IS,
    /** By ND4J's own code. */
    OWN_CODE,
    /** By ND4J's own code for images. */
    OVER_IMAGES,
    /** By ND4J's own code, which it has to itself in float64. */
    IN_FLOAT64
  }

  /** Where an operation has its dilations among its whole numbers, and what to do about them. */
  private record Dilations(int first, int last, Way way) {

    static final Dilations OF_STEPS = new Dilations(3, 3, Way.OVER_IMAGES);
    static final Dilations OF_IMAGES = new Dilations(6, 7, Way.OWN_CODE);
    static final Dilations OF_IMAGES_INSIDE = new Dilations(6, 7, Way.IN_FLOAT64);
    static final Dilations OF_VOLUMES = new Dilations(9, 11, Way.OWN_CODE);
    static final Dilations OF_VOLUMES_INSIDE = new Dilations(9, 11, Way.IN_FLOAT64);

    boolean areSome(List<Long> numbers) {
      return numbers.size() > last
          && numbers.subList(first, last + 1).stream().anyMatch(dilation -> dilation != 1);
    }
  }

  private static final Map<String, Dilations> OPERATIONS =
      Map.ofEntries(
          Map.entry("conv1d", Dilations.OF_STEPS),
          Map.entry("conv1d_bp", Dilations.OF_STEPS),
          Map.entry("conv2d", Dilations.OF_IMAGES),
          Map.entry("conv2d_bp", Dilations.OF_IMAGES),
          Map.entry("depthwise_conv2d", Dilations.OF_IMAGES),
          Map.entry("depthwise_conv2d_bp", Dilations.OF_IMAGES),
          Map.entry("deconv2d", Dilations.OF_IMAGES),
          Map.entry("deconv2d_bp", Dilations.OF_IMAGES_INSIDE),
          Map.entry("maxpool2d", Dilations.OF_IMAGES),
          Map.entry("maxpool2d_bp", Dilations.OF_IMAGES),
          Map.entry("avgpool2d", Dilations.OF_IMAGES),
          Map.entry("avgpool2d_bp", Dilations.OF_IMAGES),
          Map.entry("conv3dnew", Dilations.OF_VOLUMES),
          Map.entry("conv3dnew_bp", Dilations.OF_VOLUMES),
          Map.entry("deconv3d", Dilations.OF_VOLUMES),
          Map.entry("deconv3d_bp", Dilations.OF_VOLUMES_INSIDE),
          Map.entry("maxpool3dnew", Dilations.OF_VOLUMES),
          Map.entry("maxpool3dnew_bp", Dilations.OF_VOLUMES),
          Map.entry("avgpool3dnew", Dilations.OF_VOLUMES),
          Map.entry("avgpool3dnew_bp", Dilations.OF_VOLUMES));

  private DilatedOperations() {}

  /** How the operation has to be computed, by its arguments as ND4J made them. */
  static Way way(String operation, OpContext context) {
    Dilations dilations = OPERATIONS.get(operation);
    return dilations != null
            && context.getInputArray(0).dataType() == DataType.FLOAT
            && dilations.areSome(context.getIArguments())
        ? dilations.way()
        : Way.AS_IT_IS;
  }

  /**
   * The operation to run instead, on the same memory.
   *
   * @param context with arrays in plain order, {@link Way#IN_FLOAT64} in that format; becomes that
   *     of the operation that is returned
   */
  static CustomOp instead(CustomOp operation, Way way, OpContext context) {
    switch (way) {
      case OWN_CODE -> context.allowHelpers(false);
      case OVER_IMAGES -> {
        context.allowHelpers(false);
        return overImages(operation.opName().equals("conv1d_bp"), context);
      }
      case AS_IT_IS, IN_FLOAT64 -> {}
    }
    return operation;
  }

  private static CustomOp overImages(boolean backward, OpContext context) {
    List<Long> numbers = List.copyOf(context.getIArguments());
    boolean channelsLast = numbers.get(5) == 1;
    context.setInputArray(0, image(context.getInputArray(0), channelsLast));
    context.setInputArray(1, kernel(context.getInputArray(1)));
    context.setOutputArray(0, image(context.getOutputArray(0), channelsLast));
    if (backward) {
      int errors = context.numInputArguments() - 1;
      context.setInputArray(errors, image(context.getInputArray(errors), channelsLast));
      context.setOutputArray(1, kernel(context.getOutputArray(1)));
    }
    // Kernel, stride, padding, dilation, each in height and width; kind of padding, data format.
    context.setIArguments(
        1,
        numbers.get(0),
        1,
        numbers.get(1),
        0,
        numbers.get(2),
        1,
        numbers.get(3),
        numbers.get(4),
        numbers.get(5));
    return DynamicCustomOp.builder(backward ? "conv2d_bp" : "conv2d").build();
  }

  /** [examples, channels, steps] or [examples, steps, channels], one step high. */
  private static INDArray image(INDArray array, boolean channelsLast) {
    long[] shape = array.shape();
    return channelsLast
        ? array.reshape('c', true, shape[0], 1, shape[1], shape[2])
        : array.reshape('c', true, shape[0], shape[1], 1, shape[2]);
  }

  /** [steps, channels in, channels out], one step high. */
  private static INDArray kernel(INDArray array) {
    long[] shape = array.shape();
    return array.reshape('c', true, 1, shape[0], shape[1], shape[2]);
  }
}
