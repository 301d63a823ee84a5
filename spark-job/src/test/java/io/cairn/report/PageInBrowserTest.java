/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as a browser shows it. */
class PageInBrowserTest {

  private static final long LOADED_WITHIN_MS = 2_000;

  @TempDir Path temp;
  private Browser browser;

  @BeforeEach
  void start() throws Exception {
    if (Browser.program().isEmpty()) {
      System.err.println("SKIPPED for want of a Chromium (Debian: apt-get install chromium)");
    }
    assumeThat(Browser.program()).isPresent();
    browser = Browser.start(temp.resolve("profile"));
  }

  @AfterEach
  void nothingWasComplainedOf() {
    if (browser != null) {
      List<String> complaints = browser.complaints();
      browser.close();
      assertThat(complaints).isEmpty();
    }
  }

  private Path page(Path... runs) throws Exception {
    List<String> outputs = List.of(runs).stream().map(Path::toString).toList();
    return Files.writeString(
        temp.resolve("page.html"), RunPage.of(outputs, Map.of(), Instant.EPOCH));
  }

  private String fact(String name) {
    return browser
        .evaluate("document.querySelector('[data-fact=\"%s\"] b').textContent".formatted(name))
        .asText();
  }

  @Test
  void aRunIsShownAsItsFilesTellIt() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 300, 5);
    browser.show(page(run), 1200, 900, "light");
    assertThat(fact("updates")).isEqualTo("300");
    assertThat(fact("examples")).isEqualTo("38,400");
    assertThat(fact("attempts")).isEqualTo("3");
    assertThat(browser.evaluate("document.querySelector('h1').textContent").asText().strip())
        .isEqualTo("long </script><b>x");
    assertThat(browser.evaluate("document.querySelectorAll('.attempt.failed').length").intValue())
        .isEqualTo(2);
    // What is drawn, point by point.
    JsonNode drawn = browser.evaluate("Array.from(CairnCharts.all[0].plot.data[1])");
    JsonNode loss =
        RunPageTest.data(Files.readString(temp.resolve("page.html")))
            .at("/runs/0/updates/loss/mean");
    assertThat(drawn).isEqualTo(loss);
    // What the table under it says.
    browser.evaluate("document.querySelector('.chart details').open = true");
    browser.evaluate("new Promise(done => setTimeout(() => done(true), 100))");
    assertThat(
            browser
                .evaluate("document.querySelector('.chart tbody tr:last-child').textContent")
                .asText())
        .startsWith("300")
        .contains("%.5f".formatted(loss.path(299).doubleValue()).substring(0, 6));
  }

  @Test
  void anEarlyStopIsNoFailure() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 300, 5);
    Path status = run.resolve("STATUS.json");
    Files.writeString(
        status,
        Files.readString(status)
            .replace("\"reason\": \"\"", "\"reason\": \"early stopping\"")
            .replace("\"cause\": \"\"", "\"cause\": \"early stopping\""));
    browser.show(page(run), 1200, 900, "light");
    assertThat(browser.evaluate("document.querySelectorAll('.attempt.failed').length").intValue())
        .isEqualTo(2);
    assertThat(browser.evaluate("document.getElementById('head').textContent").asText())
        .contains("early stopping");
    // Nor is one that the run has gone on from since.
    Files.writeString(
        status,
        Files.readString(status)
            .replaceFirst("\"cause\": \"rank 1", "\"endedBy\": \"end\", \"cause\": \"rank 1"));
    browser.show(page(run), 1200, 900, "light");
    assertThat(browser.evaluate("document.querySelectorAll('.attempt.failed').length").intValue())
        .isEqualTo(1);
    // Nor is a stop.
    Files.writeString(
        status,
        Files.readString(status)
            .replaceFirst("\"cause\": \"executor", "\"endedBy\": \"stop\", \"cause\": \"executor"));
    browser.show(page(run), 1200, 900, "light");
    assertThat(browser.evaluate("document.querySelectorAll('.attempt.failed').length").intValue())
        .isZero();
    Files.writeString(
        status,
        Files.readString(status).replace("\"endedBy\": \"stop\"", "\"endedBy\": \"failure\""));
    browser.show(page(run), 1200, 900, "light");
    assertThat(browser.evaluate("document.querySelectorAll('.attempt.failed').length").intValue())
        .isEqualTo(1);
  }

  @Test
  void checkpointsAreWhereTheTimeGoes() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 300, 5);
    browser.show(page(run), 1200, 900, "light");
    String parts =
        "CairnCharts.all.find(c => c.chart.stacked).chart.series.map(s => s.name).join()";
    assertThat(browser.evaluate(parts).asText()).isEqualTo("compute,wait,reduce,apply");
    assertThat(browser.evaluate("document.getElementById('main').textContent").asText())
        .doesNotContain("checkpoint");

    RunFiles.withPauses(run);
    browser.show(page(run), 1200, 900, "light");
    assertThat(browser.evaluate(parts).asText()).isEqualTo("compute,wait,reduce,apply,checkpoint");
    assertThat(
            browser
                .evaluate(
                    "Array.from(document.querySelectorAll('h2')).find(h => h.textContent === 'Where the time went')"
                        + ".parentElement.textContent")
                .asText())
        .contains("checkpoints0.03 s", "keeping the best model, writing metrics0.57 s");
    assertThat(
            browser
                .evaluate(
                    "Array.from(CairnCharts.all.find(c => c.chart.title === 'Checkpoints by rank').plot.data[1])")
                .toString())
        .startsWith("[0.1,0.1,");
    assertThat(
            browser
                .evaluate("document.querySelector('[aria-label=\"rank, a table\"]').textContent")
                .asText())
        .contains("checkpoints, ms", "0.05");
  }

  @Test
  void calibrationIsAChartAndATable() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 300, 5);
    RunFiles.measure(run, "model-best.zip");
    browser.show(page(run), 1200, 900, "light");
    String chart = "CairnCharts.all.find(c => c.chart.shares)";
    assertThat(browser.evaluate("Array.from(" + chart + ".plot.data[0])").toString())
        .isEqualTo("[0,0.45,0.98,1]");
    assertThat(browser.evaluate(chart + ".plot.data[1].filter(y => y)").toString())
        .isEqualTo("[0.5,0.8333333333333334]");
    assertThat(
            browser
                .evaluate("[" + chart + ".plot.scales.x.min, " + chart + ".plot.scales.y.max]")
                .toString())
        .isEqualTo("[0,1]");
    assertThat(browser.evaluate("document.querySelector('table.calibration').textContent").asText())
        .contains("0.400 to 0.4670.450.54", "0.933 to 1.0000.980.8333336");
    assertThat(browser.evaluate("document.getElementById('main').textContent").asText())
        .contains(
            "Confusion",
            "Expected calibration error: 0.11",
            "the best model (model-best.zip, after update 1,200) on the run's validation data");
    assertThat(browser.evaluate("document.querySelector('table.confusion').textContent").asText())
        .isEqualTo("catdog</script>cat310dog021</script>102");
    browser.evaluate(chart + ".plotBox.focus()");
    browser.press("Home");
    browser.press("ArrowRight");
    assertThat(browser.evaluate(chart + ".readout.textContent").asText())
        .contains("right 0.5 (of 4)");
    // It depends on nothing that the others are drawn over.
    browser.evaluate("document.querySelector('input[value=seconds]').click()");
    assertThat(browser.evaluate(chart + ".plotBox.isConnected").asBoolean()).isTrue();
    assertThat(browser.evaluate("CairnCharts.all[1].axisName").asText())
        .isEqualTo("seconds of training");
  }

  @Test
  void keysMoveAlongAChartAndTellItsValues() throws Exception {
    browser.show(page(RunFiles.write(temp.resolve("run"), 300, 5)), 1200, 900, "light");
    browser.evaluate("CairnCharts.all[0].plotBox.focus()");
    browser.press("Home");
    assertThat(browser.evaluate("CairnCharts.all[0].readout.textContent").asText())
        .startsWith("update 1: training 2.");
    browser.press("ArrowRight");
    assertThat(browser.evaluate("CairnCharts.all[0].readout.textContent").asText())
        .startsWith("update 4: training 2.");
    browser.evaluate("document.querySelector('.key button').click()");
    assertThat(
            browser
                .evaluate("document.querySelector('.key button').getAttribute('aria-pressed')")
                .asText())
        .isEqualTo("false");
    browser.evaluate("document.querySelector('input[value=seconds]').click()");
    assertThat(browser.evaluate("CairnCharts.all[0].axisName").asText())
        .isEqualTo("seconds of training");
  }

  @Test
  void aHundredThousandUpdatesAreShownWithinTwoSeconds() throws Exception {
    browser.show(page(RunFiles.write(temp.resolve("run"), 100_000, 5)), 1200, 900, "dark");
    assertThat(browser.evaluate("performance.now()").doubleValue()).isLessThan(LOADED_WITHIN_MS);
    assertThat(browser.evaluate("document.getElementById('main').textContent").asText())
        .contains("stands for up to 64 updates");
    assertThat(
            browser.evaluate("Math.max(...CairnCharts.all[0].chart.series[0].max)").doubleValue())
        .isEqualTo(9.25);
  }

  @Test
  void threeRunsAreComparedOnAPhone() throws Exception {
    Path a = RunFiles.write(temp.resolve("a"), 200, 5);
    Path b = RunFiles.write(temp.resolve("b"), 300, 6);
    Path c = RunFiles.write(temp.resolve("c"), 5_000, 7);
    browser.show(page(a, b, c), 390, 844, "light");
    assertThat(browser.evaluate("document.querySelector('h1').textContent").asText())
        .isEqualTo("3 runs compared");
    assertThat(browser.evaluate("document.documentElement.scrollWidth").intValue())
        .as("nothing has to be scrolled sideways")
        .isLessThanOrEqualTo(390);
    String text = browser.evaluate("document.getElementById('main').textContent").asText();
    assertThat(text).contains("Settings that differ").contains("seed");
    assertThat(browser.evaluate("CairnCharts.all[0].chart.series.map(s => s.name).join()").asText())
        .isEqualTo("a,b,c");
  }
}
