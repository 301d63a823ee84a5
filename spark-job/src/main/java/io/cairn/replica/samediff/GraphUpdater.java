/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.Regularization.ApplyStep;

/**
 * ND4J's optimizer and regularisation over one vector of all variables, in SameDiff's order: L1 and
 * L2, the optimizer, weight decay, the step. SameDiff keeps an optimizer for each variable; all of
 * ND4J's compute each value by itself, so that one for all of them does the same.
 *
 * <p>Owned by the network.
 *
 * <p>Threading: one thread.
 */
@SuppressWarnings("rawtypes") // SameDiff keeps its updaters so
public final class GraphUpdater {

  private final TrainingSettings training;
  private final INDArray state;
  private final GradientUpdater<?> updater;

  /**
   * A fresh optimizer.
   *
   * @param model what is updated
   */
  public GraphUpdater(TrainingSettings training, GraphModel model) {
    this.training = training;
    long values = model.parameterCount();
    long size = training.updater().stateSize(values);
    state = size == 0 ? null : Nd4j.zeros(model.type(), 1, size);
    updater = training.updater().instantiate(state, true);
    if (state != null) {
      updater.setStateViewArray(state, new long[] {values}, 'c', true);
    }
  }

  /** The same with its state for a copy of the model in another type. */
  public GraphUpdater copy(GraphModel of, DataType type) {
    GraphUpdater copy = new GraphUpdater(training, of);
    if (state != null) {
      copy.state.assign(state.castTo(type));
    }
    return copy;
  }

  /** What it keeps, shape [1, S]; null if it keeps nothing. */
  public INDArray state() {
    return state;
  }

  /**
   * Changes values by one update.
   *
   * @param values the vector
   * @param gradient the mean; overwritten
   */
  public void update(INDArray values, INDArray gradient, int iteration, int epoch) {
    double rate = rate(iteration, epoch, 1);
    regularize(ApplyStep.BEFORE_UPDATER, values, gradient, rate, iteration, epoch);
    updater.applyUpdater(gradient, iteration, epoch);
    regularize(ApplyStep.POST_UPDATER, values, gradient, rate, iteration, epoch);
    values.subi(gradient);
  }

  private void regularize(
      ApplyStep step, INDArray values, INDArray gradient, double rate, int iteration, int epoch) {
    for (Regularization each : training.regularization()) {
      if (each.applyStep() == step) {
        each.apply(values, gradient, rate, iteration, epoch);
      }
    }
  }

  /**
   * The learning rate.
   *
   * @param otherwise where the optimizer has none
   */
  public double rate(int iteration, int epoch, double otherwise) {
    IUpdater by = training.updater();
    return by.hasLearningRate() ? by.getLearningRate(iteration, epoch) : otherwise;
  }

  /** The L1, L2 and weight decay score of values. */
  public double score(INDArray values, int iteration, int epoch) {
    return training.regularization().stream()
        .mapToDouble(each -> each.score(values, iteration, epoch))
        .sum();
  }

  /** Goes on from what a file holds, if it holds anything. */
  public void adopt(GraphModel model) {
    Map<String, GradientUpdater> kept = model.graph().getUpdaterMap();
    if (state == null || kept == null || kept.isEmpty()) {
      return;
    }
    Map<String, INDArray> own = updater.getState();
    for (GraphParameter parameter : model.parameters()) {
      GradientUpdater<?> from = kept.get(parameter.name());
      Map<String, INDArray> states = from == null ? Map.of() : from.getState();
      if (!states.keySet().equals(own.keySet())) {
        throw new RefusedGraphException(
            "the file holds the state %s of variable %s, and its updater keeps %s"
                .formatted(states.keySet(), parameter.name(), own.keySet()));
      }
      states.forEach((key, values) -> part(own.get(key), parameter).assign(flat(values)));
    }
  }

  private static INDArray part(INDArray vector, GraphParameter parameter) {
    return flat(vector)
        .get(NDArrayIndex.interval(parameter.offset(), parameter.offset() + parameter.length()));
  }

  private static INDArray flat(INDArray array) {
    return array.rank() == 1 ? array : array.dup('c').reshape('c', new long[] {array.length()});
  }

  /**
   * SameDiff's own file of a graph with this optimizer: {@code SameDiff.load} reads it and {@code
   * fit} goes on from it.
   */
  public byte[] write(GraphModel model, int iteration, int epoch) {
    SameDiff graph = model.graph();
    TrainingConfig config = config(model);
    config.setIterationCount(iteration);
    config.setEpochCount(epoch);
    graph.setTrainingConfig(config);
    Map<String, GradientUpdater> byVariable = new HashMap<>();
    if (state != null) {
      Map<String, INDArray> own = updater.getState();
      for (GraphParameter parameter : model.parameters()) {
        Map<String, INDArray> states = new HashMap<>();
        own.forEach(
            (key, vector) ->
                states.put(key, part(vector, parameter).dup('c').reshape('c', parameter.shape())));
        byVariable.put(parameter.name(), training.updater().instantiate(states, false));
      }
    }
    updaterMap(graph, byVariable);
    try {
      return GraphFile.write(graph);
    } finally {
      updaterMap(graph, null);
    }
  }

  private TrainingConfig config(GraphModel model) {
    TrainingConfig given = model.graph().getTrainingConfig();
    if (given != null) {
      return given;
    }
    return TrainingConfig.builder()
        .updater(training.updater())
        .regularization(training.regularization().toArray(Regularization[]::new))
        .dataSetFeatureMapping(model.roles().inputs())
        .dataSetLabelMapping(
            model.roles().outputs().stream().map(GraphRoles.Output::label).distinct().toList())
        .minimize(List.copyOf(model.graph().getLossVariables()).toArray(String[]::new))
        .build();
  }

  /** SameDiff sets it only when it trains by itself, or reads a file. */
  private static void updaterMap(SameDiff graph, Map<String, GradientUpdater> updaters) {
    try {
      Field map = SameDiff.class.getDeclaredField("updaterMap");
      map.setAccessible(true);
      map.set(graph, updaters);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("SameDiff keeps its updaters elsewhere", e);
    }
  }
}
