/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import io.cairn.replica.ModelException;
import io.cairn.replica.samediff.GraphHead;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Puts a new output into the ONNX file of the graph that has it, in operators that every runtime
 * has, so that whoever serves the file serves it. It is the file's only output: what it does not
 * need is taken out, such as the output that it replaces, which nobody trains any more.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} where a name of the file is in the way, or its numbers are of
 * two types.
 */
public final class OnnxHead {

  private static final long AXES_ARE_INPUTS = 13;

  private final GraphHead head;
  private final GraphProto.Builder graph;
  private final long opset;
  private final int type;
  private final String layer;

  private OnnxHead(GraphHead head, GraphProto.Builder graph, long opset, int type) {
    this.head = head;
    this.graph = graph;
    this.opset = opset;
    this.type = type;
    this.layer = head.weight().substring(0, head.weight().lastIndexOf('.'));
  }

  /**
   * The file with the output that a graph's settings have added to it.
   *
   * @param model made of the file, and of that output
   */
  public static byte[] put(String name, byte[] content, GraphModel model) {
    GraphHead head = model.roles().head().orElseThrow();
    try {
      ModelProto file = OnnxReader.parsed(content);
      GraphProto.Builder graph = file.getGraph().toBuilder();
      int type = type(file.getGraph(), model);
      OnnxHead put = new OnnxHead(head, graph, OnnxReader.opset(file), type);
      put.keepOnly(Set.of(head.from()), Set.copyOf(model.roles().inputs()));
      put.addTo(model);
      return file.toBuilder().setGraph(graph).build().toByteArray();
    } catch (OnnxException e) {
      throw new ModelException(name + ": " + e.getMessage(), e);
    }
  }

  /** FLOAT or DOUBLE, whichever the file's parameters are of. */
  private static int type(GraphProto graph, GraphModel model) {
    Set<String> parameters =
        model.parameters().stream().map(GraphParameter::name).collect(Collectors.toSet());
    Set<Integer> types =
        graph.getInitializerList().stream()
            .filter(it -> parameters.contains(it.getName()))
            .map(TensorProto::getDataType)
            .collect(Collectors.toSet());
    if (types.size() != 1) {
      throw new OnnxException(
          "its parameters are not all float, or all double, so that it is not known which a new output would be; save it in one of both");
    }
    return types.iterator().next();
  }

