/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelException;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.settings.GraphSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/**
 * Reads an ONNX model for training. ND4J's own importer computes some models wrongly without a
 * word, and fails with others; this one knows fewer operators, and refuses the rest by name.
 *
 * <p>What is trained: initializers of floating point numbers that have a dimension, be it of one
 * value. Numbers without one, statistics of a batch normalization, masks, and what only shapes are
 * made of stay as they are.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} naming file, node and what would be read.
 */
public final class OnnxReader {

  private static final long OLDEST_OPSET = 11;
  private static final long NEWEST_OPSET = 17;

  /** From here on, a number is a mask's, and no weight. */
  private static final double MASK = 1e4;

  private OnnxReader() {}

  /** Whether bytes begin as an ONNX file does: with the version of its format. */
  public static boolean isOnnx(byte[] content) {
    // Field 1 is a small number; the next field is a text, or the operators' version.
    return content.length > 4
        && content[0] == 0x08
        && content[1] > 0
        && content[1] < 32
        && (content[2] == 0x12 || content[2] == 0x1a || content[2] == 0x3a || content[2] == 0x42);
  }

  /**
   * Reads a model.
   *
   * @param name what to call the file in errors
   * @param content kept, so that trained values can be put back
   * @param wishes the loss, and the output if there are several
   */
  public static GraphModel read(String name, byte[] content, GraphWishes wishes) {
    return read(name, content, wishes, DataType.FLOAT);
  }

