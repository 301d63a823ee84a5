/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.source.SparkFixture;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.StartPhase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
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
    SparkContext context = spark.sparkContext();
    context.addSparkListener(jobs);
    try (Told told = new Told()) {
      Settings settings = quickstart();
      Outcome outcome =
          new Training(
                  settings,
                  AskedPlan.resolve(settings.batch(), OptionalInt.empty()),
                  new SparkSource.Given(spark),
                  ProgramInputs.none(),
                  new Nobody(),
                  new StopRequest())
              .run(ResumeMode.NEVER);
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
  }

  private Settings quickstart() {
    return SettingsReader.read(
        PROJECT.resolve("conf/quickstart.conf"),
        List.of(
            "model.source=" + PROJECT.resolve("conf/models/digits-mlp.json"),
            "data.train.path=" + PROJECT.resolve("conf/data/digits.csv"),
            "batch.workers=1",
            "train.epochs=1",
            "output=" + temp.resolve("run")));
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
