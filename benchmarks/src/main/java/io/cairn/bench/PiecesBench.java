/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.collective.Pieces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The all-reduce's pieces by JMH, each in a process of its own: bytes of the caller's numbers in a
 * time, so that those that halve them on the way compare with those that do not.
 */
final class PiecesBench implements Bench.Benchmark {

  /** Names of figures by {@link Pieces}' methods. */
  private static final Map<String, String> BYTES = new LinkedHashMap<>();

  private static final Map<String, String> TIMES = new LinkedHashMap<>();

  static {
    BYTES.put("addFloat32", "add/float32");
    BYTES.put("addFloat64", "add/float64");
    BYTES.put("addInt64", "add/int64");
    BYTES.put("checksum", "frame/checksum");
    BYTES.put("bf16Round", "bf16/round");
    BYTES.put("bf16Pack", "bf16/pack");
    BYTES.put("bf16Add", "bf16/add");
    BYTES.put("bf16Unpack", "bf16/unpack");
    TIMES.put("headerEncode", "frame/header-encode");
    TIMES.put("headerDecode", "frame/header-decode");
  }

  @Override
  public String summary() {
    return "the all-reduce's pieces by JMH: adding, frames, checksums, bf16";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    Path log = Files.createTempFile("cairn-jmh", ".log");
    try {
      Map<String, Double> nanos = measure(log);
      BYTES.forEach(
          (method, name) ->
              figures.figure("pieces/" + name, Pieces.SEGMENT_BYTES / nanos.get(method), "GB/s"));
      TIMES.forEach((method, name) -> figures.figure("pieces/" + name, nanos.get(method), "ns"));
    } finally {
      Files.delete(log);
    }
  }

  /** Nanoseconds of a call, by method; what JMH has to say goes to a file. */
  private static Map<String, Double> measure(Path log) throws IOException {
    Map<String, Double> nanos = new LinkedHashMap<>();
    try {
      var options =
          new OptionsBuilder()
              .include("^" + Pieces.class.getName() + "\\.")
              .output(log.toString())
              .verbosity(VerboseMode.NORMAL)
              .shouldFailOnError(true)
              .build();
      for (RunResult result : new Runner(options).run()) {
        nanos.put(result.getPrimaryResult().getLabel(), result.getPrimaryResult().getScore());
      }
    } catch (RunnerException e) {
      throw new IOException("JMH said:\n" + Files.readString(log), e);
    }
    return nanos;
  }
}
