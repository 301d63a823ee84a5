/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.updater.GroupSteps;
import io.cairn.replica.updater.GroupUpdater;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.Regularization.ApplyStep;

/**
 * Optimizers and regularisation over one vector of all variables, in SameDiff's order: L1 and L2
 * before the optimizer, weight decay behind it, then the step. SameDiff keeps an optimizer for each
 * variable; all of ND4J's compute each value by itself, so that one for neighbours that have the
 * same does the same.
 *
 * <p>Owned by the network.
 *
 * <p>Threading: one thread.
 */
@SuppressWarnings("rawtypes") // SameDiff keeps its updaters so
public final class GraphUpdater {

  private final TrainingSettings training;
  private boolean isFresh = true;
  private final INDArray state;
  private final List<Block> blocks;
  private final List<GroupSteps.Stretch> stretches;
  private GroupSteps groups;

  /**
   * Neighbours that have the same optimizer.
   *
   * @param stateFrom first value of its state
   * @param updater keeps its state in a part of the whole
   */
  private record Block(
      IUpdater config,
      List<Regularization> regularization,
      long from,
      long to,
      long stateFrom,
      GradientUpdater<?> updater) {

    long length() {
      return to - from;
    }

    double rate(int iteration, int epoch, double otherwise) {
      return config.hasLearningRate() ? config.getLearningRate(iteration, epoch) : otherwise;
    }
  }

  /**
   * What the optimizer keeps for neighbours: their first values, or their second ones.
   *
   * @param from first of the parameters
   * @param stateFrom where its value stands in the state
   * @param length how many
   * @param part which of the values of a parameter, from 0
   */
  public record StateRange(long from, long stateFrom, long length, int part) {}

  /**
   * A fresh optimizer.
   *
   * @param model what is updated
   */
  public GraphUpdater(TrainingSettings training, GraphModel model) {
    this.training = training;
    List<Neighbours> all = neighbours(training, model);
    long size = all.stream().mapToLong(Neighbours::stateSize).sum();
    state = size == 0 ? null : Nd4j.zeros(model.type(), 1, size);
    blocks = new ArrayList<>();
    long from = 0;
    for (Neighbours some : all) {
      blocks.add(block(some, from));
      from += some.stateSize();
    }
    stretches = new ArrayList<>();
    for (GraphParameter parameter : model.trained()) {
      if (block(parameter).config() instanceof GroupUpdater group) {
        stretches.add(new GroupSteps.Stretch(group, parameter.offset(), parameter.end()));
      }
    }
  }

  private record Neighbours(IUpdater config, long from, long to) {
    long stateSize() {
      return config.stateSize(to - from);
    }
  }

  private static List<Neighbours> neighbours(TrainingSettings training, GraphModel model) {
    List<Neighbours> found = new ArrayList<>();
    for (GraphParameter parameter : model.trained()) {
      IUpdater own =
          training
              .groups()
              .map(groups -> (IUpdater) groups.of(parameter))
              .orElseGet(training::updater);
      Neighbours last = found.isEmpty() ? null : found.get(found.size() - 1);
      if (last != null && last.to() == parameter.offset() && last.config().equals(own)) {
        found.set(found.size() - 1, new Neighbours(own, last.from(), parameter.end()));
      } else {
        found.add(new Neighbours(own, parameter.offset(), parameter.end()));
      }
    }
    return found;
  }

  private Block block(Neighbours some, long stateFrom) {
    long size = some.stateSize();
    INDArray own =
        size == 0
            ? null
            : state.get(NDArrayIndex.all(), NDArrayIndex.interval(stateFrom, stateFrom + size));
    GradientUpdater<?> updater = some.config().instantiate(own, true);
    if (own != null) {
      updater.setStateViewArray(own, new long[] {some.to() - some.from()}, 'c', true);
    }
    return new Block(
        some.config(),
        training.regularization(some.config()),
        some.from(),
        some.to(),
        stateFrom,
        updater);
  }

  private Block block(GraphParameter parameter) {
    return blocks.stream()
        .filter(block -> block.from() <= parameter.offset() && parameter.end() <= block.to())
        .findFirst()
        .orElseThrow();
  }

  /** The same with its state for a copy of the model in another type. */
  public GraphUpdater copy(GraphModel of, DataType type) {
    GraphUpdater copy = new GraphUpdater(training, of);
    if (state != null) {
      copy.state.assign(state.castTo(type));
    }
    return copy;
  }

  /** The optimizers that the settings name, if they do. */
  public Optional<GraphGroups> groups() {
    return training.groups();
  }

  /** What it keeps, shape [1, S]; null if it keeps nothing. */
  public INDArray state() {
    return state;
  }

  /** What of its state belongs to which parameters. */
  public List<StateRange> ranges() {
    List<StateRange> ranges = new ArrayList<>();
    for (Block block : blocks) {
      long parts = block.config().stateSize(block.length()) / block.length();
      for (int part = 0; part < parts; part++) {
        long from = block.stateFrom() + part * block.length();
        ranges.add(new StateRange(block.from(), from, block.length(), part));
      }
    }
    return ranges;
  }

