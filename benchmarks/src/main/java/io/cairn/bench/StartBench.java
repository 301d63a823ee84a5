/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.telemetry.StartPhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From the command {@code deploy/local/cairn train conf/quickstart.conf} to the first update, by
 * what it is spent on; without and with what {@code CAIRN_RECORD_START=on} has recorded, in turn.
 * Each is run once before, so that files are in the machine's memory, and there is a recording.
 */
final class StartBench implements Bench.Benchmark {

  private static final int RUNS = 5;
  private static final int LIMIT_MINUTES = 4;

  /** When a phase is over, and how long the process had lived then. */
  private static final Pattern LINE =
      Pattern.compile("(\\d+) start: (\\S+) is over, (\\d+) ms after .*");

  /** One file for all processes, each line with the time in milliseconds. */
  private static final String LOGGING =
      """
      rootLogger.level = error
      rootLogger.appenderRef.file.ref = file
      appender.file.type = File
      appender.file.name = file
      appender.file.fileName = %s
      appender.file.append = true
      appender.file.layout.type = PatternLayout
      appender.file.layout.pattern = %%d{UNIX_MILLIS} %%m%%n
      logger.start.name = %s
      logger.start.level = debug
      """;

  @Override
  public String summary() {
    return "from the quickstart's command to its first update, by phase";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    Map<String, Double> all = new HashMap<>();
    Map<String, List<Map<String, Double>>> runs = new LinkedHashMap<>();
    for (int run = 0; run <= RUNS; run++) {
      for (String recorded : List.of("off", "on")) {
        Path folder = home.scratch().resolve("start-%s-%d".formatted(recorded, run));
        Map<String, Double> measured = measure(home, folder, recorded);
        if (run > 0) {
          runs.computeIfAbsent(recorded, same -> new ArrayList<>()).add(measured);
          figures.note("run %d, recorded %s: %.2f s".formatted(run, recorded, measured.get("all")));
        }
      }
    }
    for (Map.Entry<String, List<Map<String, Double>>> of : runs.entrySet()) {
      String name = of.getKey().equals("on") ? "start/recorded/" : "start/";
      for (String phase : of.getValue().get(0).keySet()) {
        List<Double> took = of.getValue().stream().map(run -> run.get(phase)).toList();
        figures.figure(name + phase, Figures.median(took), "s");
      }
      all.put(
          of.getKey(), Figures.median(of.getValue().stream().map(run -> run.get("all")).toList()));
    }
    figures.figure("start/recorded-over-plain", all.get("on") / all.get("off"), "ratio");
  }

  /** What each phase took, in their order, and last all of them together. */
  private static Map<String, Double> measure(BenchHome home, Path folder, String recorded)
      throws IOException, InterruptedException {
    Files.createDirectory(folder);
    Path phases = folder.resolve("phases.log");
    Path logging = folder.resolve("log4j2.properties");
    Files.writeString(logging, LOGGING.formatted(phases, StartPhase.class.getName()));
    String option = "-Dlog4j2.configurationFile=file:" + logging;
    ProcessBuilder command =
        new ProcessBuilder(
                home.root().resolve("deploy/local/cairn").toString(),
                "train",
                "conf/quickstart.conf",
                "--set",
                "output=" + folder.resolve("run"),
                "--set",
                "spark.executor.extraJavaOptions=" + option)
            .directory(home.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    command.environment().put("CAIRN_JAVA_OPTIONS", option);
    command.environment().put("CAIRN_RECORD_START", recorded);
    command.environment().remove("OMP_NUM_THREADS");
    long start = System.currentTimeMillis();
    Process process = command.start();
    try {
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IllegalStateException(
            "the quickstart failed:\n" + Files.readString(folder.resolve("log")));
      }
    } finally {
      process.destroy();
    }
    return phases(start, Files.readAllLines(phases));
  }

  private static Map<String, Double> phases(long startMs, List<String> lines) {
    Map<String, Long> overMs = new HashMap<>();
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        long atMs = Long.parseLong(matcher.group(1));
        if (matcher.group(2).equals(StartPhase.SETTINGS.word())) {
          overMs.put("launcher", atMs - Long.parseLong(matcher.group(3)));
        }
        // A phase of ranks is over when it is for the last of them.
        overMs.merge(matcher.group(2), atMs, Math::max);
      }
    }
    List<Map.Entry<String, Long>> inOrder =
        overMs.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList();
    Map<String, Double> took = new LinkedHashMap<>();
    long before = startMs;
    for (Map.Entry<String, Long> phase : inOrder) {
      took.put(phase.getKey(), (phase.getValue() - before) / 1e3);
      before = phase.getValue();
    }
    took.put("all", (before - startMs) / 1e3);
    return took;
  }
}
