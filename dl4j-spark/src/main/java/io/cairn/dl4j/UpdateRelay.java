/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.telemetry.UpdateMetrics;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.deeplearning4j.core.storage.listener.RoutingIterationListener;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.deeplearning4j.optimize.listeners.TimeIterationListener;

/**
 * Tells Deeplearning4j's listeners of each update, once and in order: as it is heard of, as long as
 * none before it is missing, and the others at the end, from the run's history.
 *
 * <p>During a fit the parameters are on the executors, so that an update is told with a network
 * that has a score and nothing else. Before and after a fit listeners are given the network itself.
 *
 * <p>Threading: one call at a time, on threads of the run's and on the caller's of the fit.
 *
 * <p>Failure: what a listener throws ends the fit, and is thrown by {@link #finish}.
 */
final class UpdateRelay implements io.cairn.telemetry.TrainingListener {

  private static final Map<Class<?>, String> MEASURE_CALLS =
      Map.of(
          PerformanceListener.class,
          "it measures the time between calls of it, which come as the driver hears of updates; examples a second of each update are in the training stats and in the log",
          TimeIterationListener.class,
          "it measures the time between calls of it, which come as the driver hears of updates");

  private final Set<TrainingListener> listeners;
  private final Model hollow;
  private final int iterationBefore;
  private final int epoch;
  private final Consumer<String> stop;
  private long told;
  private RuntimeException failure;

  /**
   * @param listeners who hears
   * @param network what is fitted
   * @param stop ends the run when a listener fails
   */
  UpdateRelay(
      Collection<TrainingListener> listeners, WrappedNetwork network, Consumer<String> stop) {
    this.listeners = new LinkedHashSet<>(listeners);
    this.hollow = network.hollow();
    this.iterationBefore = network.iteration();
    this.epoch = network.epoch();
    this.stop = stop;
  }

  /**
   * Why a listener cannot hear what it wants; empty if it can.
   *
   * @param listener one that a program has set
   */
  static Optional<String> refusal(TrainingListener listener) {
    String name = listener.getClass().getName();
    if (listener instanceof RoutingIterationListener) {
      return Optional.of(
          "listener %s: it collects activations, gradients and parameters of every micro-batch, which stay on the executors; a listener that reads the score can be set"
              .formatted(name));
    }
    return MEASURE_CALLS.entrySet().stream()
        .filter(entry -> entry.getKey().isInstance(listener))
        .map(entry -> "listener %s: %s".formatted(name, entry.getValue()))
        .findFirst();
  }

  @Override
  public synchronized void update(UpdateMetrics update) {
    if (update.update() == told + 1 && failure == null) {
      tell(update);
    }
  }

  private void tell(UpdateMetrics update) {
    told = update.update();
    setScore(update.loss());
    int iteration = Math.toIntExact(iterationBefore + told - 1);
    for (TrainingListener listener : listeners) {
      try {
        listener.iterationDone(hollow, iteration, epoch);
      } catch (RuntimeException e) {
        failure =
            new IllegalStateException(
                "listener %s failed at iteration %d: %s; during a fit a listener is given a network with a score and without parameters, which are on the executors (it has them in onEpochStart and onEpochEnd)"
                    .formatted(listener.getClass().getName(), iteration, e.getMessage()),
                e);
        stop.accept(failure.getMessage());
        return;
      }
    }
  }

  private void setScore(double loss) {
    if (hollow instanceof MultiLayerNetwork sequential) {
      sequential.setScore(loss);
    } else {
      ((ComputationGraph) hollow).setScore(loss);
    }
  }

  /**
   * Tells of the updates that nobody has been told of yet.
   *
   * @param history every update of the fit, in order; empty if it failed
   * @throws RuntimeException what a listener has thrown
   */
  synchronized void finish(List<UpdateMetrics> history) {
    for (UpdateMetrics update : history) {
      if (update.update() > told && failure == null) {
        tell(update);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Tells of an epoch that begins. */
  void epochStarts(Model network) {
    listeners.forEach(listener -> listener.onEpochStart(network));
  }

  /** Tells of an epoch that has ended, with the network fitted. */
  void epochEnds(Model network) {
    listeners.forEach(listener -> listener.onEpochEnd(network));
  }
}
