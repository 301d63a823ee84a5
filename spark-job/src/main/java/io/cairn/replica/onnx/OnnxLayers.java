/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;

/**
 * ONNX operators that mix values: products, convolutions, reductions, normalizations.
 *
 * <p>Threading: one thread.
 */
final class OnnxLayers {

  private final OnnxGraph to;
  private final SameDiff graph;

  OnnxLayers(OnnxGraph to) {
    this.to = to;
    this.graph = to.graph();
  }

  /** Translates a node, if it is one of these. */
  boolean translate(OnnxNode node) {
    switch (node.op()) {
      case "MatMul" -> matMul(node);
      case "Gemm" -> gemm(node);
      case "Softmax" ->
          to.out(node, graph.nn().softmax(to.in(node, 0), lastAxis(node)), rank(node));
      case "LogSoftmax" -> {
        lastAxis(node);
        to.out(node, graph.nn().logSoftmax(to.in(node, 0)), rank(node));
      }
      case "ReduceMean", "ReduceSum", "ReduceMax" -> reduce(node);
      case "LayerNormalization" -> layerNormalization(node);
      case "BatchNormalization" -> batchNormalization(node);
      case "Conv" -> convolution(node);
      case "MaxPool", "AveragePool" -> pool(node);
      case "GlobalAveragePool", "GlobalMaxPool" -> globalPool(node);
      default -> {
        return false;
      }
    }
    return true;
  }

  private int rank(OnnxNode node) {
    return to.rank(node, 0);
  }

  private void matMul(OnnxNode node) {
    int left = to.rank(node, 0);
    int right = to.rank(node, 1);
    SDVariable a = to.in(node, 0);
    SDVariable b = to.in(node, 1);
    if (left == right && left >= 2) {
      to.out(node, graph.mmul(a, b), left);
    } else if (right == 2 && left > 2) {
      SDVariable rows = graph.reshape(a, graph.concat(0, to.list(-1), to.dimension(a, left - 1)));
      SDVariable before = graph.slice(a.shape(), new int[] {0}, new int[] {left - 1});
      SDVariable shape = graph.concat(0, before, to.dimension(b, 1));
      to.out(node, graph.reshape(graph.mmul(rows, b), shape), left);
    } else {
      throw node.refused("a product of ranks %d and %d is not supported".formatted(left, right));
    }
  }

  private void gemm(OnnxNode node) {
    node.requireNumber("transA", 0);
    if (node.decimal("alpha", 1) != 1 || node.decimal("beta", 1) != 1) {
      throw node.refused("only alpha = beta = 1 is supported");
    }
    boolean transposed = node.number("transB", 0) != 0;
    SDVariable product = graph.mmul(to.in(node, 0), to.in(node, 1), false, transposed, false);
    to.out(node, node.has(2) ? product.add(to.in(node, 2)) : product, 2);
  }

  private int lastAxis(OnnxNode node) {
    int rank = rank(node);
    int axis = to.axis(node, node.number("axis", to.opset() >= 13 ? -1 : 1), rank);
    if (axis != rank - 1) {
      throw node.refused("only a softmax over the last axis is supported, not over " + axis);
    }
    return axis;
  }

  private void reduce(OnnxNode node) {
    boolean allIfNone = node.number("noop_with_empty_axes", 0) == 0;
    int rank = rank(node);
    long[] axes = node.has(1) ? to.numbers(node, 1, "axes") : node.numbers("axes");
    boolean none = axes == null || axes.length == 0;
    if (none && !allIfNone) {
      throw node.refused("it names no axes, and says that it then reduces nothing");
    }
    int[] over =
        none
            ? IntStream.range(0, rank).toArray()
            : Arrays.stream(axes).mapToInt(axis -> to.axis(node, axis, rank)).toArray();
    if (Arrays.stream(over).distinct().count() < over.length) {
      throw node.refused("it names an axis twice");
    }
    boolean keep = node.number("keepdims", 1) != 0;
    SDVariable x = to.in(node, 0);
    SDVariable reduced =
        switch (node.op()) {
          case "ReduceMean" -> graph.mean(x, keep, over);
          case "ReduceSum" -> graph.sum(x, keep, over);
          default -> graph.max(x, keep, over);
        };
    to.out(node, reduced, keep ? rank : rank - over.length);
    if (to.rank(node.output()) == 1) {
      to.length(node.output(), 1);
    }
  }

