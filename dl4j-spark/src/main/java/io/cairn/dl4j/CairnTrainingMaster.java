/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.api.InvalidJobException;
import io.cairn.dl4j.Fit.SelfCheck;
import io.cairn.dl4j.MasterSettings.Stats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Trains the networks of Deeplearning4j's {@code SparkDl4jMultiLayer} and {@code
 * SparkComputationGraph} exactly: an update is that of one batch of all workers' examples, however
 * these are split.
 *
 * <pre>{@code
 * TrainingMaster<?, ?> master =
 *     new CairnTrainingMaster.Builder()
 *         .workers(4).batchSizePerWorker(32).accumulationSteps(8)
 *         .build();
 * SparkDl4jMultiLayer network = new SparkDl4jMultiLayer(sc, configuration, master);
 * network.fit(dataSets);
 * }</pre>
 *
 * <p>A call of {@code fit} is an epoch: each example once. The next call goes on with parameters,
 * updater state, iteration count, order of examples and noise, so that calls over the same data
 * make the network that one run of as many epochs makes, to the bit. How many examples a data set
 * holds changes nothing: data sets are split first.
 *
 * <p>Owns nothing; the context is the wrapper's. Threading: the driver's thread; one fit at a time.
 *
 * <p>Failure: {@link InvalidJobException} where settings, data or network are wrong, with all that
 * is; {@link io.cairn.api.TrainingFailedException} where the run failed; the network is then as it
 * was before the call. What a training master can be asked for and makes no sense here is an {@link
 * UnsupportedOperationException} that says why.
 */
public final class CairnTrainingMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {

  private static final long serialVersionUID = 1L;

  private final MasterSettings settings;
  private Stats stats;
  private transient List<TrainingListener> listeners = List.of();
  private transient FitStatistics statistics;
  private transient String checkedConfiguration;

  private CairnTrainingMaster(MasterSettings settings) {
    this.settings = settings;
    this.stats = settings.stats();
  }

  /**
   * Says how a {@link CairnTrainingMaster} trains. Everything that {@code conf/reference.conf} has
   * can be {@link #set}, but for what the data sets, the network and the call of {@code fit} say
   * themselves.
   */
  public static final class Builder {

    private final Map<String, Object> settings = new LinkedHashMap<>();
    private StorageLevel level = StorageLevel.MEMORY_AND_DISK();
    private Stats stats = Stats.OFF;

    /** With nothing said yet. */
    public Builder() {}

    /** Executors that train side by side. Default: all that the session has. */
    public Builder workers(int number) {
      return set("batch.workers", number);
    }

    /** Examples of one forward and backward pass of a worker. */
    public Builder batchSizePerWorker(int examples) {
      return set("batch.micro", examples);
    }

    /** Micro-batches that a worker sums before an update. Default: 1, or what fits the others. */
    public Builder accumulationSteps(int microBatches) {
      return set("batch.steps", microBatches);
    }

    /** Micro-batches that a worker computes side by side. Default: as many as it has cores. */
    public Builder computeThreads(int number) {
      return set("compute.threads", number);
    }

    /** Examples of an update. Default: workers x batch size x accumulation steps. */
    public Builder effectiveBatch(int examples) {
      return set("batch.effective", examples);
    }

    /** From which shards, order and noise derive. */
    public Builder seed(long seed) {
      return set("seed", seed);
    }

    /** The same as {@link #seed}, by the name that Deeplearning4j's masters have for it. */
    public Builder rngSeed(long seed) {
      return seed(seed);
    }

    /** The longest that workers wait for each other. */
    public Builder collectiveTimeout(Duration longest) {
      return set("collective.timeout", longest.toMillis() + "ms");
    }

    /** Updates between two checkpoints, from which a fit goes on when an executor is lost. */
    public Builder checkpointEveryUpdates(int updates) {
      return set("checkpoint.every-updates", updates);
    }

    /**
     * A directory that driver and executors reach, in which each fit leaves model, metrics and
     * checkpoints, as {@code epoch-1}, {@code epoch-2} and so on. A program that is started again
     * goes through the fits that are finished there at once, and goes on with the one that is not.
     * Default: a fit leaves nothing.
     */
    public Builder output(String directory) {
      return set("output", directory);
    }

    /** Largest norm of the mean gradient over all parameters. */
    public Builder clipGlobalNorm(double norm) {
      return set("train.clip-global-norm", norm);
    }

    /** How Spark keeps the examples of a fit until it ends. Default: MEMORY_AND_DISK. */
    public Builder storageLevel(StorageLevel newLevel) {
      level = Objects.requireNonNull(newLevel, "storageLevel");
      return this;
    }

    /** Keeps the time of each part of a fit, for the wrapper's {@code getSparkTrainingStats}. */
    public Builder collectTrainingStats(boolean collect) {
      stats = collect ? Stats.COLLECTED : Stats.OFF;
      return this;
    }

