/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Collections;
import java.util.List;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** Parts of which tests make ONNX files. */
final class OnnxFiles {

  private OnnxFiles() {}

  static TensorProto tensor(String name, float value, long... shape) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
    int length = 1;
    for (long dimension : shape) {
      tensor.addDims(dimension);
      length *= (int) dimension;
    }
    return tensor.addAllFloatData(Collections.nCopies(length, value)).build();
  }

  static NodeProto node(String op, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .setName(output + "-node")
        .addOutput(output)
        .addAllInput(List.of(inputs))
        .build();
  }

  static ValueInfoProto value(String name, long... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("batch"));
    for (long dimension : shape) {
      dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(dimensions)))
        .build();
  }

  /** A whole file, with the operators of version 17. */
  static byte[] file(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .setProducerName("test")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .build()
        .toByteArray();
  }
}
