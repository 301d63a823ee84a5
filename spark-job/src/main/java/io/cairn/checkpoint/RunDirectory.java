/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.settings.SettingsDifference;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A run's directory {@code output}. It tells what is in the directory, and writes the run's files
 * so that readers see each of them complete.
 *
 * <p>Where nothing can be appended to a file, new lines of metrics wait in {@link MetricsParts}
 * until they are joined.
 *
 * <p>The driver writes {@code settings.json} and {@code STATUS.json} and publishes {@code
 * model.zip}. Rank 0 writes the rest, and that model under a temporary name. Each opens its own
 * instance. Nothing is created before {@link #begin}, so that a run refused for its settings or
 * data leaves nothing behind.
 *
 * <p>Threading: one thread per instance.
 *
 * <p>Failure: an IOException names a file system that cannot be used.
 */
public final class RunDirectory {

  /** The run's page. */
  public static final String PAGE = "report.html";

  /** The trained model. */
  public static final String MODEL = "model.zip";

  /** The model of the best validation. */
  public static final String BEST_MODEL = "model-best.zip";

  private static final String ENVIRONMENT = "environment.json";
  private static final String EVALUATION = "evaluation.json";
  private static final String VALIDATION = "validation.json";
  private static final String STATUS = "STATUS.json";
  private static final String SETTINGS = "settings.json";
  private static final String METRICS = "metrics.jsonl";

  private final WholeFiles files;
  private final Optional<AttemptClaim> claim;

  RunDirectory(WholeFiles files, Optional<AttemptClaim> claim) {
    this.files = files;
    this.claim = claim;
  }

  /**
   * Opens a run's directory; creates nothing.
   *
   * @param output a path of any Hadoop file system
   * @param hadoop Hadoop settings on top of those on the class path (Spark's {@code
   *     spark.hadoop.*}, prefix removed)
   */
  public static RunDirectory open(String output, Map<String, String> hadoop) throws IOException {
    return new RunDirectory(new WholeFiles(RunFileSystem.of(output, hadoop)), Optional.empty());
  }

  /**
   * The same directory for an attempt: every write first asks whether the claim still holds, and
   * ends with a {@link FencedException} if a later attempt has the run.
   */
  public RunDirectory under(AttemptClaim attempt) {
    return new RunDirectory(files, Optional.of(attempt));
  }

  /** The directory's full address. */
  public String location() {
    return files.directory().root().toString();
  }

  /**
   * What is there, seen from a run with these settings.
   *
   * @param settingsJson the run's resolved settings with the plan, as {@link #begin} takes them
   */
  public RunState state(String settingsJson) throws IOException {
    if (files.directory().isFile()) {
      return new RunState.Foreign("it is a file, not a directory");
    }
    List<String> names = files.names();
    // An attempt that died right after its claim wrote nothing else.
    if (names.isEmpty() || names.equals(List.of(AttemptClaim.CLAIMS))) {
      return new RunState.Empty();
    }
    Optional<String> there = files.read(SETTINGS);
    if (there.isEmpty()) {
      return new RunState.Foreign("it holds " + first(names) + " but no " + SETTINGS);
    }
    boolean mayGoOn;
    Optional<RunStatus> last = status();
    // How far an unfinished run is, its checkpoints tell.
    Optional<RunStatus> succeeded =
        last.filter(status -> status.state() == RunStatus.State.SUCCEEDED);
    long epochs = succeeded.map(RunStatus::epoch).orElse(0);
    try {
      List<SettingsDifference> differences =
          SettingsDifference.between(there.get(), settingsJson, epochs);
      if (!differences.isEmpty()) {
        return new RunState.Different(differences);
      }
      String reason = succeeded.map(RunStatus::reason).orElse("");
      mayGoOn =
          SettingsDifference.isLonger(there.get(), settingsJson)
              || SettingsDifference.isLimitLifted(there.get(), settingsJson, reason);
    } catch (IllegalArgumentException e) {
      return new RunState.Foreign("its " + SETTINGS + " is no run's: " + e.getMessage());
    }
    boolean finished = succeeded.isPresent() && files.directory().exists(MODEL) && !mayGoOn;
    return finished ? new RunState.Finished(last.get()) : new RunState.Unfinished(last);
  }

  /** The last status written, if there is a readable one. */
  public Optional<RunStatus> status() throws IOException {
    try {
      return files.read(STATUS).map(RunStatus::fromJson);
    } catch (IllegalArgumentException unreadable) {
      return Optional.empty();
    }
  }

  /**
   * Begins an attempt: makes the directory, clears what interrupted attempts left, writes the
   * settings and the first status. Of a run that is there already the status comes first: with new
   * settings beside the status of its end, it would have nothing to do for good.
   *
   * @param settingsJson the resolved settings with the plan, a JSON object
   * @param status the first status, RUNNING
   */
  public void begin(String settingsJson, RunStatus status) throws IOException {
    requireClaim();
    files.directory().make();
    files.deleteAsides();
    Optional<String> there = files.read(SETTINGS);
    if (there.isEmpty()) {
      files.replace(SETTINGS, settingsJson);
    }
    files.replace(STATUS, status.toJson());
    // Where a file cannot be replaced in one step, leaving it alone is safer.
    if (there.isPresent() && !there.get().equals(settingsJson)) {
      files.replace(SETTINGS, settingsJson);
    }
  }

  /** Replaces {@code STATUS.json}. */
  public void writeStatus(RunStatus status) throws IOException {
    requireClaim();
    files.replace(STATUS, status.toJson());
  }

  /**
   * Opens {@code metrics.jsonl} for an attempt that goes on after an update; the caller closes it.
   *
   * @param keepThroughUpdate lines of later updates are dropped; 0 starts an empty log
   * @param local where lines may be collected that cannot be appended to a file in their place
   */
  public MetricsLog metrics(long keepThroughUpdate, Path local) throws IOException {
    requireClaim();
    return MetricsLog.open(
        new MetricsLog.Home(files, METRICS, claim, local), keepThroughUpdate, System::nanoTime);
  }

  /**
   * Opens the place beside {@code model.zip} where rank 0 writes the model of an attempt; the
   * caller closes it. It becomes {@code model.zip} by {@link #publishModel}.
   */
  public OutputStream createModel(int attempt) throws IOException {
    requireClaim();
    return files.directory().createSafe(modelAside(attempt));
  }

  /** Puts the model that an attempt wrote in place, whole. */
  public void publishModel(int attempt) throws IOException {
    if (!files.directory().exists(modelAside(attempt))) {
      throw new IllegalStateException("attempt " + attempt + " wrote no model in " + location());
    }
    requireClaim();
    files.directory().renameOver(modelAside(attempt), MODEL);
  }

  /** Whether there is a {@code model-best.zip}. */
  public boolean hasBestModel() throws IOException {
    return files.directory().exists(BEST_MODEL);
  }

  /**
   * Opens the place beside {@code model-best.zip} for the model of an attempt; the caller closes
   * it. It becomes {@code model-best.zip} by {@link #publishBestModel}.
   */
  public OutputStream createBestModel(int attempt) throws IOException {
    requireClaim();
    return files.directory().createSafe(aside(BEST_MODEL, attempt));
  }

  /** Puts the best model that an attempt wrote in place, whole. */
  public void publishBestModel(int attempt) throws IOException {
    requireClaim();
    files.directory().renameOver(aside(BEST_MODEL, attempt), BEST_MODEL);
  }

  /** The resolved settings with the plan, if they are there. */
  public Optional<String> settings() throws IOException {
    return files.read(SETTINGS);
  }

  /** What an evaluation has found, if there was one. */
  public Optional<String> evaluation() throws IOException {
    return files.read(EVALUATION);
  }

  /** What the run's best model does on its validation data, if the run has come to an end. */
  public Optional<String> validation() throws IOException {
    return files.read(VALIDATION);
  }

  /** Replaces {@code validation.json}. */
  public void writeValidation(String json) throws IOException {
    requireClaim();
    files.replace(VALIDATION, json);
  }

  /** On what the newest attempt computes, if it got so far: a JSON object. */
  public Optional<String> environment() throws IOException {
    return files.read(ENVIRONMENT);
  }

  /** Replaces {@code environment.json}. */
  public void writeEnvironment(String json) throws IOException {
    requireClaim();
    files.replace(ENVIRONMENT, json);
  }

  /** Replaces the run's page. */
  public void writePage(String html) throws IOException {
    files.replace(PAGE, html);
  }

  /** A directory inside this one, for files that the run itself does not read. */
  public SideFiles beside(String name) {
    return new SideFiles(files.directory().within(name), claim);
  }

  /** The length in bytes of a file of the run's; empty if it is not there. */
  public OptionalLong length(String name) throws IOException {
    return files.directory().exists(name)
        ? OptionalLong.of(files.directory().length(name))
        : OptionalLong.empty();
  }

  /** Opens a file of the run's for reading, if it is there; the caller closes it. */
  public Optional<InputStream> open(String name) throws IOException {
    return files.open(name);
  }

  /**
   * Opens the metrics for reading, if there are any; the caller closes it. Also while an attempt
   * runs, and after one that was killed, it has every line that was made safe.
   */
  public Optional<InputStream> openMetrics() throws IOException {
    return MetricsParts.open(files, METRICS);
  }

  /** Opens {@code model.zip} for reading, if it is there; the caller closes it. */
  public Optional<InputStream> openModel() throws IOException {
    return files.open(MODEL);
  }

  /** Opens {@code model-best.zip} for reading, if it is there; the caller closes it. */
  public Optional<InputStream> openBestModel() throws IOException {
    return files.open(BEST_MODEL);
  }

  private void requireClaim() throws IOException {
    if (claim.isPresent()) {
      claim.get().requireNewest();
    }
  }

  private static String modelAside(int attempt) {
    return aside(MODEL, attempt);
  }

  private static String aside(String name, int attempt) {
    return WholeFiles.asideName(name, "attempt-" + attempt);
  }

  private static String first(List<String> names) {
    return names.size() <= 3
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, 3)) + " and " + (names.size() - 3) + " more";
  }
}
