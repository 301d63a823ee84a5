/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.ModelException;
import io.cairn.replica.updater.GroupUpdater;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/**
 * SameDiff's own file of a graph with its optimizer.
 *
 * <p>Threading: one thread.
 *
 * @param training how the graph is trained
 * @param stateBytes of all that the optimizer keeps, 0 if that is nothing
 * @param isFresh whether the optimizer is as its configuration makes it
 * @param states views of what is kept for a parameter, by ND4J's names
 */
@SuppressWarnings("rawtypes") // SameDiff keeps its updaters so
public record TrainingFile(
    TrainingSettings training,
    long stateBytes,
    boolean isFresh,
    Function<GraphParameter, Map<String, INDArray>> states) {

  /** The file that {@code SameDiff.load} reads, and {@code fit} goes on from. */
  public byte[] write(GraphModel model, int iteration, int epoch) {
    return write(model, iteration, epoch, plainRegularization());
  }

  /** The same with the graph's own regularisation, to which {@link GraphGroups} are added. */
  public byte[] writeForWorkers(GraphModel model, int iteration, int epoch) {
    if (!isFresh && !holdsState(model)) {
      throw new ModelException(
          "the file holds the state of an optimizer, which with its values is too long to be sent to workers; train.updater begins with a fresh one");
    }
    return write(model, iteration, epoch, training.regularization());
  }

  /**
   * Whether a file of the graph holds what the optimizer keeps: not where it would be longer than
   * such a file can be. A fresh optimizer workers make themselves.
   *
   * @throws ModelException if the values alone are too long
   */
  public boolean holdsState(GraphModel model) {
    return GraphFile.hasRoomForState(GraphFile.valueBytes(model.graph()), stateBytes);
  }

  private byte[] write(
      GraphModel model, int iteration, int epoch, List<Regularization> regularization) {
    SameDiff graph = model.graph();
    TrainingConfig config = config(model, iteration, epoch, regularization);
    config.setIterationCount(iteration);
    config.setEpochCount(epoch);
    graph.setTrainingConfig(config);
    if (!holdsState(model)) {
      return GraphFile.withoutState(graph);
    }
    Map<String, GradientUpdater> byVariable = new HashMap<>();
    if (stateBytes > 0) {
      for (GraphParameter parameter : model.trained()) {
        Map<String, INDArray> states = this.states.apply(parameter);
        states.replaceAll((key, view) -> view.dup('c').reshape('c', parameter.shape()));
        byVariable.put(parameter.name(), config.getUpdater().instantiate(states, false));
      }
    }
    updaterMap(graph, byVariable);
    try {
      return GraphFile.write(graph);
    } finally {
      updaterMap(graph, null);
    }
  }

  /** The nearest that one list for all variables can say. */
  private List<Regularization> plainRegularization() {
    Optional<GroupUpdater> group = training.groups().map(GraphGroups::first);
    if (group.isEmpty()) {
      return training.regularization();
    }
    List<Regularization> plain = new ArrayList<>(training.regularization(group.get()));
    if (group.get().weightDecay() > 0) {
      plain.add(new WeightDecay(group.get().weightDecay(), true));
    }
    return plain;
  }

  private TrainingConfig config(
      GraphModel model, int iteration, int epoch, List<Regularization> regularization) {
    IUpdater updater =
        training
            .groups()
            .map(groups -> groups.first().plain(iteration, epoch))
            .orElseGet(training::updater);
    TrainingConfig given = model.graph().getTrainingConfig();
    if (given != null) {
      given.setUpdater(updater);
      given.setRegularization(regularization);
      return given;
    }
    return TrainingConfig.builder()
        .updater(updater)
        .regularization(regularization.toArray(Regularization[]::new))
        .dataSetFeatureMapping(model.roles().inputs())
        .dataSetLabelMapping(
            model.roles().outputs().stream().map(GraphRoles.Output::label).distinct().toList())
        .minimize(List.copyOf(model.graph().getLossVariables()).toArray(String[]::new))
        .build();
  }

  /** SameDiff sets it only when it trains by itself, or reads a file. */
  static void updaterMap(SameDiff graph, Map<String, GradientUpdater> updaters) {
    try {
      Field map = SameDiff.class.getDeclaredField("updaterMap");
      map.setAccessible(true);
      map.set(graph, updaters);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("SameDiff keeps its updaters elsewhere", e);
    }
  }
}