  /**
   * Takes out what neither values nor inputs need.
   *
   * @param inputs that stay, whether something reads them or not
   */
  private void keepOnly(Set<String> values, Set<String> inputs) {
    Set<String> needed = new HashSet<>(values);
    List<NodeProto> kept = new ArrayList<>();
    for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
      NodeProto node = graph.getNode(i);
      if (node.getOutputList().stream().anyMatch(needed::contains)) {
        needed.addAll(node.getInputList());
        kept.add(node);
      }
    }
    Collections.reverse(kept);
    List<TensorProto> initializers =
        graph.getInitializerList().stream().filter(it -> needed.contains(it.getName())).toList();
    List<ValueInfoProto> given =
        graph.getInputList().stream()
            .filter(it -> needed.contains(it.getName()) || inputs.contains(it.getName()))
            .toList();
    graph.clearNode().addAllNode(kept);
    graph.clearInitializer().addAllInitializer(initializers);
    graph.clearInput().addAllInput(given);
    // Shapes of values in between, which nobody has to be told.
    graph.clearValueInfo().clearOutput();
  }

  private void addTo(GraphModel model) {
    requireFree();
    requireValue(head.from());
    initializer(head.weight(), model, head.width(), head.units());
    initializer(head.bias(), model, head.units());
    switch (head.pooling()) {
      case NONE -> linear(head.from());
      case FIRST -> {
        whole("first", 0);
        NodeProto.Builder first =
            node("Gather", "pooled", head.from(), local("first")).addAttribute(number("axis", 1));
        graph.addNode(first);
        linear(local("pooled"));
      }
      case MEAN -> {
        mean(head.mask().orElseThrow());
        linear(local("pooled"));
      }
    }
    graph.addOutput(output());
  }

  /** The sum over the steps that count, divided by their number, or by 1 where there are none. */
  private void mean(String mask) {
    graph.addNode(node("Cast", "mask", mask).addAttribute(number("to", type)));
    overAxis("Unsqueeze", "real", "mask", 2);
    graph.addNode(node("Mul", "counted", head.from(), local("real")));
    overAxis("ReduceSum", "sum", "counted", 1);
    overAxis("ReduceSum", "count", "real", 1);
    graph.addInitializer(scalar("zero"));
    graph.addNode(node("Equal", "none", local("count"), local("zero")));
    graph.addNode(node("Cast", "one", local("none")).addAttribute(number("to", type)));
    graph.addNode(node("Add", "divisor", local("count"), local("one")));
    graph.addNode(node("Div", "pooled", local("sum"), local("divisor")));
  }

  private void linear(String rows) {
    if (head.isOfSteps()) {
      graph.addNode(node("MatMul", "product", rows, head.weight()));
      graph.addNode(
          node("Add", "output", local("product"), head.bias()).setOutput(0, head.output()));
    } else {
      graph.addNode(
          node("Gemm", "output", rows, head.weight(), head.bias()).setOutput(0, head.output()));
    }
  }

  /** An operator over one axis, which does not stay where it is summed over. */
  private void overAxis(String op, String to, String from, int axis) {
    NodeProto.Builder node;
    if (opset >= AXES_ARE_INPUTS) {
      String axes = "axis" + axis;
      if (graph.getInitializerList().stream().noneMatch(it -> it.getName().equals(local(axes)))) {
        graph.addInitializer(
            TensorProto.newBuilder()
                .setName(local(axes))
                .setDataType(OnnxTensors.INT64)
                .addDims(1)
                .addInt64Data(axis));
      }
      node = node(op, to, local(from), local(axes));
    } else {
      node = node(op, to, local(from));
      node.addAttribute(
          AttributeProto.newBuilder()
              .setName("axes")
              .setType(AttributeProto.AttributeType.INTS)
              .addInts(axis));
    }
    if (op.equals("ReduceSum")) {
      node.addAttribute(number("keepdims", 0));
    }
    graph.addNode(node);
  }

  private ValueInfoProto output() {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("batch"));
    if (head.isOfSteps()) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("steps"));
    }
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(head.units()));
    return ValueInfoProto.newBuilder()
        .setName(head.output())
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }

  private String local(String name) {
    return layer + "." + name;
  }

  private NodeProto.Builder node(String op, String to, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .setName(local(to))
        .addAllInput(List.of(inputs))
        .addOutput(local(to));
  }

  private static AttributeProto number(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private void whole(String name, long value) {
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(local(name))
            .setDataType(OnnxTensors.INT64)
            .addInt64Data(value));
  }

  private TensorProto scalar(String name) {
    TensorProto.Builder scalar = TensorProto.newBuilder().setName(local(name)).setDataType(type);
    return (type == OnnxTensors.FLOAT ? scalar.addFloatData(0) : scalar.addDoubleData(0)).build();
  }

  private void initializer(String name, GraphModel model, long... shape) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type);
    for (long dimension : shape) {
      tensor.addDims(dimension);
    }
    INDArray values = model.graph().getVariable(name).getArr();
    graph.addInitializer(OnnxTensors.with(tensor.build(), values));
  }

  private void requireValue(String name) {
    boolean made = graph.getNodeList().stream().anyMatch(it -> it.getOutputList().contains(name));
    boolean given = graph.getInputList().stream().anyMatch(it -> it.getName().equals(name));
    if (!made && !given) {
      throw new OnnxException(
          "model.output = %s is a step of an operator, and no value of the file, so that the file cannot have an output that reads it"
              .formatted(name));
    }
  }

  private void requireFree() {
    Set<String> taken = new HashSet<>();
    graph.getInputList().forEach(it -> taken.add(it.getName()));
    graph.getInitializerList().forEach(it -> taken.add(it.getName()));
    graph.getNodeList().forEach(it -> taken.addAll(it.getOutputList()));
    for (String name : taken) {
      if (name.startsWith(layer + ".") || name.equals(head.output())) {
        throw new OnnxException(
            "it has a value %s already, which is a name of the new output; rename it"
                .formatted(name));
      }
    }
  }
}
