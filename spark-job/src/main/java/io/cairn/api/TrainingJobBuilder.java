/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.data.source.Frames;
import io.cairn.launch.Audience;
import io.cairn.launch.ModelOfSettings;
import io.cairn.launch.ProgramInputs;
import io.cairn.launch.ResumeMode;
import io.cairn.launch.ScratchOutput;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSource;
import io.cairn.launch.StopRequest;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsReader;
import io.cairn.settings.TrackingSettings.TensorBoard;
import io.cairn.telemetry.TrainingListener;
import io.cairn.telemetry.tracking.Tracker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Says what a {@link TrainingJob} trains. Everything that {@code conf/reference.conf} has can be
 * {@link #set}; the methods beside it are for what is said most, and for what no file holds: data
 * frames and models in memory.
 *
 * <p>Threading: one thread. {@link #build} checks all settings and throws one {@link
 * InvalidJobException} with all that is wrong.
 */
public final class TrainingJobBuilder {

  private static final String TRAIN = "train";
  private static final String VALIDATION = "validation";
  private static final String SOURCE = "model.source";

  private final SparkSession session;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, Dataset<Row>> frames = new LinkedHashMap<>();
  private final List<Tracker> trackers = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private Optional<Path> file = Optional.empty();
  private Optional<byte[]> model = Optional.empty();
  private ResumeMode resume = ResumeMode.AUTO;
  private TrainingListener listener = new TrainingListener() {};

  TrainingJobBuilder(SparkSession session) {
    this.session = Objects.requireNonNull(session, "session");
  }

  /** Takes what is not said here from a settings file. */
  public TrainingJobBuilder settings(Path conf) {
    file = Optional.of(conf);
    return this;
  }

  /**
   * Gives a setting its value.
   *
   * @param key as {@code conf/reference.conf} has it, such as {@code train.clip-global-norm}
   * @param value a text, number, boolean, list or map of these
   */
  public TrainingJobBuilder set(String key, Object value) {
    values.put(key, value);
    return this;
  }

  /** Trains on the rows of a data frame, which must be the same whenever it is read. */
  public TrainingJobBuilder train(Dataset<Row> examples) {
    return frame(TRAIN, examples).set("data.train.frame", TRAIN);
  }

  /** Validates with the rows of a data frame. */
  public TrainingJobBuilder validation(Dataset<Row> examples) {
    return frame(VALIDATION, examples).set("data.validation.frame", VALIDATION);
  }

  /** Holds out a share of the training examples to validate with. */
  public TrainingJobBuilder validationFraction(double share) {
    return set("data.validation.fraction", share);
  }

  /**
   * Gives a data frame a name, by which {@code data.train.frame}, {@code data.validation.frame} and
   * the {@code sources} of a query may call it.
   */
  public TrainingJobBuilder frame(String name, Dataset<Row> rows) {
    frames.put(name, Objects.requireNonNull(rows, name));
    return this;
  }

  /** The columns of the model's one input: names or patterns, in this order. */
  public TrainingJobBuilder features(String... columns) {
    return set("data.features", List.of(columns));
  }

  /** The columns of the model's one output. */
  public TrainingJobBuilder label(String... columns) {
    return set("data.label", List.of(columns));
  }

  /** The label is the index of one of so many classes. */
  public TrainingJobBuilder classes(int number) {
    return set("data.classes", number);
  }

  /** The column with the examples' weights. */
  public TrainingJobBuilder weight(String column) {
    return set("data.weight", column);
  }

  /** Goes on from a network as it is, updater included; it is copied and not changed. */
  public TrainingJobBuilder model(MultiLayerNetwork network) {
    if (network.params() == null) {
      problems.add("model: the network is not initialised; call init() first");
      return this;
    }
    return given(network, GivenModel.stateBytes(network));
  }

  /** Goes on from a graph as it is, updater included; it is copied and not changed. */
  public TrainingJobBuilder model(ComputationGraph network) {
    if (network.params() == null) {
      problems.add("model: the graph is not initialised; call init() first");
      return this;
    }
    return given(network, GivenModel.stateBytes(network));
  }

  private TrainingJobBuilder given(Model network, long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      problems.add(
          ("model: the network with its updater has %,d bytes; in memory less than 2 GiB are"
                  + " possible; save it, and train it with the command train and model.source")
              .formatted(bytes));
      return this;
    }
    return modelFile(GivenModel.bytes(network));
  }

  /** Begins with a configuration of Deeplearning4j's, sequential or graph, as JSON. */
  public TrainingJobBuilder modelConfiguration(String json) {
    return modelFile(json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The content of a model's file: a configuration, an archive of Deeplearning4j's, a Keras model.
   */
  public TrainingJobBuilder modelFile(byte[] content) {
    model = Optional.of(content.clone());
    return set(SOURCE, ProgramInputs.MODEL + GivenModel.digest(content));
  }

  /** The path of a model's file, on any file system that Spark reads. */
  public TrainingJobBuilder modelPath(String path) {
    model = Optional.empty();
    return set(SOURCE, path);
  }

  /** Executors that train side by side. */
  public TrainingJobBuilder workers(int number) {
    return set("batch.workers", number);
  }

  /** Examples of one forward and backward pass of a worker. */
  public TrainingJobBuilder micro(int examples) {
    return set("batch.micro", examples);
  }

  /** Micro-batches that a worker computes side by side; as many as it has cores by default. */
  public TrainingJobBuilder computeThreads(int number) {
    return set("compute.threads", number);
  }

  /** Micro-batches that a worker sums before an update. */
  public TrainingJobBuilder steps(int microBatches) {
    return set("batch.steps", microBatches);
  }

  /** Examples of an update. */
  public TrainingJobBuilder effective(int examples) {
    return set("batch.effective", examples);
  }

  /** How often the training examples are gone through. */
  public TrainingJobBuilder epochs(int passes) {
    return set("train.epochs", passes);
  }

  /** How many updates are made. */
  public TrainingJobBuilder updates(long number) {
    return set("train.updates", number);
  }

  /** From which shards, order, initial parameters and noise derive. */
  public TrainingJobBuilder seed(long seed) {
    return set("seed", seed);
  }

  /** Where model, metrics and checkpoints are kept, and a run that stopped goes on. */
  public TrainingJobBuilder output(String directory) {
    return set("output", directory);
  }

  /** What to do with a run that is in the output already. */
  public TrainingJobBuilder resume(ResumeMode mode) {
    resume = mode;
    return this;
  }

  /** Who hears how it goes: what is news, while it is news. */
  public TrainingJobBuilder listener(TrainingListener hears) {
    listener = Objects.requireNonNull(hears, "listener");
    return this;
  }

  /** Who is told of every update and validation, once, and keeps them somewhere; one of several. */
  public TrainingJobBuilder tracker(Tracker keeps) {
    trackers.add(Objects.requireNonNull(keeps, "tracker"));
    return this;
  }

  /**
   * The job.
   *
   * @throws InvalidJobException with all settings that are wrong
   */
  public TrainingJob build() {
    requireOneModel();
    Optional<ScratchOutput> scratch = scratch();
    Optional<Settings> settings = resolved(scratch);
    if (scratch.isPresent()
        && settings.filter(it -> it.tracking().tensorBoard() == TensorBoard.ON).isPresent()) {
      problems.add(
          "tracking.tensorboard = on: the event files lie in the run's directory, and this job has none; give it an output");
    }
    if (!problems.isEmpty()) {
      throw new InvalidJobException(problems);
    }
    Audience audience = new ListeningAudience(listener);
    SparkSource source = new SparkSource.Given(session);
    return new TrainingJob(
        settings.orElseThrow(),
        AskedPlan.resolve(settings.orElseThrow().batch(), SparkSettings.workersOf(session)),
        source,
        new ProgramInputs(new Frames(frames), model, trackers),
        resume,
        audience,
        new StopRequest(),
        scratch);
  }

  /** Settings that name another model than the one in memory. */
  private void requireOneModel() {
    if (model.isEmpty()) {
      return;
    }
    Object block = values.get("model");
    Stream.of(values.get(SOURCE), block instanceof Map<?, ?> map ? map.get("source") : null)
        .filter(Objects::nonNull)
        .map(Object::toString)
        .filter(source -> !source.startsWith(ProgramInputs.MODEL))
        .forEach(
            source ->
                problems.add(
                    "%s = %s: a program gives a model as well; give one of them"
                        .formatted(SOURCE, source)));
  }

  private Optional<Settings> resolved(Optional<ScratchOutput> scratch) {
    OptionalInt workers = SparkSettings.workersOf(session);
    Map<String, Object> given = new LinkedHashMap<>(values);
    scratch.ifPresent(place -> given.put("output", place.location()));
    try {
      return Optional.of(
          SettingsReader.read(
              given,
              file,
              SparkSettings.cairnsOwn(session.sparkContext().getConf()),
              ModelOfSettings.checks(workers)));
    } catch (SettingsException e) {
      e.problems().forEach(problem -> problems.add(problem.toString()));
      return Optional.empty();
    }
  }

  /** A file's output counts, too. */
  private Optional<ScratchOutput> scratch() {
    if (values.containsKey("output") || fileNamesOutput()) {
      return Optional.empty();
    }
    try {
      return Optional.of(ScratchOutput.of(session));
    } catch (IOException | RuntimeException e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }

  private boolean fileNamesOutput() {
    return file.isPresent() && SettingsReader.namesOutput(file.get());
  }
}
