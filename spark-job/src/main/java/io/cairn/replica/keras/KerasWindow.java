/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.ConvolutionMode;

/**
 * How the window of a convolution or a pooling moves over its input.
 *
 * @param size of the kernel or pool, an entry an axis
 * @param strides an entry an axis
 * @param dilation an entry an axis
 * @param mode what happens at the edge
 * @param channelsFirst where the channels are
 */
record KerasWindow(
    int[] size, int[] strides, int[] dilation, ConvolutionMode mode, boolean channelsFirst) {

  /**
   * Reads a layer's.
   *
   * @param sizeKey {@code kernel_size} or {@code pool_size}
   * @param axes how many the window moves along
   */
  static KerasWindow of(KerasConfig config, String sizeKey, int axes) {
    int[] size = spread(config, sizeKey, axes, null);
    int[] same = sizeKey.equals("pool_size") ? size : ones(axes);
    int[] strides = spread(config, "strides", axes, same);
    int[] dilation = spread(config, "dilation_rate", axes, ones(axes));
    ConvolutionMode mode =
        switch (config.text("padding", "valid")) {
          case "valid" -> ConvolutionMode.Truncate;
          case "same" -> ConvolutionMode.Same;
          case "causal" -> ConvolutionMode.Causal;
          default -> throw config.refused("padding", "valid, same and causal");
        };
    if (mode == ConvolutionMode.Causal && !(axes == 1 && sizeKey.equals("kernel_size"))) {
      throw config.refused("padding", "valid and same");
    }
    if (Arrays.stream(strides).anyMatch(stride -> stride > 1)
        && Arrays.stream(dilation).anyMatch(rate -> rate > 1)) {
      throw config.refused("dilation_rate", "1 beside strides of more than 1");
    }
    return new KerasWindow(size, strides, dilation, mode, channelsFirst(config));
  }

  /** Whether channels come first. */
  static boolean channelsFirst(KerasConfig config) {
    config.expect("data_format", "channels_last", "channels_first");
    return config.text("data_format", "channels_last").equals("channels_first");
  }

  /** One number for all axes, or one for each. */
  static int[] spread(KerasConfig config, String key, int axes, int[] absent) {
    List<Integer> given = config.integers(key);
    if (given.isEmpty() && absent != null) {
      return absent;
    }
    if ((given.size() != 1 && given.size() != axes) || given.stream().anyMatch(one -> one < 1)) {
      throw config.refused(key, "one whole number above 0, or " + axes);
    }
    return IntStream.range(0, axes).map(axis -> given.get(given.size() == 1 ? 0 : axis)).toArray();
  }

  private static int[] ones(int axes) {
    int[] ones = new int[axes];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** Number of input channels; refuses an input of another rank. */
  int channels(KerasConfig config, KerasTensor input) {
    if (input.rank() != size.length + 1) {
      throw config.refused("an input of shape " + input);
    }
    int channels = channelsFirst ? input.shape()[0] : input.features();
    if (channels < 0) {
      throw config.refused("the number of channels of its input is open: " + input);
    }
    return channels;
  }

  /** Shape of the output of an example, in Keras's order. */
  int[] output(KerasConfig config, KerasTensor input, int channels) {
    int[] output = new int[input.rank()];
    int first = channelsFirst ? 1 : 0;
    output[channelsFirst ? 0 : output.length - 1] = channels;
    for (int axis = 0; axis < size.length; axis++) {
      output[first + axis] = output(config, input.shape()[first + axis], axis, input);
    }
    return output;
  }

  private int output(KerasConfig config, int length, int axis, KerasTensor input) {
    if (length < 0) {
      return -1;
    }
    if (mode != ConvolutionMode.Truncate) {
      return (length + strides[axis] - 1) / strides[axis];
    }
    int reach = (size[axis] - 1) * dilation[axis] + 1;
    if (length < reach) {
      throw config.refused("its window is larger than its input " + input);
    }
    return (length - reach) / strides[axis] + 1;
  }
}
