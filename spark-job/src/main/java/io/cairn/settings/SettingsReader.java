/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Makes {@link Settings} from a HOCON file and the command line's overrides. Which keys there are,
 * and their defaults, is written in {@code conf/reference.conf} and nowhere else.
 *
 * <p>Paths without a scheme that are relative become absolute against the directory the command was
 * started in; all others stay as they are.
 *
 * <p>Threading: stateless; the file is read once, by the caller's thread.
 *
 * <p>Failure: one {@link SettingsException} with every problem found.
 */
public final class SettingsReader {

  /** Stands for the command line where a problem names its file. */
  static final String OVERRIDE = "--set";

  /** What Spark's settings may say of Cairn's begins so, since Spark passes on no others. */
  public static final String SPARK_PREFIX = "spark.cairn.";

  /** Stands for Spark's settings where a problem names its file. */
  static final String FROM_SPARK = "Spark's settings, " + SPARK_PREFIX + "*";

  private static final Pattern SCHEME = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*:.*");
  private static final String SPARK = "spark.";

  /**
   * A check of the batch numbers that another room makes, so that its problems are reported
   * together with all others.
   */
  @FunctionalInterface
  public interface BatchCheck {
    /**
     * Checks the numbers.
     *
     * @return what is wrong, by key; file and line are filled in here
     */
    List<Problem> problems(BatchSettings batch);
  }

  private final Values values;
  private final Findings findings;
  private final Path directory;

  private SettingsReader(Values values, Findings findings, Path directory) {
    this.values = values;
    this.findings = findings;
    this.directory = directory;
  }

  /**
   * Reads settings whose batch numbers are checked one by one only.
   *
   * @param file the settings file
   * @param overrides {@code key=value}, later ones win
   * @throws SettingsException with everything that is wrong
   */
  public static Settings read(Path file, List<String> overrides) {
    return read(file, overrides, Map.of(), batch -> List.of());
  }

  /**
   * Reads settings.
   *
   * @param file the settings file
   * @param overrides {@code key=value}, later ones win
   * @param fromSpark what Spark's settings say of Cairn's, by key without {@link #SPARK_PREFIX}: in
   *     place of the reference's defaults, so that file and overrides go before it
   * @param batchCheck whether the batch numbers agree with each other
   * @throws SettingsException with everything that is wrong
   */
  public static Settings read(
      Path file, List<String> overrides, Map<String, String> fromSpark, BatchCheck batchCheck) {
    return read(file, overrides, fromSpark, batchCheck, Path.of("").toAbsolutePath());
  }

  static Settings read(
      Path file,
      List<String> overrides,
      Map<String, String> fromSpark,
      BatchCheck batchCheck,
      Path workingDirectory) {
    Findings findings = new Findings(file.toString());
    ConfigObject given = Given.read(file, overrides, fromSpark, findings);
    return over(given, findings, workingDirectory).assemble(nameOf(file), batchCheck);
  }

  /** Settings that this program wrote, whose paths are absolute and which have a name. */
  static Settings read(ConfigObject given, Findings findings) {
    return over(given, findings, Path.of("/")).assemble("", batch -> List.of());
  }

  /** The keys that the reader asks for: what the reference must document. */
  static Set<String> keysRead(ConfigObject given) {
    SettingsReader reader = over(given, new Findings(""), Path.of("/"));
    reader.assemble("keys", batch -> List.of());
    return reader.values.asked();
  }

  private static SettingsReader over(ConfigObject given, Findings findings, Path directory) {
    Reference reference = Reference.shipped();
    UnknownKeys.check(given, reference, findings);
    return new SettingsReader(
        new Values(given, reference::defaultOf, "", findings), findings, directory);
  }

  private Settings assemble(String defaultName, BatchCheck batchCheck) {
    String name = values.text("name").orElse(defaultName);
    OptionalLong seed = values.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    Optional<String> source =
        values.requiredText("model.source", "the path of a .json, .zip or .h5 file");
    DataSection data = new DataSection(values, this::absolute);
    BatchSettings batch = batch(batchCheck);
    Optional<TrainSettings> train = train();
    OptionalInt everyUpdates = values.integer("checkpoint.every-updates", 1);
    OptionalInt keep = values.integer("checkpoint.keep", 1);
    OptionalLong keepEvery = values.whole("checkpoint.keep-every", 1, Long.MAX_VALUE);
    RecoverySection recovery = new RecoverySection(values);
    CollectiveSection collective = new CollectiveSection(values);
    Optional<String> output = values.requiredText("output", "the run's directory");
    Map<String, String> spark = spark();
    findings.throwIfAny();
    return new Settings(
        name,
        seed.orElseThrow(),
        new ModelSettings(absolute(source.orElseThrow())),
        data.build(),
        batch,
        train.orElseThrow(),
        new CheckpointSettings(everyUpdates.orElseThrow(), keep.orElseThrow(), keepEvery),
        recovery.build(),
        collective.build(),
        absolute(output.orElseThrow()),
        spark);
  }

  private BatchSettings batch(BatchCheck check) {
    BatchSettings batch = BatchSection.read(values);
    if (!findings.concerns("batch")) {
      for (Problem problem : check.problems(batch)) {
        Optional<ConfigValue> place = values.given(problem.key());
        if (place.isPresent() && Findings.isScalar(place.get())) {
          findings.wrong(place.get(), problem.key(), problem.message(), problem.fits());
        } else {
          String file = place.map(value -> Findings.fileOf(value.origin())).orElse("");
          int line = place.map(value -> Findings.lineOf(value.origin())).orElse(0);
          findings.at(file, line, problem);
        }
      }
    }
    return batch;
  }

  private Optional<TrainSettings> train() {
    OptionalInt epochs = values.integer("train.epochs", 1);
    OptionalLong updates = values.whole("train.updates", 1, Long.MAX_VALUE);
    OptionalDouble clip = values.number("train.clip-global-norm", 0, Double.POSITIVE_INFINITY);
    Optional<TrainSettings.OnNonFinite> onNonFinite =
        values.choice("train.on-non-finite", TrainSettings.OnNonFinite.class);
    Optional<TrainSettings.SelfCheck> selfCheck =
        values.choice("train.self-check", TrainSettings.SelfCheck.class);
    boolean both = values.isGiven("train.epochs") && values.isGiven("train.updates");
    if (both) {
      values.wrongIfGiven(
          "train.updates",
          "contradicts train.epochs",
          "give one of them; --set train.epochs=null takes the other out of a file");
    } else if (!values.isGiven("train.epochs") && !values.isGiven("train.updates")) {
      values.missing("train.epochs", "is missing", "train.epochs = N or train.updates = N");
    }
    return findings.concerns("train")
        ? Optional.empty()
        : Optional.of(
            new TrainSettings(
                epochs, updates, clip, onNonFinite.orElseThrow(), selfCheck.orElseThrow()));
  }

  /**
   * The names below {@code spark} are the rest of a Spark name; a whole name in quotation marks, or
   * the block's name said twice, stands for itself.
   */
  private Map<String, String> spark() {
    Map<String, String> spark = new TreeMap<>();
    values
        .texts("spark")
        .forEach((name, text) -> spark.put(name.startsWith(SPARK) ? name : SPARK + name, text));
    return spark;
  }

  private String absolute(String path) {
    return path.startsWith("/") || SCHEME.matcher(path).matches()
        ? path
        : directory.resolve(path).normalize().toString();
  }

  private static String nameOf(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "" : last.toString().replaceFirst("\\.[^.]*$", "");
    return name.isBlank() ? "run" : name;
  }
}
