/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.RunStatus;
import io.cairn.plan.BatchPlan;
import io.cairn.telemetry.Pause;
import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.RankLoad.Since;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.RankMetrics.RankOnHost;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.history.FsHistoryProvider;
import org.apache.spark.deploy.history.HistoryServer;
import org.apache.spark.deploy.history.HistoryServer$;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spark's own web servers, asked by HTTP: that of an application, and the history server. */
@Tag("spark")
class SparkPagesTest {

  private static final String SETTINGS =
      "{\"name\": \"digits\", \"spark\": {\"password\": \"sesame\"}}";

  private final HttpClient browser =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();

  @Test
  void aRunIsShownWhileItIsUnderWayAndAfterwards(@TempDir Path folder) throws Exception {
    Path log = Files.createDirectory(folder.resolve("events"));
    String application;
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .appName("pages")
            .config("spark.ui.enabled", "true")
            .config("spark.ui.port", "0")
            .config("spark.ui.prometheus.enabled", "true")
            .config("spark.metrics.namespace", "cairn")
            .config(
                "spark.metrics.conf.*.sink.prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet")
            .config("spark.metrics.conf.*.sink.prometheusServlet.path", "/metrics/prometheus")
            .config("spark.eventLog.enabled", "true")
            // One file that can be read as it is, in Spark 4, too.
            .config("spark.eventLog.rolling.enabled", "false")
            .config("spark.eventLog.compress", "false")
            .config("spark.eventLog.dir", log.toUri().toString())
            .getOrCreate()) {
      application = spark.sparkContext().applicationId();
      String pages = spark.sparkContext().uiWebUrl().get();
      try (RunInSpark run = RunInSpark.open(spark.sparkContext(), "runs/digits", SETTINGS)) {
        train(run);
        assertThat(get(pages + "/jobs/")).contains("/cairn/").contains("Cairn");
        assertThat(get(pages + "/cairn/")).contains("src=\"page/?number=0\"");
        requirePage(get(pages + "/cairn/page/?number=0"));
        assertThat(get(pages + "/cairn/page/?number=7")).contains("no such run");
        assertThat(get(pages + "/metrics/prometheus"))
            .contains("metrics_cairn_driver_cairn_loss_Value{type=\"gauges\"} 0.25")
            .contains("metrics_cairn_driver_cairn_update_Value{type=\"gauges\"} 40.0")
            .contains("metrics_cairn_driver_cairn_validation_accuracy_Value{type=\"gauges\"} 0.75")
            .contains("metrics_cairn_driver_cairn_attempts_Value{type=\"gauges\"} 1.0");
      }
      assertThat(get(pages + "/metrics/prometheus")).doesNotContain("driver_cairn_");
      RunInSpark.open(spark.sparkContext(), "runs/broken", "no JSON").close();
      assertThat(get(pages + "/metrics/prometheus")).doesNotContain("driver_cairn_");
      RunInSpark.open(spark.sparkContext(), "ftp://me:sesame@host/runs/other", "{}").close();
      assertThat(get(pages + "/cairn/")).contains("runs/digits").contains("?number=1");
    }
    assertThat(Files.readString(log.resolve(application)))
        .contains("io.cairn.ui.RunEvent")
        .doesNotContain("sesame")
        .containsOnlyOnce("\"kind\":\"STATUS\"");
    String other;
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.eventLog.enabled", "true")
            // One file that can be read as it is, in Spark 4, too.
            .config("spark.eventLog.rolling.enabled", "false")
            .config("spark.eventLog.compress", "false")
            .config("spark.eventLog.dir", log.toUri().toString())
            .getOrCreate()) {
      other = spark.sparkContext().applicationId();
    }
    requireHistory(log, Files.createDirectory(folder.resolve("store")), application, other);
  }

  private static void train(RunInSpark run) throws IOException {
    Instant now = Instant.parse("2026-01-02T03:04:05Z");
    RunStatus begun = RunStatus.running("digits", 256, List.of(), 1, 0, 1, now);
    RunStatus planned = begun.under(new BatchPlan(2, 32, 4), OptionalInt.of(1), now);
    run.status(planned);
    run.step(update(1, 2.5));
    run.step(update(40, 0.25));
    run.status(planned.at(40, 1, now.plusSeconds(10)));
    run.step(update(1, 2.5)); // again, after a failure
    run.step(update(40, 0.25));
    run.validation(new ValidationMetrics(40, 1, 100, Map.of("accuracy", 0.75)));
  }

  private static UpdateMetrics update(long update, double loss) {
    RankMetrics ranks =
        new RankMetrics(
            List.of(
                new RankOnHost("10.0.0.4", new RankLoad(5_000_000, 0, 1 << 30, Since.NONE)),
                new RankOnHost("10.0.0.5", new RankLoad(9_000_000, 0, 1 << 30, Since.NONE))),
            List.of(1));
    return new UpdateMetrics(
        update,
        1,
        256,
        loss,
        0.1,
        Map.of(),
        1.5,
        2000,
        10,
        1,
        2,
        3,
        Pause.NONE,
        Optional.empty(),
        Optional.of(ranks),
        UpdateMetrics.Outcome.APPLIED,
        0);
  }

  /** The numbers of the page, which its script shows. */
  private static void requirePage(String page) {
    assertThat(page)
        .startsWith("<!DOCTYPE html><html")
        .endsWith("</html>\n")
        .contains("Content-Security-Policy")
        .contains("\"name\":\"digits\"")
        .contains("\"update\":[1,40]")
        .contains("\"accuracy\":0.75")
        .contains("10.0.0.5")
        .doesNotContain("sesame");
  }

  /**
   * The history server's pages.
   *
   * @param application one with runs
   * @param other one without
   */
  private void requireHistory(Path log, Path store, String application, String other)
      throws Exception {
    SparkConf conf =
        new SparkConf()
            .set("spark.history.fs.logDirectory", log.toUri().toString())
            .set("spark.history.store.path", store.toString())
            .set("spark.history.ui.port", "0");
    FsHistoryProvider provider = new FsHistoryProvider(conf);
    HistoryServer server =
        new HistoryServer(conf, provider, HistoryServer$.MODULE$.createSecurityManager(conf), 0);
    server.initialize();
    try {
      server.bind();
      provider.start();
      String history = "http://127.0.0.1:%d/history/".formatted(server.boundPort());
      String pages = history + application;
      // The server looks for logs by itself, and answers 404 before it has.
      HttpResponse<String> jobs = response(pages + "/jobs/");
      for (int i = 0; i < 600 && jobs.statusCode() == 404; i++) {
        LockSupport.parkNanos(50_000_000);
        jobs = response(pages + "/jobs/");
      }
      assertThat(jobs.body()).contains("/cairn/");
      assertThat(get(pages + "/cairn/")).contains("runs/digits").contains("page/?number=0");
      requirePage(get(pages + "/cairn/page/?number=1"));
      assertThat(get(history + other + "/environment/")).doesNotContain("/cairn/");
    } finally {
      server.stop();
    }
  }

  private String get(String url) throws IOException, InterruptedException {
    HttpResponse<String> answer = response(url);
    assertThat(answer.statusCode()).as(url).isEqualTo(200);
    return answer.body();
  }

  private HttpResponse<String> response(String url) throws IOException, InterruptedException {
    return browser.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
