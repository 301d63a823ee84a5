/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Makes {@link Settings} from a HOCON file and the command line's overrides. It knows no setting by
 * itself: all keys and their defaults come from {@link Settings#ALL}.
 *
 * <p>A relative path without a scheme is made absolute, starting from the directory in which the
 * command runs. All other paths stay as they are.
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

  /** Stands for a program's own values where a problem names its file. */
  static final String PROGRAM = "given";

  private static final Pattern SCHEME = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*:.*");
  private static final String SPARK = "spark.";

  /** Checks that other rooms make, so that their problems are reported together with all others. */
  @FunctionalInterface
  public interface Checks {
    /**
     * Checks the batch numbers.
     *
     * @return what is wrong, by key; file and line are filled in here
     */
    List<Problem> problems(BatchSettings batch);

    /**
     * Checks the model that the settings describe, as far as that can be done without data.
     *
     * @return what is wrong, with file and line
     */
    default List<Problem> problems(LayerSettings model) {
      return List.of();
    }

    /**
     * Checks layers that are added to a trained model, as far as that can be done without it.
     *
     * @return what is wrong, with file and line
     */
    default List<Problem> problems(List<Described> added) {
      return List.of();
    }
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
   * @param checks what other rooms know
   * @throws SettingsException with everything that is wrong
   */
  public static Settings read(
      Path file, List<String> overrides, Map<String, String> fromSpark, Checks checks) {
    return read(file, overrides, fromSpark, checks, Path.of("").toAbsolutePath());
  }

  static Settings read(
      Path file,
      List<String> overrides,
      Map<String, String> fromSpark,
      Checks checks,
      Path workingDirectory) {
    Findings findings = new Findings(file.toString());
    ConfigObject given = Given.read(file, overrides, fromSpark, findings);
    return over(given, findings, workingDirectory).assemble(nameOf(file), checks);
  }

  /**
   * Reads settings that a program gives, on top of a file if there is one.
   *
   * @param values by key, such as {@code batch.workers}; texts, numbers, booleans, lists and maps
   *     of these
   * @param fromSpark what Spark's settings say of Cairn's, as above
   * @param checks what other rooms know
   * @throws SettingsException with everything that is wrong
   */
  public static Settings read(
      Map<String, ?> values, Optional<Path> file, Map<String, String> fromSpark, Checks checks) {
    Findings findings = new Findings(file.map(Path::toString).orElse(""));
    ConfigObject given = Given.read(values, file, fromSpark, findings);
    return over(given, findings, Path.of("").toAbsolutePath())
        .assemble(file.map(SettingsReader::nameOf).orElse("training"), checks);
  }

  /** Whether a file says where the run is kept; not if it cannot be read, which is told later. */
  public static boolean namesOutput(Path file) {
    try {
      ConfigObject given = Given.read(file, List.of(), Map.of(), new Findings(file.toString()));
      return given.get(Settings.OUTPUT.name()) != null;
    } catch (SettingsException toldLater) {
      return false;
    }
  }

  /** Settings that this program wrote, whose paths are absolute and which have a name. */
  static Settings read(ConfigObject given, Findings findings) {
    return over(given, findings, Path.of("/")).assemble("", batch -> List.of());
  }

  /** The names of the keys that are read: no key must be left out. */
  static Set<String> keysRead(ConfigObject given) {
    SettingsReader reader = over(given, new Findings(""), Path.of("/"));
    reader.assemble("keys", batch -> List.of());
    return reader.values.keysRead();
  }

  private static SettingsReader over(ConfigObject given, Findings findings, Path directory) {
    UnknownKeys.check(given, findings);
    return new SettingsReader(new Values(given, "", findings), findings, directory);
  }

  private Settings assemble(String defaultName, Checks checks) {
    values.maybe(Settings.NAME);
    values.maybe(Settings.SEED);
    ModelSection model = new ModelSection(values, this::absolute);
    model.described().ifPresent(layers -> checks.problems(layers).forEach(findings::add));
    checks.problems(FineTuneSettings.layers(values)).forEach(findings::add);
    DataSection data = new DataSection(values, this::absolute);
    BatchSettings batch = batch(checks);
    TrainSettings.read(values);
    values.read(CheckpointSettings.BLOCK);
    values.read(RecoverySettings.BLOCK);
    values.read(CollectiveSettings.BLOCK);
    values.read(ComputeSettings.BLOCK);
    TrackingSettings.read(values);
    values.maybe(Settings.OUTPUT);
    Map<String, String> spark = spark();
    findings.throwIfAny();
    Settings settings =
        new Settings(
            values.maybe(Settings.NAME).orElse(defaultName),
            values.of(Settings.SEED),
            model.build(),
            data.build(),
            batch,
            TrainSettings.from(values),
            CheckpointSettings.from(values),
            RecoverySettings.from(values),
            CollectiveSettings.from(values),
            ComputeSettings.from(values),
            TrackingSettings.from(values),
            absolute(values.of(Settings.OUTPUT)),
            spark);
    requireShort(settings);
    return settings;
  }

  /** What goes into a run's {@code settings.json} must come out of it when the run goes on. */
  private void requireShort(Settings settings) {
    int bytes = SettingsJson.render(settings).getBytes(StandardCharsets.UTF_8).length;
    if (bytes > SettingsJson.MOST_BYTES) {
      findings.add(
          Problem.of(
              "",
              "",
              "the settings are %,d bytes as JSON, and a run keeps at most %,d of them"
                  .formatted(bytes, SettingsJson.MOST_BYTES),
              "a large model goes into a file (model.source), a long query into a view or table, and"
                  + " classes may be numbers instead of names"));
      findings.throwIfAny();
    }
  }

  private BatchSettings batch(Checks checks) {
    values.read(BatchSettings.BLOCK);
    BatchSettings batch = BatchSettings.from(values);
    if (!findings.concerns("batch")) {
      for (Problem problem : checks.problems(batch)) {
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

  /**
   * The names below {@code spark} are the rest of a Spark name; a whole name in quotation marks, or
   * the block's name said twice, stands for itself.
   */
  private Map<String, String> spark() {
    Map<String, String> spark = new TreeMap<>();
    values
        .texts(Settings.SPARK)
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
