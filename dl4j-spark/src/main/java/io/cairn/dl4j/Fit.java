/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.api.InvalidJobException;
import io.cairn.api.TrainingFailedException;
import io.cairn.api.TrainingJob;
import io.cairn.api.TrainingJobBuilder;
import io.cairn.api.TrainingResult;
import io.cairn.api.TrainingStoppedException;
import io.cairn.launch.SparkSettings;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.telemetry.UpdateMetrics;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * One call of a wrapper's {@code fit}: a run of one epoch over the data sets, from the wrapper's
 * network as it is, back into the same network.
 *
 * <p>Used once. Threading: the driver's thread.
 *
 * <p>Failure: what {@link TrainingJob#run} throws, or a listener; the network is then as it was.
 */
final class Fit {

  private static final String SELF_CHECK = "train.self-check";

  private final WrappedNetwork network;
  private final MasterSettings settings;
  private final Collection<TrainingListener> listeners;
  private final Optional<FitStatistics> statistics;

  /**
   * @param listeners who hears of updates
   * @param statistics where the time of each part goes
   */
  Fit(
      WrappedNetwork network,
      MasterSettings settings,
      Collection<TrainingListener> listeners,
      Optional<FitStatistics> statistics) {
    this.network = network;
    this.settings = settings;
    this.listeners = listeners;
    this.statistics = statistics;
  }

  /** Whether the run tries its own gradients first. */
  enum SelfCheck {
    /** As the settings say. */
    AS_SET,
    /** It has, in a run of the same network. */
    DONE
  }

  /**
   * Fits the network.
   *
   * @param data data sets, or what they are loaded from
   * @param splitting makes examples of each
   */
  <T> void run(
      JavaRDD<T> data,
      Function<ExampleSplitter, FlatMapFunction<T, byte[]>> splitting,
      SelfCheck selfCheck) {
    long start = System.currentTimeMillis();
    SparkSession session = session();
    requireOwn(session);
    byte[] file = network.file();
    NetworkDemand demand = demand(file);
    try (ExampleFrame frame =
        ExampleFrame.open(
            session,
            demand,
            data,
            splitting.apply(new ExampleSplitter(demand)),
            settings.level())) {
      count(FitStatistics.EXAMPLES, start);
      train(session, frame, file, selfCheck);
    }
    count(FitStatistics.FIT, start);
  }

  /** Spark's settings must not say what the network, the data sets or the call of fit say. */
  private static void requireOwn(SparkSession session) {
    List<String> problems =
        MasterSettings.problems(SparkSettings.cairnsOwn(session.sparkContext().getConf()));
    if (!problems.isEmpty()) {
      throw new InvalidJobException(problems);
    }
  }

  private static NetworkDemand demand(byte[] file) {
    try {
      return NetworkDemand.of(ModelSource.read("the network", file, 0));
    } catch (ModelException e) {
      throw new InvalidJobException(List.of(e.getMessage()));
    }
  }

  private void train(SparkSession session, ExampleFrame frame, byte[] file, SelfCheck selfCheck) {
    AtomicReference<TrainingJob> running = new AtomicReference<>();
    UpdateRelay relay = new UpdateRelay(listeners, network, reason -> running.get().stop(reason));
    TrainingJob job = job(session, frame, file, selfCheck).listener(relay).build();
    running.set(job);
    relay.epochStarts(network.network());
    long start = System.currentTimeMillis();
    TrainingResult result = result(job, relay);
    statistics.ifPresent(all -> all.add(result.history(), System.currentTimeMillis()));
    count(FitStatistics.RUN, start);
    relay.finish(result.history());
    long copying = System.currentTimeMillis();
    List<UpdateMetrics> history = result.history();
    network.take(
        result.network(), history.isEmpty() ? Double.NaN : history.get(history.size() - 1).loss());
    count(FitStatistics.MODEL, copying);
    relay.epochEnds(network.network());
  }

  private TrainingJobBuilder job(
      SparkSession session, ExampleFrame frame, byte[] file, SelfCheck selfCheck) {
    TrainingJobBuilder job =
        TrainingJob.on(session)
            .train(frame.rows())
            .set("data.inputs", frame.inputs())
            .set("data.outputs", frame.outputs())
            .modelFile(file)
            .epochs(1);
    if (selfCheck == SelfCheck.DONE) {
      job.set(SELF_CHECK, "off");
    }
    settings.settings().forEach(job::set);
    settings.output().ifPresent(output -> job.output(output + "/epoch-" + (network.epoch() + 1)));
    return job;
  }

  private static TrainingResult result(TrainingJob job, UpdateRelay relay) {
    try {
      return job.run();
    } catch (TrainingStoppedException e) {
      relay.finish(List.of());
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrainingFailedException("the thread that fits was interrupted", e);
    }
  }

  /**
   * The session that is there, or else one on the wrapper's context, which is the process's only
   * one.
   */
  private static SparkSession session() {
    return SparkSession.builder().getOrCreate();
  }

  private void count(String part, long startMs) {
    statistics.ifPresent(all -> all.add(part, startMs));
  }
}
