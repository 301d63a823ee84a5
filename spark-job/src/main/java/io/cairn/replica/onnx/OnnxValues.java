/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.shape.Permute;

/**
 * Puts trained values back into the ONNX file that they came from, so that whoever serves that file
 * serves what was trained. Nothing else in it changes, but for an Identity that named a parameter
 * of its own, or a statistic that is not trained as what it was equal to: it becomes an
 * initializer; and for dropout, which a file that is served has not.
 *
 * <p>Threading: stateless.
 */
public final class OnnxValues {

  private OnnxValues() {}

  /**
   * The file with other values.
   *
   * @param values the vector of all that is trained
   */
  public static byte[] put(byte[] content, GraphModel model, INDArray values) {
    Map<String, INDArray> trained = new HashMap<>();
    for (GraphParameter parameter : model.trained()) {
      trained.put(parameter.name(), GraphModel.view(values, parameter));
    }
    ModelProto file = OnnxReader.parsed(content);
    GraphProto.Builder graph = file.getGraph().toBuilder();
    Map<String, TensorProto> before = new HashMap<>();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto tensor = graph.getInitializer(i);
      before.put(tensor.getName(), tensor);
      INDArray now = value(tensor.getName(), model.graph(), trained);
      if (now != null) {
        graph.setInitializer(i, OnnxTensors.with(tensor, now));
      }
    }
    Set<String> statistics = OnnxReader.statistics(file.getGraph());
    for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
      NodeProto node = graph.getNode(i);
      if (node.getOpType().equals("Dropout") && node.getInputCount() > 2) {
        // Served it must drop nothing, which is what is meant where the mode is left out.
        List<String> without = List.copyOf(node.getInputList().subList(0, 2));
        graph.setNode(i, node.toBuilder().clearInput().addAllInput(without));
      }
      if (!node.getOpType().equals("Identity")) {
        continue;
      }
      TensorProto like = before.get(node.getInput(0));
      INDArray now = trained.get(node.getOutput(0));
      boolean stays =
          like != null
              && (statistics.contains(node.getOutput(0))
                  || model.roles().frozen().contains(node.getOutput(0)));
      if (now != null || stays) {
        TensorProto own = now == null ? like : OnnxTensors.with(like, now);
        graph.removeNode(i);
        graph.addInitializer(own.toBuilder().setName(node.getOutput(0)));
      }
    }
    return file.toBuilder().setGraph(graph).build().toByteArray();
  }

  /** An initializer's value; null if it is not trained. */
  private static INDArray value(String name, SameDiff graph, Map<String, INDArray> trained) {
    if (trained.containsKey(name) || !graph.hasVariable(name)) {
      return trained.get(name);
    }
    // Of those that are another one, the graph makes a value (TiedWeights).
    DifferentialFunction made = graph.getVariableOutputOp(name);
    INDArray of = made == null ? null : trained.get(made.argNames()[0]);
    return of == null || !(made instanceof Permute) ? of : of.transpose();
  }
}
