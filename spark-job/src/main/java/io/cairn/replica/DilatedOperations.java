/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes operations with a dilation run without oneDNN. ND4J 1.0.0-M2.1 gives oneDNN a wrong padding
 * for dilated convolutions, so that oneDNN refuses them. For dilated pooling, oneDNN silently
 * computes one without a dilation.
 *
 * <p>An operation can be told not to use oneDNN, but it does not pass this on to operations that it
 * calls. The gradient of a deconvolution calls a convolution, and is therefore computed in float64,
 * which oneDNN does not support. A convolution over time calls one over images, and oneDNN can
 * compute that one without a dilation ({@link TimeStepsAsImage}).
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
    /** By oneDNN, without a dilation: as {@link TimeStepsAsImage}. */
    AS_IMAGE,
    /** By ND4J's own code, which it has to itself in float64. */
    IN_FLOAT64
  }

  /** Where an operation has its dilations among its whole numbers, and what to do about them. */
  private record Dilations(int first, int last, Way way) {

    static final Dilations OF_STEPS = new Dilations(3, 3, Way.AS_IMAGE);
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
            && Nd4j.getEnvironment().helpersAllowed()
        ? dilations.way()
        : Way.AS_IT_IS;
  }
}
