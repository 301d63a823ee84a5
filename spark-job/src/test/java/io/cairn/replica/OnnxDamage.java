/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;

/**
 * Damages an ONNX file: its bytes, or what they say, such as shapes, types, attributes and
 * connections, in a file that is whole as far as its format goes.
 *
 * <p>Used for one file, whose content is not changed.
 *
 * <p>Threading: one thread.
 */
final class OnnxDamage {

  private static final long[] EXTREMES = {
    0,
    1,
    2,
    3,
    4,
    -1,
    -2,
    5,
    64,
    127,
    1 << 20,
    1_000_000_000,
    Integer.MAX_VALUE,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final byte[] content;
  private final ModelProto file;

  OnnxDamage(byte[] content) {
    this.content = content;
    try {
      this.file = ModelProto.parseFrom(content);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The file with one to three changes. */
  byte[] damaged(Random random) {
    if (random.nextInt(4) == 0) {
      return bytes(random);
    }
    ModelProto.Builder changed = file.toBuilder();
    for (int change = 1 + random.nextInt(3); change > 0; change--) {
      GraphProto.Builder graph = changed.getGraphBuilder();
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> tensor(graph, random);
        case 4, 5, 6 -> attribute(graph, random);
        case 7, 8 -> node(graph, random);
        case 9 -> input(graph, random);
        case 10 -> remove(graph, random);
        default ->
            changed
                .getOpsetImportBuilder(random.nextInt(changed.getOpsetImportCount()))
                .setVersion(some(random));
      }
    }
    return GraphDamage.cut(changed.build().toByteArray(), random);
  }

  /** Most of a file are weights; the beginning, and what is around texts, say what they are. */
  private byte[] bytes(Random random) {
    byte[] changed = content.clone();
    for (int change = 1 + random.nextInt(4); change > 0; change--) {
      int at = random.nextInt(changed.length);
      for (int tried = 0; tried < 200 && !isText(changed[at]); tried++) {
        at = random.nextInt(Math.min(changed.length, 4_000));
      }
      int place = Math.max(0, at - random.nextInt(4));
      changed[place] = (byte) random.nextInt(256);
    }
    return GraphDamage.cut(changed, random);
  }

  private static boolean isText(byte value) {
    return value >= 'a' && value <= 'z';
  }

  private static long some(Random random) {
    return random.nextInt(8) == 0 ? random.nextLong() : EXTREMES[random.nextInt(EXTREMES.length)];
  }

  private static void tensor(GraphProto.Builder graph, Random random) {
    if (graph.getInitializerCount() == 0) {
      return;
    }
    int number = random.nextInt(graph.getInitializerCount());
    TensorProto.Builder tensor = graph.getInitializerBuilder(number);
    ByteString raw = tensor.getRawData();
    switch (random.nextInt(10)) {
      case 9 -> {
        if (tensor.getDataType() == TensorProto.DataType.INT64_VALUE && raw.size() >= Long.BYTES) {
          number(tensor, random);
        } else {
          tensor.setDataType(random.nextInt(17));
        }
      }
      case 0, 1 -> {
        if (tensor.getDimsCount() > 0) {
          tensor.setDims(random.nextInt(tensor.getDimsCount()), some(random));
        } else {
          tensor.addDims(some(random));
        }
      }
      case 2 -> tensor.addDims(some(random));
      case 3 -> tensor.setDataType(random.nextInt(23));
      case 4 -> tensor.setRawData(raw.substring(0, raw.isEmpty() ? 0 : random.nextInt(raw.size())));
      case 5 -> tensor.setRawData(raw.concat(raw));
      case 6 -> tensor.clearRawData().addFloatData(1).addInt64Data(2).addInt32Data(3);
      case 7 -> tensor.setName(other(graph, random).getName());
      default -> graph.addInitializer(other(graph, random));
    }
  }

  /** Numbers of eight bytes are what shapes and bounds are made of. */
  private static void number(TensorProto.Builder tensor, Random random) {
    byte[] raw = tensor.getRawData().toByteArray();
    ByteBuffer.wrap(raw)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(Long.BYTES * random.nextInt(raw.length / Long.BYTES), some(random));
    tensor.setRawData(ByteString.copyFrom(raw));
  }

  private static TensorProto other(GraphProto.Builder graph, Random random) {
    return graph.getInitializer(random.nextInt(graph.getInitializerCount()));
  }

  private static void attribute(GraphProto.Builder graph, Random random) {
    List<NodeProto.Builder> with =
        graph.getNodeBuilderList().stream().filter(it -> it.getAttributeCount() > 0).toList();
    if (with.isEmpty()) {
      return;
    }
    NodeProto.Builder node = with.get(random.nextInt(with.size()));
    AttributeProto.Builder attribute =
        node.getAttributeBuilder(random.nextInt(node.getAttributeCount()));
    switch (random.nextInt(5)) {
      case 0 -> attribute.setI(some(random)).setF(random.nextFloat() * 1e9f);
      case 1 -> attribute.addInts(some(random));
      case 2 -> attribute.setName("axis");
      default -> {
        if (attribute.hasT()) {
          TensorProto.Builder tensor = attribute.getTBuilder();
          tensor.setDataType(random.nextBoolean() ? tensor.getDataType() : random.nextInt(17));
          if (tensor.getRawData().size() >= Long.BYTES) {
            number(tensor, random);
          } else {
            tensor.addDims(some(random));
          }
        } else if (attribute.getIntsCount() > 0) {
          attribute.setInts(random.nextInt(attribute.getIntsCount()), some(random));
        } else {
          attribute.setI(some(random));
        }
      }
    }
  }

  private static void node(GraphProto.Builder graph, Random random) {
    NodeProto.Builder node = graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
    NodeProto other = graph.getNode(random.nextInt(graph.getNodeCount()));
    switch (random.nextInt(7)) {
      case 0 -> node.setOpType(other.getOpType());
      case 1 -> {
        if (node.getInputCount() > 0 && other.getInputCount() > 0) {
          node.setInput(
              random.nextInt(node.getInputCount()),
              other.getInput(random.nextInt(other.getInputCount())));
        }
      }
      case 2 -> node.addAllInput(other.getOutputList());
      case 3 -> node.clearInput();
      case 4 -> node.clearOutput().addAllOutput(other.getOutputList());
      case 5 -> node.clearOutput();
      default -> node.clearAttribute();
    }
  }

  private static void input(GraphProto.Builder graph, Random random) {
    var type =
        graph
            .getInputBuilder(random.nextInt(graph.getInputCount()))
            .getTypeBuilder()
            .getTensorTypeBuilder();
    TensorShapeProto.Builder shape = type.getShapeBuilder();
    switch (random.nextInt(4)) {
      case 0 -> type.setElemType(random.nextInt(17));
      case 1 -> shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(some(random)));
      case 2 -> shape.clearDim();
      default -> {
        if (shape.getDimCount() > 0) {
          shape.getDimBuilder(random.nextInt(shape.getDimCount())).setDimValue(some(random));
        }
      }
    }
  }

  private static void remove(GraphProto.Builder graph, Random random) {
    if (graph.getNodeCount() < 2) {
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> graph.removeNode(random.nextInt(graph.getNodeCount()));
      case 1 -> {
        if (graph.getInitializerCount() > 0) {
          graph.removeInitializer(random.nextInt(graph.getInitializerCount()));
        }
      }
      case 2 -> graph.clearOutput();
      default -> {
        NodeProto node = graph.getNode(random.nextInt(graph.getNodeCount()));
        graph.addNode(random.nextInt(graph.getNodeCount()), node);
      }
    }
  }
}
