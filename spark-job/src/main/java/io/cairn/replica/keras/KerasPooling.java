/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling3DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;

/** Pooling layers. Padding does not count in an average, in Keras as here. */
final class KerasPooling {

  private KerasPooling() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("MaxPooling1D", (layer, input, net) -> pool1d(layer, input, net, PoolingType.MAX));
    readers.put(
        "AveragePooling1D", (layer, input, net) -> pool1d(layer, input, net, PoolingType.AVG));
    readers.put("MaxPooling2D", (layer, input, net) -> pool2d(layer, input, net, PoolingType.MAX));
    readers.put(
        "AveragePooling2D", (layer, input, net) -> pool2d(layer, input, net, PoolingType.AVG));
    readers.put("MaxPooling3D", (layer, input, net) -> pool3d(layer, input, net, PoolingType.MAX));
    readers.put(
        "AveragePooling3D", (layer, input, net) -> pool3d(layer, input, net, PoolingType.AVG));
    for (int axes = 1; axes <= 3; axes++) {
      int along = axes;
      readers.put(
          "GlobalMaxPooling" + axes + "D",
          (layer, input, net) -> global(layer, input, net, along, PoolingType.MAX));
      readers.put(
          "GlobalAveragePooling" + axes + "D",
          (layer, input, net) -> global(layer, input, net, along, PoolingType.AVG));
    }
  }

  private static KerasTensor pool1d(
      KerasLayer layer, KerasTensor input, KerasNet net, PoolingType type) {
    KerasWindow window = KerasWindow.of(layer.config(), "pool_size", 1);
    if (window.channelsFirst()) {
      throw layer.config().refused("data_format", "channels_last for sequences");
    }
    int channels = window.channels(layer.config(), input);
    Subsampling1DLayer made =
        new Subsampling1DLayer.Builder(subsampling(type))
            .kernelSize(window.size()[0])
            .stride(window.strides()[0])
            .convolutionMode(window.mode())
            .build();
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.STEPS_LAST)
        .shaped(window.output(layer.config(), input, channels));
  }

  private static SubsamplingLayer.PoolingType subsampling(PoolingType type) {
    return type == PoolingType.MAX
        ? SubsamplingLayer.PoolingType.MAX
        : SubsamplingLayer.PoolingType.AVG;
  }

  private static KerasTensor pool2d(
      KerasLayer layer, KerasTensor input, KerasNet net, PoolingType type) {
    KerasWindow window = KerasWindow.of(layer.config(), "pool_size", 2);
    int channels = window.channels(layer.config(), input);
    SubsamplingLayer made =
        new SubsamplingLayer.Builder(subsampling(type))
            .kernelSize(window.size())
            .stride(window.strides())
            .convolutionMode(window.mode())
            .dataFormat(window.channelsFirst() ? CNN2DFormat.NCHW : CNN2DFormat.NHWC)
            .build();
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.SAME)
        .shaped(window.output(layer.config(), input, channels));
  }

  private static KerasTensor pool3d(
      KerasLayer layer, KerasTensor input, KerasNet net, PoolingType type) {
    KerasWindow window = KerasWindow.of(layer.config(), "pool_size", 3);
    int channels = window.channels(layer.config(), input);
    Subsampling3DLayer made =
        new Subsampling3DLayer.Builder(
                type == PoolingType.MAX
                    ? Subsampling3DLayer.PoolingType.MAX
                    : Subsampling3DLayer.PoolingType.AVG)
            .kernelSize(window.size())
            .stride(window.strides())
            .convolutionMode(window.mode())
            .dataFormat(
                window.channelsFirst()
                    ? Convolution3D.DataFormat.NCDHW
                    : Convolution3D.DataFormat.NDHWC)
            .build();
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.SAME)
        .shaped(window.output(layer.config(), input, channels));
  }

  private static KerasTensor global(
      KerasLayer layer, KerasTensor input, KerasNet net, int axes, PoolingType type) {
    KerasConfig config = layer.config();
    boolean first = KerasWindow.channelsFirst(config);
    boolean keep = config.flag("keepdims", false);
    if (input.rank() != axes + 1) {
      throw config.refused("an input of shape " + input);
    }
    if (first && axes == 1) {
      throw config.refused("data_format", "channels_last for sequences");
    }
    int channels = first ? input.shape()[0] : input.features();
    // A sequence has its steps last, which is what DL4J expects of one that is masked.
    int[] along =
        axes == 1
            ? new int[] {2}
            : IntStream.range(first ? 2 : 1, first ? axes + 2 : axes + 1).toArray();
    KerasTensor.Form form = axes == 1 ? KerasTensor.Form.STEPS_LAST : KerasTensor.Form.SAME;
    String name = net.freeName(layer.name());
    KerasTensor pooled =
        net.layer(
                name,
                new GlobalPoolingLayer.Builder(type).poolingDimensions(along).build(),
                input,
                form)
            .in(KerasTensor.Form.SAME)
            .shaped(channels);
    if (!keep) {
      return pooled;
    }
    int[] kept = new int[axes + 1];
    java.util.Arrays.fill(kept, 1);
    kept[first ? 0 : axes] = channels;
    return KerasShapes.reshaped(net.freeName(name + "-kept"), pooled, net, kept);
  }
}
