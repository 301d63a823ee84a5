/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunPageTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OPEN = "<script type=\"application/json\" id=\"run-data\">";

  @TempDir Path temp;

  /** What the page's script reads. */
  static JsonNode data(String page) throws IOException {
    int from = page.indexOf(OPEN) + OPEN.length();
    return JSON.readTree(page.substring(from, page.indexOf("</script>", from)));
  }

  @Test
  void theNumbersOfThePageAreThoseOfTheFiles() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 300, 5);
    String place = RunPage.write(run.toString(), Map.of());
    assertThat(place).endsWith("/run/report.html");
    JsonNode updates = data(Files.readString(run.resolve("report.html"))).at("/runs/0/updates");
    int at = 0;
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode metrics = JSON.readTree(line);
      if (metrics.has("loss")) {
        for (String name : List.of("loss", "gradientNorm", "learningRate", "waitMs")) {
          assertThat(updates.path(name).path("mean").path(at).doubleValue())
              .isEqualTo(metrics.path(name).doubleValue());
        }
        assertThat(updates.path("update").path(at).longValue()).isEqualTo(at + 1);
        at++;
      }
    }
    assertThat(at).isEqualTo(300);
    assertThat(updates.path("loss").path("mean").size()).isEqualTo(300);
  }

  /** Thinned, yet the one outlier is there. */
  @Test
  void aLongRunHasAPageOfTheSameSize() throws Exception {
    Path run = RunFiles.write(temp.resolve("long"), 100_000, 5);
    String page = RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH);
    assertThat(page.length()).isLessThan(3_000_000);
    JsonNode updates = data(page).at("/runs/0/updates");
    assertThat(updates.path("count").longValue()).isEqualTo(100_000);
    double largest = 0;
    for (JsonNode value : updates.at("/loss/max")) {
      largest = Math.max(largest, value.doubleValue());
    }
    assertThat(largest).isEqualTo(9.25);
  }

  @Test
  void noSecretIsOnThePageAndNoTextEndsItsScript() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 3, 5);
    String page = RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH);
    assertThat(page)
        .doesNotContainPattern("tell.nobody")
        .doesNotContain("<b>x")
        .contains(
            "jdbc:postgresql://host/db?user=me&password=(not shown)",
            "https://(not shown)@host:8080/x?a=b&sig=(not shown)",
            "s3a://(not shown)@bucket");
    assertThat(data(page).at("/runs/0/name").textValue()).isEqualTo("long </script><b>x");
    // Nothing is loaded, whatever is on the page.
    assertThat(page)
        .contains("default-src 'none'", "base-uri 'none'", "form-action 'none'")
        .doesNotContainPattern("(src|href)=\"(?!#)")
        .doesNotContain("@import");
  }

  @Test
  void runsOfTheSameNameAreToldApart() throws Exception {
    String a = RunFiles.write(temp.resolve("a/run"), 3, 5).toString();
    String b = RunFiles.write(temp.resolve("b/run"), 4, 6).toString();
    JsonNode runs = data(RunPage.of(List.of(a, b + "/"), Map.of(), Instant.EPOCH)).path("runs");
    assertThat(runs.at("/0/label").textValue()).isEqualTo("a/run");
    assertThat(runs.at("/1/label").textValue()).isEqualTo("b/run");
  }

  /** Its last line may be half written. */
  @Test
  void aRunThatIsUnderWayHasAPage() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 5, 5);
    Path metrics = run.resolve("metrics.jsonl");
    String lines = Files.readString(metrics);
    Files.writeString(metrics, lines.substring(0, lines.length() - 20));
    JsonNode data = data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH));
    assertThat(data.at("/runs/0/updates/count").longValue()).isEqualTo(5);
    Files.writeString(metrics, "{\"update\": 1\n" + lines);
    assertThatThrownBy(() -> RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH))
        .isInstanceOf(NoRunException.class)
        .hasMessageContaining("metrics.jsonl, line 1 is no line of metrics");
  }

  @Test
  void groupsOfParametersHaveTheirOwnRates() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 2, 5);
    Files.writeString(
        run.resolve("metrics.jsonl"),
        """
        {"update":3,"epoch":1,"examples":8,"loss":0.5,"learningRate":0.1,"learningRates":{"embed":0.01,"rest":0.1},"gradientNorm":1.0,"examplesPerSecond":9.0,"computeMs":1.0,"waitMs":0.0,"reduceMs":0.0,"applyMs":0.0}
        """,
        StandardOpenOption.APPEND);
    JsonNode rates =
        data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH))
            .at("/runs/0/updates/learningRates");
    assertThat(rates.at("/embed/mean").toString()).isEqualTo("[null,null,0.01]");
    assertThat(rates.at("/rest/mean").toString()).isEqualTo("[null,null,0.1]");
  }

  @Test
  void theTimeOfTrainingIsInItsParts() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 300, 5);
    JsonNode old = data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH)).at("/runs/0");
    assertThat(old.at("/updates/totals/checkpointMs").doubleValue()).isZero();
    assertThat(old.at("/updates/totals/otherMs").doubleValue()).isZero();
    assertThat(old.at("/ranks/means")).isEmpty();
    double seconds = old.at("/updates/seconds/299").doubleValue();

    RunFiles.withPauses(run);
    JsonNode data =
        data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH)).at("/runs/0");
    JsonNode updates = data.path("updates");
    assertThat(updates.at("/checkpointMs/mean/9").doubleValue()).isEqualTo(1);
    assertThat(updates.at("/checkpointMs/mean/10").doubleValue()).isZero();
    assertThat(updates.at("/totals/checkpointMs").doubleValue()).isEqualTo(30);
    assertThat(updates.at("/totals/otherMs").doubleValue()).isEqualTo(570);
    assertThat(updates.at("/totals/applyMs").doubleValue()).isEqualTo(75);
    assertThat(updates.at("/seconds/299").doubleValue()).isCloseTo(seconds + 0.6, within(1e-4));
    assertThat(data.at("/ranks/means/1/checkpointMs").doubleValue()).isEqualTo(0.05);
    assertThat(data.at("/ranks/curves/0/checkpointMs/7").doubleValue()).isEqualTo(0.1);
    assertThat(data.at("/ranks/means/0/waitMs").doubleValue()).isEqualTo(0.5);
    assertThat(data.at("/ranks/curves/0/reduceMs/7").doubleValue()).isEqualTo(0.25);
    assertThat(data.at("/ranks/curves/0/applyMs/7").doubleValue()).isEqualTo(0.125);
    assertThat(data.at("/ranks/means/1/waitMs").doubleValue()).isZero();
  }

  /**
   * A matrix of more classes than a person can read is left out; how they are calibrated is not.
   */
  @Test
  void calibrationIsThatOfTheEvaluation() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 3, 5);
    RunFiles.evaluate(run);
    JsonNode output =
        data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH))
            .at("/runs/0/evaluation/0");
    assertThat(output.path("calibrationError").doubleValue()).isEqualTo(0.11);
    assertThat(output.at("/calibration/1/weight").intValue()).isEqualTo(6);
    assertThat(output.path("model").textValue()).isEqualTo("model-best.zip");
    assertThat(output.path("data").textValue()).isEqualTo("s3a://(not shown)@bucket");
    assertThat(output.path("classes")).hasSize(3);

    Path file = run.resolve("evaluation.json");
    String text = Files.readString(file);
    Files.writeString(
        file, text.replace("[{\"class\"", "[" + "{\"class\": \"x\"},".repeat(200) + "{\"class\""));
    JsonNode many =
        data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH))
            .at("/runs/0/evaluation/0");
    assertThat(many.path("confusion").isNull()).isTrue();
    assertThat(many.path("calibration")).hasSize(2);

    Files.writeString(file, text.replace("\"calibration\"", "\"later\""));
    assertThat(
            data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH))
                .at("/runs/0/evaluation/0/calibration"))
        .isEmpty();
  }

  private static JsonNode evaluations(Path run) throws IOException {
    return data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH))
        .at("/runs/0/evaluation");
  }

  @Test
  void theBestModelIsOnThePageWithoutAnEvaluation() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 3, 5);
    RunFiles.measure(run, "model-best.zip");
    JsonNode own = evaluations(run);
    assertThat(own).hasSize(1);
    assertThat(own.at("/0/model").textValue())
        .isEqualTo("the best model (model-best.zip, after update 1,200)");
    assertThat(own.at("/0/data").textValue()).isEqualTo("the run's validation data");
    assertThat(own.at("/0/name").textValue()).as("the only output").isEmpty();
    assertThat(own.at("/0/confusion/2/0").intValue()).isEqualTo(1);
    assertThat(own.at("/0/calibration/1/weight").intValue()).isEqualTo(6);

    RunFiles.measure(run, "model.zip");
    assertThat(evaluations(run).at("/0/model").textValue())
        .isEqualTo("the final model (model.zip, after update 1,200)");
  }

  /** One on other data, or of another model, is beside it; one that says the same is left out. */
  @Test
  void anEvaluationIsBesideWhatTheRunItselfHasMeasured() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 3, 5);
    RunFiles.measure(run, "model-best.zip");
    RunFiles.evaluate(run);
    assertThat(evaluations(run)).as("the same file, the same counts").hasSize(1);

    Path file = run.resolve("evaluation.json");
    String text = Files.readString(file);
    Files.writeString(file, text.replace("[[3, 1, 0]", "[[2, 2, 0]"));
    JsonNode both = evaluations(run);
    assertThat(both).hasSize(2);
    assertThat(both.at("/0/model").textValue()).startsWith("the best model");
    assertThat(both.at("/1/confusion/0/1").intValue()).isEqualTo(2);

    Files.writeString(file, text.replace("model-best.zip", "s3a://bucket/run/model.zip"));
    assertThat(evaluations(run)).hasSize(2);
  }

  /** It may have a layer of a class that only the run's own program has. */
  @Test
  void aModelThatCannotBeReadIsSaidAndTheRestIsShown() throws Exception {
    Path run = RunFiles.write(temp.resolve("run"), 3, 5);
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(run.resolve("model.zip")))) {
      zip.putNextEntry(new ZipEntry("configuration.json"));
      zip.write("{\"confs\": [{\"layer\": {\"@class\": \"org.example.Own\"}}]}".getBytes(UTF_8));
    }
    JsonNode data = data(RunPage.of(List.of(run.toString()), Map.of(), Instant.EPOCH));
    assertThat(data.at("/runs/0/updates/count").longValue()).isEqualTo(3);
    assertThat(data.at("/runs/0/model")).isEmpty();
    assertThat(data.at("/runs/0/modelProblem").textValue())
        .startsWith("model.zip is not a configuration");
  }

  @Test
  void aFolderWithoutARunIsRefused() {
    assertThatThrownBy(() -> RunPage.of(List.of(temp.toString()), Map.of(), Instant.EPOCH))
        .isInstanceOf(NoRunException.class)
        .hasMessage(temp + " holds no run: it has no settings.json");
  }
}