  private void layerNormalization(OnnxNode node) {
    int rank = rank(node);
    if (to.axis(node, node.number("axis", -1), rank) != rank - 1) {
      throw node.refused("only a normalization over the last axis is supported");
    }
    node.number("stash_type", 1);
    if (node.outputs().stream().skip(1).anyMatch(name -> !name.isEmpty())) {
      throw node.refused("its mean and deviation are outputs, which is not supported");
    }
    SDVariable x = to.in(node, 0);
    SDVariable centred = x.sub(x.mean(true, rank - 1));
    SDVariable variance = graph.math().square(centred).mean(true, rank - 1);
    SDVariable normal =
        centred.div(graph.math().sqrt(variance.add(node.decimal("epsilon", 1e-5f))));
    SDVariable scaled = normal.mul(to.in(node, 1));
    to.out(node, node.has(2) ? scaled.add(to.in(node, 2)) : scaled, rank);
  }

  /** With the statistics that the file has, as for inference: they are constants. */
  private void batchNormalization(OnnxNode node) {
    node.requireNumber("training_mode", 0);
    node.decimal("momentum", 0.9);
    int rank = rank(node);
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    shape[1] = -1;
    SDVariable mean = graph.reshape(to.in(node, 3), shape);
    SDVariable variance = graph.reshape(to.in(node, 4), shape);
    SDVariable deviation = graph.math().sqrt(variance.add(node.decimal("epsilon", 1e-5f)));
    SDVariable normal = to.in(node, 0).sub(mean).div(deviation);
    to.out(
        node,
        normal.mul(graph.reshape(to.in(node, 1), shape)).add(graph.reshape(to.in(node, 2), shape)),
        rank);
  }

  /** A window of two dimensions. */
  @SuppressWarnings("ArrayRecordComponent") // made and read in one place, never compared
  private record Window(long[] kernel, long[] strides, long[] pads, long[] dilations) {}

  private Window window(OnnxNode node, long[] kernel) {
    String padding = node.text("auto_pad", "NOTSET");
    if (!padding.equals("NOTSET")) {
      throw node.refused("auto_pad = " + padding + " is not supported; name the pads");
    }
    if (rank(node) != 4 || kernel == null || kernel.length != 2) {
      throw node.refused("only windows of two dimensions are supported");
    }
    long[] pads = or(node.numbers("pads"), 0, 0, 0, 0);
    if (pads[0] != pads[2] || pads[1] != pads[3]) {
      throw node.refused("pads that differ at begin and end are not supported");
    }
    return new Window(
        kernel, or(node.numbers("strides"), 1, 1), pads, or(node.numbers("dilations"), 1, 1));
  }

  private static long[] or(long[] given, long... otherwise) {
    return given == null ? otherwise : given;
  }

  private void convolution(OnnxNode node) {
    node.requireNumber("group", 1);
    long[] kernel = node.numbers("kernel_shape");
    Window window =
        window(
            node,
            kernel != null ? kernel : Arrays.copyOfRange(to.in(node, 1).getArr().shape(), 2, 4));
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(window.kernel()[0])
            .kW(window.kernel()[1])
            .sH(window.strides()[0])
            .sW(window.strides()[1])
            .pH(window.pads()[0])
            .pW(window.pads()[1])
            .dH(window.dilations()[0])
            .dW(window.dilations()[1])
            .paddingMode(PaddingMode.VALID)
            .dataFormat("NCHW")
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    SDVariable x = to.in(node, 0);
    // SameDiff's derivative refuses weights as ONNX has them, [out, in, height, width].
    SDVariable weights = graph.permute(to.in(node, 1), 2, 3, 1, 0);
    to.out(
        node,
        node.has(2)
            ? graph.cnn().conv2d(x, weights, to.in(node, 2), config)
            : graph.cnn().conv2d(x, weights, config),
        4);
  }

  private void pool(OnnxNode node) {
    node.requireNumber("ceil_mode", 0);
    node.requireNumber("storage_order", 0);
    node.number("count_include_pad", 0);
    Window window = window(node, node.numbers("kernel_shape"));
    if (window.pads()[0] + window.pads()[1] > 0
        || window.dilations()[0] != 1
        || window.dilations()[1] != 1) {
      throw node.refused("pooling with pads or dilations is not supported");
    }
    Pooling2DConfig config =
        Pooling2DConfig.builder()
            .kH(window.kernel()[0])
            .kW(window.kernel()[1])
            .sH(window.strides()[0])
            .sW(window.strides()[1])
            .dH(1)
            .dW(1)
            .paddingMode(PaddingMode.VALID)
            .isNHWC(false)
            .build();
    SDVariable x = to.in(node, 0);
    to.out(
        node,
        node.op().equals("MaxPool")
            ? graph.cnn().maxPooling2d(x, config)
            : graph.cnn().avgPooling2d(x, config),
        4);
  }

  private void globalPool(OnnxNode node) {
    int rank = rank(node);
    int[] over = IntStream.range(2, rank).toArray();
    SDVariable x = to.in(node, 0);
    to.out(
        node,
        node.op().equals("GlobalMaxPool") ? graph.max(x, true, over) : graph.mean(x, true, over),
        rank);
  }
}
