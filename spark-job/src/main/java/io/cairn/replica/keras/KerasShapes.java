/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.Upsampling1D;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.Upsampling3D;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.misc.RepeatVector;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Layers that only move or repeat values, such as reshaping, padding and upsampling. */
final class KerasShapes {

  private KerasShapes() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("Flatten", KerasShapes::flatten);
    readers.put("Reshape", KerasShapes::reshape);
    readers.put("Permute", KerasShapes::permute);
    readers.put("RepeatVector", KerasShapes::repeat);
    readers.put("ZeroPadding1D", (layer, input, net) -> edges1d(layer, input, net, "padding", 1));
    readers.put("Cropping1D", (layer, input, net) -> edges1d(layer, input, net, "cropping", -1));
    readers.put("ZeroPadding2D", (layer, input, net) -> edges2d(layer, input, net, "padding", 1));
    readers.put("Cropping2D", (layer, input, net) -> edges2d(layer, input, net, "cropping", -1));
    readers.put("UpSampling1D", KerasShapes::upsample1d);
    readers.put("UpSampling2D", KerasShapes::upsample2d);
    readers.put("UpSampling3D", KerasShapes::upsample3d);
  }

  private static KerasTensor flatten(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    boolean channelsFirst = KerasWindow.channelsFirst(config);
    int size = input.size();
    if (size < 0) {
      throw config.refused(
          "the size of its input is open: " + input + "; give the model's input a fixed shape");
    }
    if (input.rank() == 1) {
      return input;
    }
    int[] order = input.order();
    if (channelsFirst && input.rank() > 2) {
      // Keras flattens as if the channels were last.
      order = places(input.shape(), moved(input.rank()));
    } else if (channelsFirst) {
      throw config.refused("data_format", "channels_last for sequences");
    }
    if (input.rank() == 3 && input.order() == null) {
      int[] shape = input.shape();
      // Reads all of the image in the order in which it lies.
      return net.layer(
              net.freeName(layer.name()),
              new ActivationLayer.Builder().activation(new ActivationIdentity()).build(),
              new CnnToFeedForwardPreProcessor(shape[0], shape[1], shape[2], CNN2DFormat.NHWC),
              input,
              null)
          .shaped(size)
          .ordered(order);
    }
    return reshaped(net.freeName(layer.name()), input, net, size).ordered(order);
  }

  /** First axis to the end. */
  private static int[] moved(int rank) {
    int[] axes = IntStream.rangeClosed(1, rank).toArray();
    axes[rank - 1] = 0;
    return axes;
  }

  /** Where the values of a tensor with exchanged axes lie in the tensor as it was. */
  private static int[] places(int[] shape, int[] axes) {
    int[] strides = new int[shape.length];
    int size = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = size;
      size *= shape[axis];
    }
    int[] places = new int[size];
    int[] at = new int[shape.length];
    for (int i = 0; i < size; i++) {
      int place = 0;
      for (int axis = 0; axis < axes.length; axis++) {
        place += at[axis] * strides[axes[axis]];
      }
      places[i] = place;
      for (int axis = axes.length - 1; axis >= 0 && ++at[axis] == shape[axes[axis]]; axis--) {
        at[axis] = 0;
      }
    }
    return places;
  }

  /** Another shape for the same values in the same order. */
  static KerasTensor reshaped(String name, KerasTensor input, KerasNet net, int... shape) {
    KerasTensor from = net.in(input, KerasTensor.Form.SAME);
    int[] all = new int[shape.length + 1];
    all[0] = -1;
    System.arraycopy(shape, 0, all, 1, shape.length);
    return net.vertex(name, new ReshapeVertex('c', all, null), List.of(from)).shaped(shape);
  }

  private static KerasTensor reshape(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    int size = input.size();
    List<Integer> target = config.integers("target_shape");
    if (size < 0) {
      throw config.refused("the size of its input is open: " + input);
    }
    int known = target.stream().filter(axis -> axis > 0).reduce(1, Math::multiplyExact);
    long open = target.stream().filter(axis -> axis == -1).count();
    if (target.isEmpty() || open > 1 || size % known != 0 || (open == 0 && known != size)) {
      throw config.refused("target_shape", "one of " + size + " values");
    }
    int[] shape = target.stream().mapToInt(axis -> axis == -1 ? size / known : axis).toArray();
    return reshaped(net.freeName(layer.name()), input, net, shape);
  }

  private static KerasTensor permute(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    int[] axes = config.integers("dims").stream().mapToInt(axis -> axis - 1).toArray();
    if (axes.length != input.rank()
        || new HashSet<>(config.integers("dims")).size() != axes.length) {
      throw config.refused("dims", "each axis from 1 to " + input.rank() + " once");
    }
    int[] shape = Arrays.stream(axes).map(axis -> input.shape()[axis]).toArray();
    if (Arrays.equals(shape, input.shape())
        && Arrays.equals(axes, IntStream.range(0, axes.length).toArray())) {
      return input;
    }
    if (input.rank() == 2) {
      // The same array: its last axis is now the steps.
      return net.in(input, KerasTensor.Form.SAME).in(KerasTensor.Form.STEPS_LAST).shaped(shape);
    }
    if (input.size() < 0 || input.order() != null) {
      throw config.refused("the size of its input is open: " + input);
    }
    return input.shaped(shape).ordered(places(input.shape(), axes));
  }

  private static KerasTensor repeat(KerasLayer layer, KerasTensor input, KerasNet net) {
    int count = layer.config().integer("n");
    if (input.rank() != 1) {
      throw layer.config().refused("an input of shape " + input);
    }
    RepeatVector made =
        new RepeatVector.Builder<>().repetitionFactor(count).dataFormat(RNNFormat.NCW).build();
    made.setN(count);
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.SAME)
        .in(KerasTensor.Form.STEPS_LAST)
        .shaped(count, input.features());
  }

  /** Pairs of numbers: one for all, one an axis, or two an axis. */
  private static int[][] pairs(KerasConfig config, String key, int axes) {
    JsonNode given = config.raw(key);
    int[][] pairs = new int[axes][2];
    if (given == null) {
      throw config.refused(key + " is missing");
    }
    for (int axis = 0; axis < axes; axis++) {
      JsonNode one = given.isArray() && !(axes == 1 && given.size() == 2) ? given.get(axis) : given;
      if (one == null || !(one.isInt() || (one.isArray() && one.size() == 2))) {
        throw config.refused(key, "whole numbers, two an axis");
      }
      pairs[axis][0] = one.isInt() ? one.intValue() : one.get(0).asInt();
      pairs[axis][1] = one.isInt() ? one.intValue() : one.get(1).asInt();
    }
    return pairs;
  }

  private static KerasTensor edges1d(
      KerasLayer layer, KerasTensor input, KerasNet net, String key, int sign) {
    int[] edges = pairs(layer.config(), key, 1)[0];
    layer.config().expect("data_format", "channels_last");
    if (input.rank() != 2) {
      throw layer.config().refused("an input of shape " + input);
    }
    Layer made =
        sign > 0
            ? new ZeroPadding1DLayer.Builder(edges[0], edges[1]).build()
            : new Cropping1D.Builder(edges[0], edges[1]).build();
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.STEPS_LAST)
        .shaped(grown(input.shape()[0], sign * (edges[0] + edges[1])), input.features());
  }

  private static int grown(int length, int by) {
    return length < 0 ? -1 : length + by;
  }

  private static KerasTensor edges2d(
      KerasLayer layer, KerasTensor input, KerasNet net, String key, int sign) {
    KerasConfig config = layer.config();
    if (sign < 0) {
      throw config.refused("Cropping2D is not supported (DL4J's layer fails in training)");
    }
    int[][] edges = pairs(config, key, 2);
    boolean first = KerasWindow.channelsFirst(config);
    if (input.rank() != 3) {
      throw config.refused("an input of shape " + input);
    }
    CNN2DFormat format = first ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    Layer made =
        new ZeroPaddingLayer.Builder(edges[0][0], edges[0][1], edges[1][0], edges[1][1])
            .dataFormat(format)
            .build();
    int[] shape = input.shape().clone();
    for (int axis = 0; axis < 2; axis++) {
      int at = axis + (first ? 1 : 0);
      shape[at] = grown(shape[at], sign * (edges[axis][0] + edges[axis][1]));
    }
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.SAME).shaped(shape);
  }

  private static KerasTensor upsample1d(KerasLayer layer, KerasTensor input, KerasNet net) {
    int size = layer.config().integer("size", 2);
    if (input.rank() != 2) {
      throw layer.config().refused("an input of shape " + input);
    }
    Layer made = new Upsampling1D.Builder(size).build();
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.STEPS_LAST)
        .shaped(times(input.shape()[0], size), input.features());
  }

  private static int times(int length, int factor) {
    return length < 0 ? -1 : length * factor;
  }

  private static KerasTensor upsample2d(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    config.expect("interpolation", "nearest");
    boolean first = KerasWindow.channelsFirst(config);
    int[] size = KerasWindow.spread(config, "size", 2, new int[] {2, 2});
    Layer made =
        new Upsampling2D.Builder(size[0])
            .size(size)
            .dataFormat(first ? CNN2DFormat.NCHW : CNN2DFormat.NHWC)
            .build();
    return upsampled(layer, made, size, input, net, first ? 1 : 0);
  }

  private static KerasTensor upsample3d(KerasLayer layer, KerasTensor input, KerasNet net) {
    boolean first = KerasWindow.channelsFirst(layer.config());
    int[] size = KerasWindow.spread(layer.config(), "size", 3, new int[] {2, 2, 2});
    Layer made =
        new Upsampling3D.Builder(size[0])
            .size(size)
            .dataFormat(first ? Convolution3D.DataFormat.NCDHW : Convolution3D.DataFormat.NDHWC)
            .build();
    return upsampled(layer, made, size, input, net, first ? 1 : 0);
  }

  private static KerasTensor upsampled(
      KerasLayer layer, Layer made, int[] size, KerasTensor input, KerasNet net, int from) {
    if (input.rank() != size.length + 1) {
      throw layer.config().refused("an input of shape " + input);
    }
    int[] shape = input.shape().clone();
    for (int axis = 0; axis < size.length; axis++) {
      shape[from + axis] = times(shape[from + axis], size[axis]);
    }
    return net.layer(net.freeName(layer.name()), made, input, KerasTensor.Form.SAME).shaped(shape);
  }
}
