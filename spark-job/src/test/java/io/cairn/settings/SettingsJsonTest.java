/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.cairn.settings.BatchSettings.MicroSize;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple4;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsJsonTest {

  private static final Map<String, Long> PLAN =
      Map.of("workers", 2L, "micro", 32L, "steps", 8L, "effective", 512L);

  @TempDir Path folder;

  @Property(tries = 200)
  void settingsComeBackAsTheyWere(@ForAll("settings") Settings settings) {
    String json = SettingsJson.render(settings, PLAN);
    SettingsJson.Stored stored = SettingsJson.parse(json, "settings.json");
    assertThat(stored.settings()).isEqualTo(settings);
    assertThat(stored.plan()).isEqualTo(PLAN);
    assertThat(SettingsJson.render(stored.settings(), stored.plan())).isEqualTo(json);
    assertThat(SettingsJson.parse(SettingsJson.render(settings), "x"))
        .isEqualTo(new SettingsJson.Stored(settings, Map.of()));
  }

  @Property(tries = 200)
  void theSameTextMeansEqual(
      @ForAll("settings") Settings left, @ForAll("settings") Settings right) {
    assertThat(SettingsJson.render(left).equals(SettingsJson.render(right)))
        .isEqualTo(left.equals(right));
  }

  @Test
  void keysAreSortedAndOneALine() {
    assertThat(SettingsJson.render(read(), PLAN))
        .startsWith(
            """
            {
                "batch" : {
                    "micro" : 32,
                    "steps" : 8,
                    "workers" : 2
                },
                "checkpoint" : {
            """)
        .contains(
            """
                "plan" : {
                    "effective" : 512,
                    "micro" : 32,
                    "steps" : 8,
                    "workers" : 2
                },
            """)
        .endsWith("}\n");
  }

  @Test
  void aFileOfAnotherKindIsRefused() {
    assertThatThrownBy(() -> SettingsJson.parse("{\"colour\": 3}", "settings.json"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("settings.json:1: colour = 3: unknown key")
        .hasMessageContaining("settings.json: output: is missing");
    assertThatThrownBy(() -> SettingsJson.parse("{\n\"a\": ", "settings.json"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("settings.json:2: cannot be read: ");
  }

  @Provide
  Arbitrary<Settings> settings() {
    Arbitrary<DataSettings> data =
        Combinators.combine(
                source(),
                source().optional(),
                Arbitraries.doubles().between(0.01, 0.99),
                column().list().ofMinSize(1).ofMaxSize(3),
                column().list().ofMinSize(1).ofMaxSize(3),
                scale())
            .as(
                (train, validation, fraction, inputs, outputs, scale) ->
                    new DataSettings(
                        train,
                        validation.map(own -> asRead(own, train)),
                        validation.isPresent()
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(fraction),
                        inputs.stream().map(SettingsJsonTest::withoutClasses).toList(),
                        outputs,
                        scale,
                        fraction < 0.5 ? Optional.empty() : Optional.of("w" + fraction),
                        new ClassWeights.Alike()));
    Arbitrary<Map<String, String>> spark =
        Arbitraries.maps(name().map(name -> "spark." + name), text()).ofMaxSize(3);
    Arbitrary<BatchSettings> batch =
        Arbitraries.oneOf(
            positive().tuple4().map(t -> new BatchSettings(t.get1(), t.get2(), t.get3(), t.get4())),
            positive().tuple2().map(t -> scheduled(t.get1(), t.get2())),
            positive()
                .tuple3()
                .map(
                    t ->
                        new BatchSettings(
                            t.get1(), OptionalInt.empty(), MicroSize.PROBED, t.get2(), t.get3())));
    return Combinators.combine(
            text(), Arbitraries.longs(), text(), data, batch, train(), running(), spark)
        .as(
            (name, seed, path, dataSettings, batchSettings, train, running, sparkSettings) ->
                new Settings(
                    name,
                    seed,
                    new ModelSettings(
                        "/" + path, fineTune(train.updater().isPresent() ? 2 : path.length())),
                    dataSettings,
                    batchSettings,
                    train,
                    new CheckpointSettings(
                        1 + name.length(), 1 + path.length(), keepEvery(path.length())),
                    running.get1(),
                    running.get2(),
                    running.get3(),
                    running.get4(),
                    "s3a://" + path,
                    sparkSettings));
  }

  private static Optional<FineTuneSettings> fineTune(int length) {
    return switch (length % 3) {
      case 0 -> Optional.empty();
      case 1 ->
          Optional.of(
              new FineTuneSettings(
                  Optional.of("conv" + length),
                  List.of(),
                  Optional.empty(),
                  List.of(),
                  FineTuneSettings.UpdaterState.ARCHIVE));
      default ->
          Optional.of(
              new FineTuneSettings(
                  Optional.empty(),
                  List.of("a*", "b"),
                  Optional.of(
                      new OutputReplacement(
                          OptionalInt.of(length + 2),
                          OptionalInt.empty(),
                          Optional.of(OutputReplacement.Loss.SPARSE_MCXENT),
                          Optional.of(OutputReplacement.Activation.SOFTMAX))),
                  List.of(
                      Described.of(
                          FineTuneSettings.ADD.name() + "[0]",
                          ConfigValueFactory.fromMap(Map.of("@class", "a.b.Dense", "nout", 64)))),
                  FineTuneSettings.UpdaterState.FRESH));
    };
  }

  private static BatchSettings scheduled(OptionalInt workers, OptionalInt steps) {
    return new BatchSettings(
        workers,
        OptionalInt.of(32),
        MicroSize.GIVEN,
        steps,
        OptionalInt.empty(),
        List.of(
            new BatchStage(1, steps.orElse(3)),
            new BatchStage(7, workers.orElse(5)),
            new BatchStage(Integer.MAX_VALUE, Integer.MAX_VALUE)));
  }

  private static OptionalLong keepEvery(int length) {
    return length % 2 == 0 ? OptionalLong.empty() : OptionalLong.of(length);
  }

  private static Arbitrary<TrainSettings> train() {
    return Combinators.combine(
            Arbitraries.longs().between(1, Long.MAX_VALUE),
            Arbitraries.of(true, false),
            Arbitraries.doubles().between(0.01, 1e300).optional(),
            Arbitraries.of(TrainSettings.OnNonFinite.class),
            Arbitraries.of(TrainSettings.SelfCheck.class),
            updater().optional(),
            stopping())
        .as(
            (number, isEpochs, clip, onNonFinite, selfCheck, updater, stopping) ->
                new TrainSettings(
                    isEpochs
                        ? OptionalInt.of((int) Math.min(number, Integer.MAX_VALUE))
                        : OptionalInt.empty(),
                    isEpochs ? OptionalLong.empty() : OptionalLong.of(number),
                    clip.map(OptionalDouble::of).orElse(OptionalDouble.empty()),
                    onNonFinite,
                    selfCheck,
                    updater,
                    stopping));
  }

  private static Arbitrary<StoppingSettings> stopping() {
    Arbitrary<StoppingSettings.EarlyStopping> early =
        Combinators.combine(
                text(),
                Arbitraries.integers().between(1, Integer.MAX_VALUE),
                Arbitraries.doubles().between(0, 1e9))
            .as(StoppingSettings.EarlyStopping::new);
    return Combinators.combine(
            Arbitraries.longs().between(1, Long.MAX_VALUE).optional(),
            early.optional(),
            Arbitraries.longs()
                .between(1_000, Duration.ofDays(365).toMillis())
                .map(Duration::ofMillis)
                .optional())
        .as(
            (every, stop, most) ->
                new StoppingSettings(
                    every.map(OptionalLong::of).orElse(OptionalLong.empty()), stop, most));
  }

  private static Arbitrary<UpdaterSettings> updater() {
    return Combinators.combine(
            Arbitraries.of(UpdaterType.class),
            Arbitraries.doubles().between(0.01, 1e9),
            Arbitraries.doubles().between(0, 1e9).optional(),
            schedule().optional(),
            Arbitraries.of(BatchScaling.Rule.class).optional(),
            group().list().uniqueElements(UpdaterGroup::name).ofMaxSize(3))
        .as(
            (type, rate, decay, schedule, rule, groups) -> {
              boolean rated = type.hasLearningRate();
              return new UpdaterSettings(
                  type,
                  rated ? OptionalDouble.of(rate) : OptionalDouble.empty(),
                  type.defaults(),
                  decay.map(OptionalDouble::of).orElse(type.defaultWeightDecay()),
                  schedule.filter(it -> rated),
                  rule.filter(it -> rated).map(it -> new BatchScaling(256, it)),
                  groups.stream().filter(it -> rated || it.learningRate().isEmpty()).toList());
            });
  }

  private static Arbitrary<UpdaterGroup> group() {
    return Combinators.combine(
            name(), text().list().ofMaxSize(2), Arbitraries.of(UpdaterGroup.Part.class), positive())
        .as(
            (name, layers, part, number) ->
                new UpdaterGroup(
                    name,
                    layers,
                    layers.isEmpty() ? List.of(part) : List.of(),
                    number.isPresent()
                        ? OptionalDouble.of(number.getAsInt())
                        : OptionalDouble.empty(),
                    number.isPresent() ? OptionalDouble.empty() : OptionalDouble.of(0)));
  }

  private static Arbitrary<ScheduleSettings> schedule() {
    return Arbitraries.of(
            "decay = none",
            "warm-up = 3",
            "decay = linear, warm-up = 2, end = 0.5",
            "by = epochs, decay = cosine, length = 7",
            "decay = polynomial, power = 2",
            "decay = step, every = 5",
            "decay = one-cycle")
        .map(
            text ->
                ScheduleSettings.from(
                    new Values(
                        ConfigFactory.parseString("train.updater.schedule { " + text + " }").root(),
                        "",
                        new Findings(""))));
  }

  private static Arbitrary<
          Tuple4<RecoverySettings, CollectiveSettings, ComputeSettings, TrackingSettings>>
      running() {
    return Combinators.combine(recovery(), collective(), compute(), tracking()).as(Tuple::of);
  }

  private static Arbitrary<TrackingSettings> tracking() {
    return Combinators.combine(
            Arbitraries.of(TrackingSettings.TensorBoard.class), text().optional())
        .as(
            (board, experiment) ->
                new TrackingSettings(
                    board,
                    experiment.map(
                        name ->
                            new TrackingSettings.Mlflow(
                                URI.create("https://mlflow.example:5000/at"), name))));
  }

  private static Arbitrary<ComputeSettings> compute() {
    return positive().map(ComputeSettings::new);
  }

  private static Arbitrary<RecoverySettings> recovery() {
    Arbitrary<Duration> time =
        Arbitraries.longs().between(1_000_000_000L, 604_800_000_000_000L).map(Duration::ofNanos);
    Arbitrary<Integer> count = Arbitraries.integers().between(1, Integer.MAX_VALUE);
    return Combinators.combine(count.tuple3(), time.tuple3())
        .as(
            (counts, times) ->
                new RecoverySettings(
                    counts.get1(),
                    counts.get2(),
                    times.get1(),
                    times.get2(),
                    counts.get3(),
                    times.get3()));
  }

  private static Arbitrary<CollectiveSettings> collective() {
    return Combinators.combine(
            Arbitraries.longs().between(100_000_000L, 86_400_000_000_000L),
            Arbitraries.of(PortRange.ANY, new PortRange(40000, 40063), new PortRange(1, 1)),
            Arbitraries.of(CollectiveSettings.Encryption.class),
            Arbitraries.of(CollectiveSettings.SharedMemory.class),
            Arbitraries.of(CollectiveSettings.Precision.class))
        .as(
            (nanos, ports, encryption, memory, precision) ->
                new CollectiveSettings(
                    Duration.ofNanos(nanos), ports, encryption, memory, precision));
  }

  private static Arbitrary<SourceSettings> source() {
    Arbitrary<SourceSettings> files =
        Combinators.combine(text(), text(), Arbitraries.maps(name(), text()).ofMaxSize(3))
            .as((path, format, options) -> new SourceSettings("/" + path, format, options));
    Arbitrary<SourceSettings> query =
        Combinators.combine(text(), text(), Arbitraries.maps(name(), text()).ofMaxSize(2))
            .as(
                (table, sql, views) ->
                    new SourceSettings(
                        new SourcePlace.Table(table),
                        Optional.of(sql),
                        views.entrySet().stream()
                            .collect(
                                Collectors.toMap(
                                    view -> "v" + view.getKey(),
                                    view -> new SourcePlace.Table(view.getValue())))));
    return Arbitraries.oneOf(files, query);
  }

  /** What validation examples do not say of their own, training examples say for them. */
  private static SourceSettings asRead(SourceSettings validation, SourceSettings train) {
    Optional<String> query = validation.query().or(train::query);
    Map<String, SourcePlace> views =
        validation.views().isEmpty() ? train.views() : validation.views();
    return new SourceSettings(validation.place(), query, query.isEmpty() ? Map.of() : views);
  }

  private static Arbitrary<ColumnSettings> column() {
    return Combinators.combine(
            text().list().ofMinSize(1).ofMaxSize(3),
            positive(),
            Arbitraries.integers().between(1, 99).list().ofMaxSize(3),
            positive())
        .as(
            (columns, classes, shape, maxSteps) ->
                columns.size() == 2 && !columns.get(0).equals(columns.get(1))
                    ? new ColumnSettings(
                        columns.subList(0, 1), OptionalInt.of(2), shape, maxSteps, columns)
                    : new ColumnSettings(
                        columns,
                        columns.size() == 1 && classes.orElse(1) > 1
                            ? classes
                            : OptionalInt.empty(),
                        shape,
                        maxSteps));
  }

  private static ColumnSettings withoutClasses(ColumnSettings column) {
    return new ColumnSettings(
        column.columns(), OptionalInt.empty(), column.shape(), column.maxSteps());
  }

  private static Arbitrary<Scale> scale() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            new Scale.FromModel(), new Scale.None(), new Scale.Standard(), new Scale.MinMax()),
        Arbitraries.doubles().filter(factor -> factor != 0).map(Scale.Factor::new));
  }

  private static Arbitrary<OptionalInt> positive() {
    return Arbitraries.integers()
        .between(1, Integer.MAX_VALUE)
        .optional()
        .map((Optional<Integer> number) -> number.map(OptionalInt::of).orElse(OptionalInt.empty()));
  }

  private static Arbitrary<String> text() {
    return Arbitraries.strings()
        .withChars("abcXYZ019 .*/:$\"{}[]#=+\\\u00e9\u4e2d")
        .ofMinLength(1)
        .ofMaxLength(12)
        .map(text -> "t" + text);
  }

  private static Arbitrary<String> name() {
    return Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(8);
  }

  private Settings read(String... overrides) {
    return SettingsProblemsTest.read(
        folder, SettingsReaderTest.DIGITS, batch -> List.of(), overrides);
  }

  @Test
  void aDescribedModelIsReadAgain() {
    Settings settings =
        read(
            "model.source=null",
            "model.layers=[{ dense = 8, name = a, bias = false }, { output = 10, inputs = [a] }]",
            "model.defaults={ l2 = 1e-4, activation = relu }",
            "model.inputs=[x]",
            "model.channels=last");
    assertThat(settings.model().described()).isPresent();
    assertThat(SettingsJson.parse(SettingsJson.render(settings), "s").settings())
        .isEqualTo(settings);
  }

  @Test
  void weightsOfClassesAreReadAgain() {
    for (String weights : List.of("balanced", "[1, 0, 2.5, 1, 1, 1, 1, 1, 1, 1]")) {
      Settings settings = read("data.class-weights=" + weights, "data.weight=w");
      assertThat(SettingsJson.parse(SettingsJson.render(settings), "s").settings())
          .isEqualTo(settings);
    }
  }
}
