/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;

/**
 * A node of an ONNX graph, whose attributes are asked for one by one. Those that nobody has asked
 * for are found by {@link #requireAllRead}, so that none is passed over.
 *
 * <p>Threading: one thread.
 */
final class OnnxNode {

  private final NodeProto node;
  private final Map<String, AttributeProto> attributes = new HashMap<>();
  private final Set<String> read = new HashSet<>();

  OnnxNode(NodeProto node) {
    this.node = node;
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attributes.put(attribute.getName(), attribute) != null) {
        throw new OnnxException(title() + " has the attribute " + attribute.getName() + " twice");
      }
    }
  }

  /** The operator. */
  String op() {
    return node.getOpType();
  }

  /** What to call it in errors. */
  String title() {
    String name = node.getName().isEmpty() ? node.getOutput(0) : node.getName();
    return "node %s (%s)".formatted(name, node.getOpType());
  }

  OnnxException refused(String why) {
    return new OnnxException(title() + ": " + why);
  }

  int inputs() {
    return node.getInputCount();
  }

  /** Whether an input is there; optional ones may be left out by an empty name. */
  boolean has(int input) {
    return input < node.getInputCount() && !node.getInput(input).isEmpty();
  }

  String input(int number) {
    if (!has(number)) {
      throw refused("it has no input " + number);
    }
    return node.getInput(number);
  }

  List<String> outputs() {
    return node.getOutputList();
  }

  String output() {
    return node.getOutput(0);
  }

  private Optional<AttributeProto> attribute(String name) {
    read.add(name);
    return Optional.ofNullable(attributes.get(name));
  }

  long number(String name, long otherwise) {
    return attribute(name).map(AttributeProto::getI).orElse(otherwise);
  }

  double decimal(String name, double otherwise) {
    return attribute(name).map(it -> (double) it.getF()).orElse(otherwise);
  }

  String text(String name, String otherwise) {
    return attribute(name).map(it -> it.getS().toStringUtf8()).orElse(otherwise);
  }

  /** A list of whole numbers; null if there is none. */
  long[] numbers(String name) {
    return attribute(name)
        .map(it -> it.getIntsList().stream().mapToLong(Long::longValue).toArray())
        .orElse(null);
  }

  Optional<onnx.Onnx.TensorProto> tensor(String name) {
    return attribute(name).map(AttributeProto::getT);
  }

  /** Throws unless an attribute has the one value that is supported. */
  void requireNumber(String name, long only) {
    long value = number(name, only);
    if (value != only) {
      throw refused("%s = %d; only %d is supported".formatted(name, value, only));
    }
  }

  /** Throws if an attribute was not asked for. */
  void requireAllRead() {
    for (String name : attributes.keySet()) {
      if (!read.contains(name)) {
        throw refused("attribute " + name + " is none that is supported for this operator");
      }
    }
  }
}
