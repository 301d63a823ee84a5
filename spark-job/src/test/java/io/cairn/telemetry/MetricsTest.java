/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.plan.BatchPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private long nowNanos;

  @Test
  void updateLineHasTheNamesOfTheContract() {
    assertThat(MetricsJson.write(step(12)))
        .isEqualTo(
            "{\"update\":12,\"epoch\":2,\"examples\":512,\"loss\":0.25,\"learningRate\":0.001,"
                + "\"gradientNorm\":1.5,\"examplesPerSecond\":9000.0,\"computeMs\":40.0,"
                + "\"waitMs\":1.0,\"reduceMs\":2.0,\"applyMs\":3.0}");
  }

  @Test
  void aChangeOfPlanNamesTheFourNumbersAndWhy() throws IOException {
    PlanMetrics change = new PlanMetrics(17, 2, new BatchPlan(2, 16, 16), "no room on rank 1");
    String line = MetricsJson.write(change);
    assertThat(line)
        .isEqualTo(
            "{\"update\":17,\"epoch\":2,"
                + "\"plan\":{\"workers\":2,\"micro\":16,\"steps\":16,\"effective\":512},"
                + "\"reason\":\"no room on rank 1\"}");
    List<PlanMetrics> read = new ArrayList<>();
    MetricsJson.read(
        line,
        new MetricsSink() {
          @Override
          public void step(UpdateMetrics step) {}

          @Override
          public void validation(ValidationMetrics validation) {}

          @Override
          public void plan(PlanMetrics plan) {
            read.add(plan);
          }

          @Override
          public void close() {}
        });
    assertThat(read).containsExactly(change);
  }

  @Test
  void aNoteReachesTheDriverAndNoLog() throws Exception {
    RunNote note = new RunNote(1, 1, "self-check: \"well\"");
    List<String> sent = new ArrayList<>();
    ProgressSender sender = new ProgressSender(sent::add, () -> 0);
    List<String> logged = new ArrayList<>();
    MetricsSink.all(List.of(MetricsSink.lines(logged::add), sender)).note(note);
    assertThat(logged).isEmpty();
    assertThat(sent)
        .containsExactly("{\"update\":1,\"epoch\":1,\"note\":\"self-check: \\\"well\\\"\"}");
    List<RunNote> read = new ArrayList<>();
    MetricsJson.read(
        sent.get(0),
        new MetricsSink() {
          @Override
          public void step(UpdateMetrics step) {}

          @Override
          public void validation(ValidationMetrics validation) {}

          @Override
          public void note(RunNote told) {
            read.add(told);
          }

          @Override
          public void close() {}
        });
    assertThat(read).containsExactly(note);
  }

  @Test
  void skippedUpdateSaysSo() {
    UpdateMetrics skipped =
        new UpdateMetrics(
            1,
            1,
            8,
            Double.NaN,
            0.1,
            Double.POSITIVE_INFINITY,
            1,
            1,
            1,
            1,
            1,
            UpdateMetrics.Outcome.SKIPPED);
    assertThat(MetricsJson.write(skipped))
        .isEqualTo(
            "{\"update\":1,\"epoch\":1,\"examples\":8,\"loss\":\"NaN\",\"learningRate\":0.1,"
                + "\"gradientNorm\":\"Infinity\",\"examplesPerSecond\":1.0,\"computeMs\":1.0,"
                + "\"waitMs\":1.0,\"reduceMs\":1.0,\"applyMs\":1.0,\"skipped\":true}");
  }

  /** A line without the pause, as older versions wrote it, tells of none. */
  @Test
  void theTimeOfAnUpdateIsWithThePauseBeforeIt() throws IOException {
    UpdateMetrics before = step(3);
    UpdateMetrics paused =
        new UpdateMetrics(
            4,
            2,
            512,
            0.25,
            0.001,
            Map.of(),
            1.5,
            9000,
            40,
            1,
            2,
            3,
            new Pause(12.5, 8),
            Optional.empty(),
            Optional.empty(),
            UpdateMetrics.Outcome.APPLIED,
            0);
    assertThat(before.milliseconds()).isEqualTo(46);
    assertThat(paused.milliseconds()).isEqualTo(58.5);
    assertThat(MetricsJson.write(before)).doesNotContain("betweenMs", "checkpointMs");
    assertThat(MetricsJson.write(paused))
        .contains("\"applyMs\":3.0,\"betweenMs\":12.5,\"checkpointMs\":8.0");
    Recorder recorder = new Recorder();
    MetricsJson.read(MetricsJson.write(paused), recorder);
    assertThat(recorder.heard).containsExactly(paused);
  }

  @Test
  void linesReadBackAsTheRecordsThatWroteThem() throws IOException {
    UpdateMetrics odd =
        new UpdateMetrics(
            9,
            1,
            3,
            Double.NaN,
            0,
            Double.NEGATIVE_INFINITY,
            0,
            0,
            0,
            0,
            0,
            UpdateMetrics.Outcome.SKIPPED);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 0.5);
    values.put("accuracy", 0.97);
    values.put("auc", Double.NaN);
    ValidationMetrics validation = new ValidationMetrics(10, 2, 360, values);
    Recorder recorder = new Recorder();
    MetricsJson.read(MetricsJson.write(step(3)), recorder);
    MetricsJson.read(MetricsJson.write(odd), recorder);
    MetricsJson.read(MetricsJson.write(validation), recorder);
    assertThat(recorder.heard).containsExactly(step(3), odd, validation);
    assertThat(MetricsJson.write(validation))
        .isEqualTo(
            "{\"update\":10,\"epoch\":2,"
                + "\"validation\":{\"loss\":0.5,\"accuracy\":0.97,\"auc\":\"NaN\",\"examples\":360}}");
  }

  @Test
  void otherTextIsRefused() {
    assertThatThrownBy(() -> MetricsJson.read("{\"a\":1}", new Recorder()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a metrics line: {\"a\":1}");
  }

  @Test
  void driverHearsAFewUpdatesASecondAndAlwaysTheLast() {
    List<String> sent = new ArrayList<>();
    ProgressSender sender = new ProgressSender(sent::add, () -> nowNanos);
    for (int update = 1; update <= 100; update++) {
      sender.step(step(update));
      nowNanos += 10_000_000;
    }
    assertThat(sent).hasSize(5);
    sender.close();
    assertThat(sent).hasSize(6).last().isEqualTo(MetricsJson.write(step(100)));
    sender.close();
    assertThat(sent).hasSize(6);
  }

  @Test
  void validationIsSentAtOnceAfterTheUpdateItFollows() {
    List<String> sent = new ArrayList<>();
    ProgressSender sender = new ProgressSender(sent::add, () -> nowNanos);
    sender.step(step(1));
    sender.step(step(2));
    ValidationMetrics validation = new ValidationMetrics(2, 1, 10, Map.of("loss", 0.5));
    sender.validation(validation);
    assertThat(sent)
        .containsExactly(
            MetricsJson.write(step(1)), MetricsJson.write(step(2)), MetricsJson.write(validation));
  }

  @Test
  void everySinkIsClosedWhateverOneThrows() {
    List<String> closed = new ArrayList<>();
    MetricsSink all =
        MetricsSink.all(List.of(new Closing("first", closed), new Closing("second", closed)));
    assertThatThrownBy(all::close)
        .isInstanceOf(IOException.class)
        .hasMessage("second")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(closed).containsExactly("second", "first");
  }

  private static UpdateMetrics step(long update) {
    return new UpdateMetrics(
        update, 2, 512, 0.25, 0.001, 1.5, 9000, 40, 1, 2, 3, UpdateMetrics.Outcome.APPLIED);
  }

  private static final class Recorder implements MetricsSink {
    private final List<Object> heard = new ArrayList<>();

    @Override
    public void step(UpdateMetrics step) {
      heard.add(step);
    }

    @Override
    public void validation(ValidationMetrics validation) {
      heard.add(validation);
    }

    @Override
    public void close() {}
  }

  private record Closing(String name, List<String> closed) implements MetricsSink {
    @Override
    public void step(UpdateMetrics step) {}

    @Override
    public void validation(ValidationMetrics validation) {}

    @Override
    public void close() throws IOException {
      closed.add(name);
      throw new IOException(name);
    }
  }
}