    /**
     * Gives a setting its value.
     *
     * @param key as {@code conf/reference.conf} has it, such as {@code collective.port-range}
     * @param value a text, number, boolean, list or map of these
     */
    public Builder set(String key, Object value) {
      settings.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, key));
      return this;
    }

    /**
     * The master.
     *
     * @throws InvalidJobException with all settings that are unknown or wrong
     */
    public CairnTrainingMaster build() {
      return new CairnTrainingMaster(
          new MasterSettings(settings, StorageLevels.name(level), stats).checked());
    }
  }

  @Override
  public void executeTraining(SparkDl4jMultiLayer network, JavaRDD<DataSet> trainingData) {
    fit(new WrappedNetwork.Sequential(network), trainingData, DataSets::new);
  }

  @Override
  public void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> trainingData) {
    fit(new WrappedNetwork.Graph(graph), trainingData, DataSets::new);
  }

  @Override
  public void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> trainingData) {
    fit(new WrappedNetwork.Graph(graph), trainingData, MultiDataSets::new);
  }

  @Override
  public void executeTrainingPaths(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<String> trainingDataPaths,
      DataSetLoader dsLoader,
      MultiDataSetLoader mdsLoader) {
    WrappedNetwork fitted =
        network == null ? new WrappedNetwork.Graph(graph) : new WrappedNetwork.Sequential(network);
    JavaSparkContext context = fitted.context();
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    try {
      fit(
          fitted,
          trainingDataPaths,
          splitter ->
              dsLoader == null
                  ? new SavedDataSets<>(mdsLoader, splitter::split, splitter, hadoop)
                  : new SavedDataSets<>(dsLoader, splitter::split, splitter, hadoop));
    } finally {
      hadoop.destroy();
    }
  }

  private <T> void fit(
      WrappedNetwork network,
      JavaRDD<T> data,
      Function<ExampleSplitter, FlatMapFunction<T, byte[]>> splitting) {
    List<TrainingListener> hearing = new ArrayList<>(listeners());
    hearing.addAll(network.listeners());
    requireTold(hearing);
    if (stats == Stats.COLLECTED && statistics == null) {
      statistics = new FitStatistics();
    }
    String configuration = network.configuration();
    boolean checked = withoutCounts(configuration).equals(checkedConfiguration);
    new Fit(
            network,
            settings,
            hearing,
            stats == Stats.COLLECTED ? Optional.of(statistics) : Optional.empty())
        .run(data, splitting, checked ? SelfCheck.DONE : SelfCheck.AS_SET);
    checkedConfiguration = withoutCounts(configuration);
  }

  /** The same for the same network after any number of updates. */
  private static String withoutCounts(String configuration) {
    return configuration.replaceAll("\"(iterationCount|epochCount)\"\\s*:\\s*\\d+", "");
  }

  private List<TrainingListener> listeners() {
    return listeners == null ? List.of() : listeners;
  }

  private static void requireTold(Collection<TrainingListener> listeners) {
    List<String> refusals =
        listeners.stream().map(UpdateRelay::refusal).flatMap(Optional::stream).toList();
    if (!refusals.isEmpty()) {
      throw new UnsupportedOperationException(String.join("\n", refusals));
    }
  }

  @Override
  public void setListeners(Collection<TrainingListener> newListeners) {
    List<TrainingListener> given = newListeners == null ? List.of() : List.copyOf(newListeners);
    requireTold(given);
    listeners = given;
  }

  @Override
  public void setListeners(StatsStorageRouter router, Collection<TrainingListener> newListeners) {
    if (router != null) {
      throw new UnsupportedOperationException(
          "a StatsStorageRouter: it takes what listeners collect on the executors, where none are called; set listeners without one");
    }
    setListeners(newListeners);
  }

  @Override
  public void setCollectTrainingStats(boolean collectTrainingStats) {
    stats = collectTrainingStats ? Stats.COLLECTED : Stats.OFF;
  }

  @Override
  public boolean getIsCollectTrainingStats() {
    return stats == Stats.COLLECTED;
  }

  /** Where the time of all fits of this master went; null if it is not collected, as elsewhere. */
  @Override
  public SparkTrainingStats getTrainingStats() {
    return stats == Stats.COLLECTED
        ? Objects.requireNonNullElseGet(statistics, FitStatistics::new)
        : null;
  }

  /** No hook is ever there. */
  @Override
  public void removeHook(TrainingHook trainingHook) {}

  /**
   * Refused: hooks change a micro-batch's update on a worker, and here all workers make one update.
   */
  @Override
  public void addHook(TrainingHook trainingHook) {
    throw new UnsupportedOperationException(
        "hook %s: hooks run before and after each micro-batch's own update, and here there is one update of all workers' micro-batches; a listener hears of it"
            .formatted(trainingHook == null ? "null" : trainingHook.getClass().getName()));
  }

  /** Refused: the workers are Cairn's own. */
  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer network) {
    throw noWorker();
  }

  /** Refused: the workers are Cairn's own. */
  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw noWorker();
  }

  private static UnsupportedOperationException noWorker() {
    return new UnsupportedOperationException(
        "a TrainingWorker: it trains by itself and hands parameters back, and workers here add up gradients for one update; call fit of the wrapper");
  }

  /**
   * Nothing is left to be deleted.
   *
   * @return true
   */
  @Override
  public boolean deleteTempFiles(JavaSparkContext context) {
    return true;
  }

  /**
   * Nothing is left to be deleted.
   *
   * @return true
   */
  @Override
  public boolean deleteTempFiles(SparkContext context) {
    return true;
  }

  @Override
  public String toJson() {
    return settings.toJson();
  }

  @Override
  public String toYaml() {
    return settings.toYaml();
  }

  /** The master that {@link #toJson} was called of. */
  public static CairnTrainingMaster fromJson(String json) {
    return new CairnTrainingMaster(MasterSettings.fromJson(json).checked());
  }

  /** The master that {@link #toYaml} was called of. */
  public static CairnTrainingMaster fromYaml(String yaml) {
    return new CairnTrainingMaster(MasterSettings.fromYaml(yaml).checked());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CairnTrainingMaster master && master.settings.equals(settings);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  @Override
  public String toString() {
    return "CairnTrainingMaster" + settings.settings();
  }
}
