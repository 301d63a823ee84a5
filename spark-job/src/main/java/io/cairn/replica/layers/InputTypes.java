/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.replica.layers.DataShape.Input;
import io.cairn.settings.LayerSettings;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution3D;

/**
 * Deeplearning4j's types of the data's inputs.
 *
 * <p>Threading: stateless.
 */
final class InputTypes {

  private InputTypes() {}

  static InputType[] of(DataShape data, Optional<LayerSettings.Channels> channels) {
    return data.inputs().stream().map(input -> of(input, channels)).toArray(InputType[]::new);
  }

  private static InputType of(Input input, Optional<LayerSettings.Channels> channels) {
    if (input instanceof Input.Flat flat) {
      return InputType.feedForward(flat.values());
    }
    if (input instanceof Input.Sequence sequence) {
      boolean last = isLast(channels, DataShape.Channels.FIRST);
      return InputType.recurrent(
          sequence.values(), sequence.steps(), last ? RNNFormat.NWC : RNNFormat.NCW);
    }
    Input.Shaped shaped = (Input.Shaped) input;
    return isLast(channels, shaped.channels())
        ? shaped(shaped.shape(), DataShape.Channels.LAST)
        : shaped(shaped.shape(), DataShape.Channels.FIRST);
  }

  private static boolean isLast(
      Optional<LayerSettings.Channels> asked, DataShape.Channels otherwise) {
    return asked
        .map(channels -> channels == LayerSettings.Channels.LAST)
        .orElse(otherwise == DataShape.Channels.LAST);
  }

  private static InputType shaped(List<Integer> shape, DataShape.Channels channels) {
    boolean last = channels == DataShape.Channels.LAST;
    int first = last ? 0 : 1;
    int of = shape.get(last ? shape.size() - 1 : 0);
    return switch (shape.size()) {
      case 2 -> InputType.recurrent(of, shape.get(first), last ? RNNFormat.NWC : RNNFormat.NCW);
      case 3 ->
          InputType.convolutional(
              shape.get(first),
              shape.get(first + 1),
              of,
              last ? CNN2DFormat.NHWC : CNN2DFormat.NCHW);
      case 4 ->
          InputType.convolutional3D(
              last ? Convolution3D.DataFormat.NDHWC : Convolution3D.DataFormat.NCDHW,
              shape.get(first),
              shape.get(first + 1),
              shape.get(first + 2),
              of);
      default -> throw new IllegalArgumentException("no type has the shape " + shape);
    };
  }
}