  /**
   * The same in another type than the file's.
   *
   * @param type FLOAT or DOUBLE
   */
  public static GraphModel read(String name, byte[] content, GraphWishes wishes, DataType type) {
    try {
      ModelProto file = parsed(content);
      GraphProto graph = file.getGraph();
      OnnxGraph to = new OnnxGraph(SameDiff.create(), type, opset(file));
      translate(graph, to);
      List<String> notes = new ArrayList<>();
      if (!to.staying().isEmpty()) {
        notes.add(
            "%d initializers of floating point stay as they are: %s"
                .formatted(to.staying().size(), String.join(", ", to.staying())));
      }
      to.tied()
          .forEach(
              (tied, of) ->
                  notes.add(
                      "%s holds the numbers of %s, and is trained as one with it"
                          .formatted(tied, of)));
      if (!to.dropouts().isEmpty()) {
        notes.add(
            "%d nodes drop some of their values (Dropout), in training alone: %s; in model.onnx they drop nothing"
                .formatted(
                    to.dropouts().size(),
                    to.dropouts().stream()
                        .map(dropout -> Double.toString(dropout.rate()))
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining(", "))));
      }
      GraphModel model =
          GraphModel.of(
              name,
              to.graph(),
              withOutput(graph, wishes, to),
              new GraphModel.Origin(Optional.of(content), notes),
              to.dropouts());
      return model.roles().head().isPresent()
          ? model.into(OnnxHead.put(name, content, model))
          : model;
    } catch (OnnxException e) {
      throw new ModelException(name + ": " + e.getMessage(), e);
    } catch (ModelException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ModelException(
          "%s is damaged, or no ONNX model that can be read: %s".formatted(name, e.getMessage()),
          e);
    }
  }

  static ModelProto parsed(byte[] content) {
    OnnxScan.require(content);
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(content).newCodedInput();
      in.enableAliasing(true);
      return ModelProto.parseFrom(in);
    } catch (IOException e) {
      throw new OnnxException("it is damaged: " + e.getMessage(), e);
    }
  }

  static long opset(ModelProto model) {
    long opset = 0;
    for (OperatorSetIdProto set : model.getOpsetImportList()) {
      String domain = set.getDomain();
      if (domain.isEmpty() || domain.equals("ai.onnx")) {
        opset = set.getVersion();
      }
    }
    if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
      throw new OnnxException(
          "its operators are of version (opset) %d; %d to %d are read: torch.onnx.export(..., opset_version=17, dynamo=False)"
              .formatted(opset, OLDEST_OPSET, NEWEST_OPSET));
    }
    if (model.getFunctionsCount() > 0) {
      throw new OnnxException(
          "it defines functions of its own, which are not read; torch.onnx.export(..., dynamo=False) writes none");
    }
    return opset;
  }

  /** The only output, where the settings name none. */
  private static GraphWishes withOutput(GraphProto graph, GraphWishes wishes, OnnxGraph to) {
    List<String> outputs =
        graph.getOutputList().stream()
            .map(ValueInfoProto::getName)
            .filter(to.graph()::hasVariable)
            .filter(name -> to.graph().getVariable(name).dataType().isFPType())
            .toList();
    GraphSettings settings = wishes.settings();
    if (settings.loss().isEmpty()) {
      throw new OnnxException(
          "an ONNX model has no loss; model.loss = softmax-cross-entropy, sparse, sigmoid, mse or token-cross-entropy gives it one");
    }
    if (settings.output().isPresent()) {
      // What the file names twice, by an Identity, the graph has once.
      return withOutput(wishes, to.nameOf(settings.output().get()));
    }
    if (wishes.newOutput().isPresent()) {
      throw new OnnxException(
          "model.fine-tune.replace-output: model.output names the value of the file that the new output reads; its outputs are "
              + outputs);
    }
    if (outputs.size() != 1) {
      throw new OnnxException(
          "which of its outputs is compared with labels? model.output names it: " + outputs);
    }
    return withOutput(wishes, outputs.get(0));
  }

  private static GraphWishes withOutput(GraphWishes wishes, String output) {
    GraphSettings settings = wishes.settings();
    return new GraphWishes(
        new GraphSettings(Optional.of(output), settings.loss(), settings.normaliseBy()),
        wishes.classes(),
        wishes.columns(),
        wishes.newOutput());
  }

  private static void translate(GraphProto graph, OnnxGraph to) {
    if (graph.getSparseInitializerCount() > 0) {
      throw new OnnxException("sparse initializers are not supported");
    }
    Set<String> statistics = statistics(graph);
    initializers(graph, to, statistics);
    Set<String> given =
        graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
    for (ValueInfoProto input : graph.getInputList()) {
      if (!given.contains(input.getName())) {
        placeholder(input, to);
      }
    }
    OnnxElements elements = new OnnxElements(to);
    OnnxShapes shapes = new OnnxShapes(to);
    OnnxLayers layers = new OnnxLayers(to);
    for (NodeProto proto : graph.getNodeList()) {
      OnnxNode node = new OnnxNode(proto);
      if (!proto.getDomain().isEmpty() && !proto.getDomain().equals("ai.onnx")) {
        throw node.refused("operators of domain " + proto.getDomain() + " are not supported");
      }
      if (!plain(node, to, statistics)
          && !elements.translate(node)
          && !shapes.translate(node)
          && !layers.translate(node)) {
        throw node.refused("this operator is not supported; docs/samediff.md lists those that are");
      }
      node.requireAllRead();
    }
  }

  /** Nodes that compute nothing. */
  private static boolean plain(OnnxNode node, OnnxGraph to, Set<String> statistics) {
    switch (node.op()) {
      case "Constant" ->
          to.constant(
              node.output(),
              OnnxTensors.array(
                  node.tensor("value")
                      .orElseThrow(() -> node.refused("only a constant tensor is supported")),
                  to.type()));
      case "Identity" -> identity(node, to, statistics);
      case "Dropout" -> dropout(node, to);
      default -> {
        return false;
      }
    }
    return true;
  }

  /**
   * What PyTorch exports in eval mode has none; in training mode, it is drawn in training. There it
   * has a second output, its mask, which nothing reads.
   */
  private static void dropout(OnnxNode node, OnnxGraph to) {
    double attribute = node.decimal("ratio", 0.5);
    boolean hasSeed = node.number("seed", 0) != 0;
    double ratio = node.has(1) ? constant(node, to, 1, "ratio") : attribute;
    boolean trains = node.has(2) && constant(node, to, 2, "training_mode") != 0;
    if (trains && !(ratio >= 0 && ratio < 1)) {
      throw node.refused("a ratio of %s leaves nothing".formatted(ratio));
    }
    if (!trains || ratio == 0) {
      to.alias(node.output(), node.input(0));
      return;
    }
    if (hasSeed) {
      throw node.refused("it has a seed of its own; what is dropped follows from the run's seed");
    }
    SDVariable values = to.in(node, 0);
    if (values.dataType() != to.type()) {
      throw node.refused("its values are of " + values.dataType());
    }
    to.out(node, values.mul(to.mask(node.output(), ratio)), to.rank(node, 0));
  }

  private static double constant(OnnxNode node, OnnxGraph to, int input, String what) {
    return to.constant(node.input(input))
        .filter(values -> values.length() == 1)
        .map(values -> values.getDouble(0))
        .orElseThrow(() -> node.refused(what + " must be one constant number"));
  }

  /**
   * PyTorch's exporter writes one initializer for parameters that are equal at the moment, such as
   * biases that are all zero, and an Identity for each of the others. They are parameters of their
   * own, and are trained apart; but not matrices, which {@link TiedWeights} holds for one. A fresh
   * batch normalization has such equals of which some are statistics, and stay as they are.
   */
  private static void identity(OnnxNode node, OnnxGraph to, Set<String> statistics) {
    String of = node.input(0);
    if (to.isTrained(of) && statistics.contains(node.output())) {
      to.constant(node.output(), to.in(of).getArr().dup());
    } else if (to.isTrained(of) && !TiedWeights.isTelling(to.in(of).getArr())) {
      to.trainable(node.output(), to.in(of).getArr().dup(), to.trained().get(of));
    } else if (statistics.contains(of)
        && to.constant(of).isPresent()
        && !statistics.contains(node.output())) {
      to.trainable(node.output(), to.constant(of).get().dup(), of);
    } else {
      to.alias(node.output(), of);
    }
  }

  /** Names of running means and variances, which no gradient trains. */
  static Set<String> statistics(GraphProto graph) {
    Set<String> statistics = new HashSet<>();
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("BatchNormalization")) {
        statistics.addAll(
            node.getInputList().subList(Math.min(3, node.getInputCount()), node.getInputCount()));
      }
    }
    return statistics;
  }

  private static void initializers(GraphProto graph, OnnxGraph to, Set<String> statistics) {
    Set<String> used = new HashSet<>();
    for (NodeProto node : graph.getNodeList()) {
      used.addAll(node.getInputList());
    }
    Set<String> seen = new HashSet<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      if (!seen.add(tensor.getName())) {
        throw new OnnxException("it has two initializers called " + tensor.getName());
      }
      INDArray values = OnnxTensors.array(tensor, to.type());
      boolean real = values.dataType().isFPType() && !values.isEmpty();
      boolean weight =
          real
              && tensor.getDimsCount() > 0
              && used.contains(tensor.getName())
              && !statistics.contains(tensor.getName())
              && values.amaxNumber().doubleValue() < MASK;
      if (weight) {
        to.initializer(tensor.getName(), values);
      } else {
        to.constant(tensor.getName(), values);
        if (real && used.contains(tensor.getName())) {
          to.stays(tensor.getName());
        }
      }
    }
  }

  private static void placeholder(ValueInfoProto input, OnnxGraph to) {
    if (!input.getType().hasTensorType()) {
      throw new OnnxException("input " + input.getName() + " is no tensor");
    }
    var tensor = input.getType().getTensorType();
    DataType type =
        switch (tensor.getElemType()) {
          case OnnxTensors.FLOAT, OnnxTensors.DOUBLE -> to.type();
          case OnnxTensors.INT32, OnnxTensors.INT64, OnnxTensors.BOOL -> DataType.INT64;
          default ->
              throw new OnnxException(
                  "input %s is of type %s; float, double, int32, int64 and bool are read"
                      .formatted(input.getName(), OnnxTensors.name(tensor.getElemType())));
        };
    if (!tensor.hasShape() || tensor.getShape().getDimCount() == 0) {
      throw new OnnxException(
          "input " + input.getName() + " does not say how many dimensions it has");
    }
    long[] shape =
        tensor.getShape().getDimList().stream()
            .mapToLong(it -> it.hasDimValue() && it.getDimValue() > 0 ? it.getDimValue() : -1)
            .toArray();
    if (shape[0] != -1) {
      throw new OnnxException(
          "input %s is of %d examples only; export it with dynamic_axes = {'%s': {0: 'batch'}}"
              .formatted(input.getName(), shape[0], input.getName()));
    }
    to.placeholder(input.getName(), type, shape);
  }
}
