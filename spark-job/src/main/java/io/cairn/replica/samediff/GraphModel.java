/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelException;
import io.cairn.replica.samediff.GraphParameter.Use;
import io.cairn.replica.samediff.GraphRoles.Dropout;
import io.cairn.settings.GraphSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.array.SingleThreadArrayHolder;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A SameDiff graph that can be trained: its variables lie in one vector, and it is known what goes
 * in and what comes out.
 *
 * <p>Whoever reads it owns it. Its arrays are those that it is bound to.
 *
 * <p>Threading: one thread at a time; a thread that computes beside another needs a {@link #copy}.
 *
 * <p>Failure: {@link ModelException} naming the file.
 */
public final class GraphModel {

  /** A note of a model without an optimizer. */
  public static final String NO_OPTIMIZER =
      "the graph names no optimizer: Adam with a learning rate of %s is used; train.updater names another"
          .formatted(TrainingSettings.DEFAULT_LEARNING_RATE);

  private final String name;
  private final SameDiff graph;
  private final GraphRoles roles;
  private final TrainingSettings training;
  private final Origin origin;
  private final List<GraphParameter> parameters;
  private final List<String> untrained;
  private final DataType type;

  /**
   * What a graph came from.
   *
   * @param onnx the ONNX file that its values go back into, if it came from one
   * @param notes sentences for the user
   */
  public record Origin(Optional<byte[]> onnx, List<String> notes) {
    public Origin {
      notes = List.copyOf(notes);
    }

    /** SameDiff's own file. */
    public static Origin own() {
      return new Origin(Optional.empty(), List.of());
    }
  }

  private GraphModel(
      String name, SameDiff graph, GraphRoles roles, TrainingSettings training, Origin origin) {
    this.name = name;
    this.graph = graph;
    this.roles = roles;
    this.training = training;
    this.origin = origin;
    this.type = GraphFile.type(graph);
    this.parameters = new ArrayList<>();
    this.untrained = new ArrayList<>();
    Set<String> reached =
        GraphWalk.differentiableSources(graph, List.copyOf(graph.getLossVariables()));
    long offset = 0;
    for (SDVariable variable : graph.variables()) {
      boolean frozen = roles.frozen().contains(variable.name());
      if (!frozen && !GraphFile.isTrained(variable)) {
        continue;
      }
      if (!frozen && !reached.contains(variable.name())) {
        untrained.add(variable.name());
        continue;
      }
      long[] shape = variable.getArr().shape();
      long length = variable.getArr().length();
      Use use = frozen ? Use.FROZEN : Use.TRAINED;
      parameters.add(new GraphParameter(variable.name(), shape, offset, length, use));
      offset += length;
    }
    if (trained().isEmpty()) {
      throw new RefusedGraphException("its loss depends on none of its variables");
    }
  }

  /**
   * Reads a file that {@code SameDiff.save} wrote.
   *
   * @param name what to call it in errors
   * @param content borrowed until return
   * @param wishes what the file does not say
   */
  public static GraphModel read(String name, byte[] content, GraphWishes wishes) {
    return of(name, GraphFile.read(name, content), wishes, Origin.own(), List.of());
  }

  /**
   * The same of a graph that another reader has made.
   *
   * @param dropouts whose masks are placeholders of the graph
   */
  public static GraphModel of(
      String name, SameDiff graph, GraphWishes wishes, Origin origin, List<Dropout> dropouts) {
    try {
      Mends.apply();
      Optional<TrainingSettings> training = TrainingSettings.of(graph);
      GraphRoles roles = new RoleFinder(graph, wishes, dropouts).find();
      List<String> notes = new ArrayList<>(origin.notes());
      if (roles.inputs().size() > 1) {
        notes.add(
            "the graph's inputs, in the order of data.inputs: "
                + String.join(", ", roles.inputs()));
      }
      if (roles.outputs().size() > 1) {
        notes.add(
            "the graph's outputs, in the order of data.outputs: "
                + roles.outputs().stream()
                    .map(output -> "%s (labels %s)".formatted(output.name(), output.label()))
                    .collect(Collectors.joining(", ")));
      }
      roles.head().map(GraphHead::described).ifPresent(notes::add);
      if (training.isEmpty()) {
        notes.add(NO_OPTIMIZER);
      }
      GraphModel model =
          new GraphModel(
              name,
              graph,
              roles,
              training.orElseGet(TrainingSettings::usual),
              new Origin(origin.onnx(), notes));
      model.differentiate();
      return model;
    } catch (RefusedGraphException e) {
      throw new ModelException(name + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads what {@link TrainingFile#write}, {@link GraphRoles#json} and {@link GraphGroups#json}
   * wrote.
   *
   * @param name what to call it in errors
   */
  public static GraphModel ofArchive(
      String name, byte[] content, byte[] roles, Optional<byte[]> groups, Optional<byte[]> onnx) {
    try {
      SameDiff graph = GraphFile.read(name, content);
      GraphRoles read = GraphRoles.of(roles);
      read.requireIn(graph);
      TrainingSettings own = TrainingSettings.of(graph).orElseGet(TrainingSettings::usual);
      return new GraphModel(
          name,
          graph,
          read,
          groups.map(GraphGroups::of).map(own::with).orElse(own),
          new Origin(onnx, List.of()));
    } catch (DamagedFileException e) {
      throw new ModelException(name + " is damaged: " + e.getMessage(), e);
    } catch (RefusedGraphException e) {
      throw new ModelException(name + ": " + e.getMessage(), e);
    }
  }

  /** What its variables are for. */
  public GraphRoles roles() {
    return roles;
  }

  /** How it is trained. */
  public TrainingSettings training() {
    return training;
  }

  /** Whether its file holds an optimizer's state that no {@link GraphUpdater} has adopted yet. */
  public boolean hasUpdaterState() {
    return graph.getUpdaterMap() != null && !graph.getUpdaterMap().isEmpty();
  }

  /** What it came from. */
  public Origin origin() {
    return origin;
  }

  /** FLOAT or DOUBLE. */
  public DataType type() {
    return type;
  }

  /** What the whole numbers of each input are below; empty of one that holds any numbers. */
  public List<OptionalLong> indexInputs() {
    return roles.inputs().stream().map(input -> WholeNumbers.below(graph, input)).toList();
  }

  /** What is trained or frozen, in the order of the vector, without gaps. */
  public List<GraphParameter> parameters() {
    return List.copyOf(parameters);
  }

  /** What is trained, in the order of the vector. */
  public List<GraphParameter> trained() {
    return parameters.stream().filter(GraphParameter::isTrained).toList();
  }

  /** Variables that no gradient reaches, and that stay as they are. */
  public List<String> untrained() {
    return List.copyOf(untrained);
  }

  /** Number of values in the vector. */
  public long parameterCount() {
    GraphParameter last = parameters.get(parameters.size() - 1);
    return last.offset() + last.length();
  }

  /** SameDiff's own object; borrowed. */
  public SameDiff graph() {
    return graph;
  }

  /** The present values of all parameters, as a new vector. */
  public INDArray values() {
    INDArray vector = Nd4j.createUninitialized(type, parameterCount());
    for (GraphParameter parameter : parameters) {
      view(vector, parameter).assign(graph.getVariable(parameter.name()).getArr());
    }
    return vector;
  }

  /** Lets the graph compute with a vector's values from now on, whoever changes them. */
  public void bind(INDArray vector) {
    // The usual holder copies what it is given where that is a view.
    graph.setArrayHolders(new SingleThreadArrayHolder(), new SingleThreadArrayHolder(), true);
    for (GraphParameter parameter : parameters) {
      INDArray before = graph.getVariable(parameter.name()).getArr();
      graph.associateArrayWithVariable(view(vector, parameter), parameter.name());
      if (before.closeable()) {
        before.close();
      }
    }
  }

  /** A parameter's place in a vector, in its shape. */
  public static INDArray view(INDArray vector, GraphParameter parameter) {
    INDArray part =
        vector.get(
            NDArrayIndex.interval(parameter.offset(), parameter.offset() + parameter.length()));
    return part.reshape('c', parameter.shape());
  }

  /**
   * A session that puts gradients into a vector.
   *
   * @param gradient as long as the vector of values
   */
  GraphSession gradients(INDArray gradient) {
    differentiate();
    Map<String, INDArray> places = new LinkedHashMap<>();
    for (GraphParameter parameter : trained()) {
      SDVariable of = graph.getVariable(parameter.name()).getGradient();
      places.put(of.name(), view(gradient, parameter));
    }
    DropoutMasks masks = new DropoutMasks(roles.dropouts(), type);
    return new GraphSession(graph.getFunction("grad"), places, Operation.TRAINING, masks);
  }

  /** A session that computes outputs. */
  GraphSession outputs() {
    return new GraphSession(graph);
  }

  /** Lets SameDiff build the graph of the gradients, once. */
  private void differentiate() {
    if (graph.getFunction("grad") != null) {
      return;
    }
    try {
      SilentOutput.during(
          () -> {
            graph.createGradFunction();
            return graph;
          });
    } catch (RefusedGraphException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new RefusedGraphException(
          "SameDiff cannot differentiate this graph: " + GraphFile.firstLine(e));
    }
    for (GraphParameter parameter : trained()) {
      if (graph.getVariable(parameter.name()).getGradient() == null) {
        throw new RefusedGraphException(
            "SameDiff finds no gradient of variable " + parameter.name());
      }
    }
  }

  /** The same graph with other optimizers, at update 0; this one is of no use any more. */
  public GraphModel with(GraphGroups groups) {
    return new GraphModel(name, graph, roles, training.with(groups), origin);
  }

  /** The same graph with its own optimizer at update 0; this one is of no use any more. */
  public GraphModel fromUpdateZero() {
    return new GraphModel(name, graph, roles, training.fromUpdateZero(), origin);
  }

  /**
   * The same graph with some of its variables as constants, in its file too, so that plain SameDiff
   * leaves them as they are; this one is of no use any more.
   *
   * @param names of parameters; those that are frozen already stay so
   */
  public GraphModel frozen(Set<String> names) {
    List<SDVariable> variables =
        trained().stream()
            .map(GraphParameter::name)
            .filter(names::contains)
            .map(graph::getVariable)
            .toList();
    // SameDiff lets go of the gradients, which would be those of all variables. Of a graph that a
    // file says how to train it takes out their updaters, and fails where there are none.
    boolean none = graph.getUpdaterMap() == null;
    if (none) {
      TrainingFile.updaterMap(graph, new HashMap<>());
    }
    graph.convertToConstants(variables);
    if (none) {
      TrainingFile.updaterMap(graph, null);
    }
    List<String> all = new ArrayList<>(roles.frozen());
    variables.forEach(variable -> all.add(variable.name()));
    return new GraphModel(name, graph, roles.withFrozen(all), training, origin);
  }

  /**
   * The same graph with another output in place of the one that it was trained with; this one is of
   * no use any more. What is frozen stays so.
   *
   * @param wishes with a new output; what they do not say is as it was
   */
  public GraphModel withNewOutput(GraphWishes wishes) {
    GraphSettings given = wishes.settings();
    GraphSettings settings =
        new GraphSettings(
            given.output().or(() -> roles.head().map(GraphHead::from)),
            given.loss().or(roles::givenLoss),
            given.normaliseBy());
    GraphWishes all =
        new GraphWishes(settings, wishes.classes(), wishes.columns(), wishes.newOutput());
    try {
      GraphRoles next =
          new RoleFinder(graph, all, roles.dropouts()).find().withFrozen(roles.frozen());
      List<String> notes = new ArrayList<>(origin.notes());
      notes.add(next.head().orElseThrow().described());
      GraphModel model =
          new GraphModel(name, graph, next, training, new Origin(origin.onnx(), notes));
      // What no gradient reaches any more has no place in the vector, and loses that in the old
      // one.
      for (String left : model.untrained()) {
        graph.associateArrayWithVariable(graph.getVariable(left).getArr().dup(), left);
      }
      model.differentiate();
      return model;
    } catch (RefusedGraphException e) {
      throw new ModelException(name + ": " + e.getMessage(), e);
    }
  }

  /** The same with another ONNX file for its values to go into; this one is of no use any more. */
  public GraphModel into(byte[] onnx) {
    Origin from = new Origin(Optional.of(onnx), origin.notes());
    return new GraphModel(name, graph, roles, training, from);
  }

  /** The same without noise; this one is of no use any more. */
  public GraphModel quiet() {
    List<Dropout> none =
        roles.dropouts().stream().map(dropout -> new Dropout(dropout.mask(), 0)).toList();
    return new GraphModel(name, graph, roles.withDropouts(none), training, origin);
  }

  /** The graph again, of arrays of its own. */
  public GraphModel copy() {
    byte[] file = GraphFile.withoutState(graph);
    return ofArchive(name, file, roles.json(), Optional.empty(), origin.onnx());
  }

  /** A copy that computes in another type. */
  public GraphModel in(DataType wanted) {
    GraphModel copy = copy();
    if (wanted == type) {
      return copy;
    }
    Retyped.to(wanted, copy.graph);
    return new GraphModel(name, copy.graph, roles, training, origin);
  }
}
