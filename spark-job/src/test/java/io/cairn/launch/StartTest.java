/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.source.Frames;
import io.cairn.data.source.SparkFixture;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.StartPhase;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.tracking.Tracker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the quickstart does before its first update, on one worker in this process. */
class StartTest {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  @TempDir Path temp;

  /** Each job and stage of a small run costs a cold executor a good part of a second. */
  @Test
  void readsTheQuickstartInFourJobsAndTellsItsPhases() throws Exception {
    SparkSession spark = SparkFixture.spark();
    Jobs jobs = new Jobs();
    Keeper tracker = new Keeper();
    SparkContext context = spark.sparkContext();
    context.addSparkListener(jobs);
    try (Told told = new Told()) {
      Settings settings = quickstart();
      Training training =
          new Training(
              settings,
              AskedPlan.resolve(settings.batch(), OptionalInt.empty()),
              new SparkSource.Given(spark),
              new ProgramInputs(Frames.none(), Optional.empty(), List.of(tracker)),
              new Nobody(),
              new StopRequest());
      Outcome outcome = training.run(ResumeMode.NEVER);
      training.told(outcome);
      assertThat(outcome).isInstanceOf(Outcome.Succeeded.class);
      context.listenerBus().waitUntilEmpty();
      assertThat(told.phases())
          .containsExactlyElementsOf(
              Arrays.stream(StartPhase.values())
                  .filter(phase -> phase != StartPhase.SETTINGS)
                  .map(StartPhase::word)
                  .toList());
    } finally {
      context.removeSparkListener(jobs);
    }
    // The header, the columns' types, the survey; then the deal and the ranks.
    assertThat(jobs.stages).containsExactly(1, 1, 1, 2);
    assertThat(tracker.heard).startsWith("24 updates", "1", "2").endsWith("24", "SUCCEEDED");
    assertThat(tracker.heard).hasSize(26);
    List<Path> events;
    try (Stream<Path> files = Files.list(temp.resolve("run/tensorboard"))) {
      events = files.toList();
    }
    assertThat(events).hasSize(1);
    assertThat(Files.readString(events.get(0), StandardCharsets.ISO_8859_1))
        .contains("loss", "validation/accuracy");
  }

  private Settings quickstart() {
    return SettingsReader.read(
        PROJECT.resolve("conf/quickstart.conf"),
        List.of(
            "model.source=" + PROJECT.resolve("conf/models/digits-mlp.json"),
            "data.train.path=" + PROJECT.resolve("conf/data/digits.csv"),
            "batch.workers=1",
            "train.epochs=1",
            "tracking.tensorboard=on",
            "output=" + temp.resolve("run")));
  }

  /** A program's own tracker. */
  private static final class Keeper implements Tracker {
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void begins(RunStart run) {
      heard.add(run.updates() + " updates");
    }

    @Override
    public void update(UpdateMetrics update) {
      heard.add(String.valueOf(update.update()));
    }

    @Override
    public void ends(RunEnd end) {
      heard.add(end.state().toString());
    }
  }

  /** How many stages each job has. */
  private static final class Jobs extends SparkListener {
    private final List<Integer> stages = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onJobStart(SparkListenerJobStart start) {
      stages.add(start.stageInfos().size());
    }
  }

  /** What is logged of phases while it is open. */
  private static final class Told implements AutoCloseable {
    private final Logger logger = (Logger) LogManager.getLogger(StartPhase.class);
    private final Level level = logger.getLevel();
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    private final AbstractAppender appender =
        new AbstractAppender("phases", null, null, true, Property.EMPTY_ARRAY) {
          @Override
          public void append(LogEvent event) {
            assertThat(event.getLevel()).isEqualTo(Level.DEBUG);
            lines.add(event.getMessage().getFormattedMessage());
          }
        };

    Told() {
      appender.start();
      logger.addAppender(appender);
      logger.setLevel(Level.DEBUG);
    }

    List<String> phases() {
      return lines.stream()
          .map(line -> line.replaceFirst("start: (\\S+) is over, \\d+ ms after .*", "$1"))
          .toList();
    }

    @Override
    public void close() {
      logger.removeAppender(appender);
      logger.setLevel(level);
      appender.stop();
    }
  }

  /** Hears everything and shows nothing. */
  private static final class Nobody implements Audience {
    @Override
    public void tell(String line) {}

    @Override
    public MetricsSink watch(RunStart run) {
      return MetricsSink.all(List.of());
    }
  }
}
