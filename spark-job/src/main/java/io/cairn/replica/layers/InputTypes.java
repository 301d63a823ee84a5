/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.replica.layers.DataShape.Input;
import io.cairn.settings.LayerSettings;
import java.util.List;
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

  static InputType[] of(DataShape data, LayerSettings.Channels channels) {
    return data.inputs().stream().map(input -> of(input, channels)).toArray(InputType[]::new);
  }

  private static InputType of(Input input, LayerSettings.Channels channels) {
    if (input instanceof Input.Flat flat) {
      return InputType.feedForward(flat.values());
    }
    if (input instanceof Input.Sequence sequence) {
      boolean last = channels == LayerSettings.Channels.LAST;
      return InputType.recurrent(
          sequence.values(), sequence.steps(), last ? RNNFormat.NWC : RNNFormat.NCW);
    }
    Input.Shaped shaped = (Input.Shaped) input;
    boolean last =
        channels == LayerSettings.Channels.LAST
            || channels == LayerSettings.Channels.AS_DATA
                && shaped.channels() == DataShape.Channels.LAST;
    return shaped(shaped.shape(), last ? DataShape.Channels.LAST : DataShape.Channels.FIRST);
  }

  private static InputType shaped(List<Integer> shape, DataShape.Channels channels) {
    boolean last = channels == DataShape.Channels.LAST;
    int first = last ? 0 : 1;
    int of = shape.get(last ? shape.size() - 1 : 0);
    return switch (shape.size()) {
      case 2 ->
          InputType.recurrent(of, shape.get(first), last ? RNNFormat.NWC : RNNFormat.NCW);
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