  /**
   * Changes values by one update.
   *
   * @param values the vector; the same in each update
   * @param gradient the mean; overwritten; the same vector in each update
   */
  public void update(INDArray values, INDArray gradient, int iteration, int epoch) {
    for (Block block : blocks) {
      INDArray own = part(values, block);
      INDArray step = part(gradient, block);
      regularize(ApplyStep.BEFORE_UPDATER, block, own, step, iteration, epoch);
      block.updater().applyUpdater(step, iteration, epoch);
      regularize(ApplyStep.POST_UPDATER, block, own, step, iteration, epoch);
    }
    if (groups == null) {
      groups = new GroupSteps(values, gradient, stretches);
    }
    groups.finish(iteration, epoch);
    for (Block block : blocks) {
      part(values, block).subi(part(gradient, block));
    }
  }

  private static void regularize(
      ApplyStep at, Block block, INDArray values, INDArray step, int iteration, int epoch) {
    for (Regularization each : block.regularization()) {
      if (each.applyStep() == at) {
        each.apply(values, step, block.rate(iteration, epoch, 1), iteration, epoch);
      }
    }
  }

  private static INDArray part(INDArray vector, Block block) {
    boolean whole = block.from() == 0 && block.to() == vector.length();
    return whole ? vector : vector.get(NDArrayIndex.interval(block.from(), block.to()));
  }

  /**
   * The learning rate of the first variables that have one.
   *
   * @param otherwise where the optimizer has none
   */
  public double rate(int iteration, int epoch, double otherwise) {
    return blocks.stream()
        .filter(block -> block.config().hasLearningRate())
        .mapToDouble(block -> block.rate(iteration, epoch, otherwise))
        .findFirst()
        .orElse(otherwise);
  }

  /** The learning rates by group, if the settings name the optimizer and it has one. */
  public Map<String, Double> rates(int iteration, int epoch) {
    Map<String, Double> rates = new LinkedHashMap<>();
    for (GroupSteps.Stretch stretch : stretches) {
      GroupUpdater group = stretch.updater();
      if (group.hasLearningRate()) {
        rates.computeIfAbsent(group.group(), it -> group.getLearningRate(iteration, epoch));
      }
    }
    return rates;
  }

  /** The L1, L2 and weight decay score of values. */
  public double score(INDArray values, int iteration, int epoch) {
    double score = 0;
    for (Block block : blocks) {
      for (Regularization each : block.regularization()) {
        score += each.score(part(values, block), iteration, epoch);
      }
    }
    return score;
  }

  /** Goes on from what a file holds, if it holds anything; the graph lets go of it. */
  public void adopt(GraphModel model) {
    adopt(model, model.graph().getUpdaterMap());
    TrainingFile.updaterMap(model.graph(), null);
  }

  private void adopt(GraphModel model, Map<String, GradientUpdater> kept) {
    if (state == null || training.groups().isPresent() || kept == null || kept.isEmpty()) {
      return;
    }
    for (GraphParameter parameter : model.trained()) {
      Map<String, INDArray> own = states(parameter);
      GradientUpdater<?> from = kept.get(parameter.name());
      Map<String, INDArray> states = from == null ? Map.of() : from.getState();
      if (!states.keySet().equals(own.keySet())) {
        throw new RefusedGraphException(
            "the file holds the state %s of variable %s, and its updater keeps %s"
                .formatted(states.keySet(), parameter.name(), own.keySet()));
      }
      states.forEach((key, values) -> own.get(key).assign(flat(values)));
    }
    isFresh = false;
  }

  /**
   * Goes on from what another one of the same optimizer keeps for parameters of the same names.
   *
   * @param before that one's parameters
   * @param now this one's
   */
  public void goOnFrom(GraphUpdater other, List<GraphParameter> before, List<GraphParameter> now) {
    for (GraphParameter parameter : now) {
      before.stream()
          .filter(it -> it.name().equals(parameter.name()))
          .findFirst()
          .ifPresent(
              it -> {
                Map<String, INDArray> own = states(parameter);
                other.states(it).forEach((key, kept) -> own.get(key).assign(kept));
              });
    }
    isFresh = other.isFresh;
  }

  /** Views of what is kept for a parameter, by ND4J's names. */
  private Map<String, INDArray> states(GraphParameter parameter) {
    Block block = block(parameter);
    Map<String, INDArray> states = new HashMap<>();
    if (state != null && block.updater().getState() != null) {
      long from = parameter.offset() - block.from();
      block
          .updater()
          .getState()
          .forEach(
              (key, vector) ->
                  states.put(
                      key,
                      vector
                          .reshape(vector.length())
                          .get(NDArrayIndex.interval(from, from + parameter.length()))));
    }
    return states;
  }

  private static INDArray flat(INDArray array) {
    return array.rank() == 1 ? array : array.dup('c').reshape('c', new long[] {array.length()});
  }

  /** SameDiff's own file of a graph with this optimizer. */
  public TrainingFile file() {
    long stateBytes = state == null ? 0 : state.length() * state.dataType().width();
    return new TrainingFile(training, stateBytes, isFresh, this::states);
  }
}
