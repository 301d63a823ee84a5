/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

class CairnTest {

  private static final String LOG_CONFIGURATION = "log4j2.configurationFile";

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String before;

  @BeforeEach
  void keepTheLogOfTests() {
    before = System.getProperty(LOG_CONFIGURATION);
    System.setProperty(LOG_CONFIGURATION, "log4j2-test.properties");
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(LOG_CONFIGURATION);
    } else {
      System.setProperty(LOG_CONFIGURATION, before);
    }
  }

  @Test
  void helpNamesCommandsAndExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("plan", "train", "75", "stopped, can be continued");
    assertThat(run("train", "--help")).isZero();
    assertThat(out.toString()).contains("--resume=MODE", "--set=KEY=VALUE");
  }

  @Test
  void everyCommandHasAVersion() {
    assertThat(run("--version")).isZero();
    assertThat(run("plan", "--version")).isZero();
    assertThat(run("train", "--version")).isZero();
    assertThat(out.toString().lines()).hasSize(3).allMatch(line -> line.startsWith("cairn "));
  }

  @Test
  void wrongUsageIsExitCode2() {
    assertThat(run()).isEqualTo(2);
    assertThat(run("fly")).isEqualTo(2);
    assertThat(run("train")).isEqualTo(2);
    assertThat(run("train", "a.conf", "--resume", "perhaps")).isEqualTo(2);
    assertThat(err.toString()).contains("a command is missing", "CONF", "perhaps");
  }

  @Test
  void wrongSettingsAreListedWithoutAStackTraceAndLeaveNothing() throws IOException {
    Path conf = temp.resolve("run.conf");
    Path output = temp.resolve("out");
    Files.writeString(conf, "output = \"" + output + "\"\nbatch.micro = -3\nfoo = 1\n");
    assertThat(run("train", conf.toString(), "--set", "batch.steps=x")).isEqualTo(2);
    assertThat(err.toString())
        .contains("run.conf:2: batch.micro = -3", "run.conf:3: foo", "--set batch.steps = x")
        .doesNotContain("Exception", "\tat ");
    assertThat(output).doesNotExist();
  }

  @Test
  void aProbeThatCannotBeIsListedWithEverythingElse() throws IOException {
    Path conf = temp.resolve("run.conf");
    Files.writeString(
        conf, "batch { workers = 3, micro = auto\nsteps = 4, effective = 512 }\nfoo = 1\n");
    assertThat(run("train", conf.toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "run.conf:2: batch.steps = 4: contradicts batch.micro = auto",
            "run.conf:3: foo",
            "output: is missing");
    assertThat(run("train", conf.toString(), "--set", "batch.steps=null")).isEqualTo(2);
    assertThat(err.toString())
        .contains("run.conf:2: batch.effective = 512: is not a multiple of workers 3");
  }

  @Test
  void howDataIsReadIsRefusedWithoutData() throws IOException {
    String conf = "../conf/quickstart.conf";
    assertThat(run("evaluate", conf, "--data-format", "json")).isEqualTo(2);
    assertThat(run("evaluate", conf, "--data-option", "sep=;")).isEqualTo(2);
    String[] table = {"evaluate", conf, "--data", "t", "--data-format", "table"};
    assertThat(run(concat(table, "--data-option", "sep=;"))).isEqualTo(2);
    assertThat(err.toString())
        .contains("--data-format = json says how --data is read, which is not given")
        .contains("--data-option sep=;: it is for --data, which is not given")
        .contains("--data-option sep=;: a table has no options");
  }

  private static String[] concat(String[] first, String... more) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray(String[]::new);
  }

  @Test
  void unexpectedErrorIsOneLineAndWithVerboseItsStack() {
    assertThat(handled("train", "a.conf")).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("cairn failed: IllegalStateException: a broken invariant")
        .contains("details are in the driver's log")
        .doesNotContain("\tat ");
    assertThat(handled("train", "a.conf", "--verbose")).isEqualTo(1);
    assertThat(err.toString()).contains("\tat io.cairn.cli.CairnTest");
  }

  @Test
  void aStoreThatCannotBeUsedIsASentenceAndExitCode2() {
    assertThat(run("report", "nowhere://bucket/run")).isEqualTo(2);
    String[] missing = {"--set", "spark.hadoop.fs.elsewhere.impl=org.example.Missing"};
    assertThat(run(concat(new String[] {"report", "elsewhere://bucket/run"}, missing)))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("nowhere", "elsewhere:// needs jars that are not on the class path")
        .doesNotContain("cairn failed");
    IOException denied = new IOException("s3a://bucket/run: Status Code: 403; AccessDenied");
    assertThat(handled(denied, "report", "s3a://bucket/run")).isEqualTo(2);
    assertThat(err.toString()).contains("access is refused: s3a://bucket/run");
  }

  /** Not on the file system that Hadoop takes where no scheme is given. */
  @Test
  void aComparisonIsWrittenWhereTheUserIs() {
    assertThat(ReportCommand.here("comparison.html"))
        .isEqualTo(Path.of("comparison.html").toAbsolutePath().toUri().toString())
        .startsWith("file:///");
  }

  private int handled(String... arguments) {
    return handled(new IllegalStateException("a broken invariant"), arguments);
  }

  private int handled(Exception thrown, String... arguments) {
    CommandLine commands = new CommandLine(new Cairn()).setErr(new PrintWriter(err, true));
    ParseResult parsed = commands.parseArgs(arguments);
    CommandLine command = parsed.subcommand().commandSpec().commandLine();
    return new Mistakes().handleExecutionException(thrown, command, parsed);
  }

  private int run(String... arguments) {
    return Cairn.run(arguments, new PrintWriter(out), new PrintWriter(err));
  }
}
