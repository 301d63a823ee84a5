/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.checkpoint.FileSystems;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;

/**
 * What an evaluation found, as a file: the same bytes for the same model and examples, however many
 * tasks there were. What is no number (the area under a curve that has no positive examples) is
 * null.
 *
 * <p>Threading: stateless.
 */
public final class EvaluationFile {

  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private EvaluationFile() {}

  /** The file's text. */
  public static String render(Measurement.Report report) throws IOException {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", VERSION);
    root.put("model", report.model());
    root.put("data", report.data());
    root.put("examples", report.examples());
    root.put("weight", report.weight());
    List<Object> outputs = new ArrayList<>();
    for (Measurement.OutputReport output : report.outputs()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("output", output.name());
      one.put("kind", output.kind().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'));
      one.putAll(output.results());
      outputs.add(one);
    }
    root.put("outputs", outputs);
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    return JSON.writer(printer).writeValueAsString(finite(root)) + "\n";
  }

  private static Object finite(Object value) {
    if (value instanceof Double number) {
      return Double.isFinite(number) ? number : null;
    }
    if (value instanceof List<?> list) {
      List<Object> all = new ArrayList<>();
      list.forEach(item -> all.add(finite(item)));
      return all;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> all = new LinkedHashMap<>();
      map.forEach((key, item) -> all.put((String) key, finite(item)));
      return all;
    }
    return value;
  }

  /** Writes it beside its place first, and then replaces what is there. */
  public static void write(Measurement.Report report, String place, SparkConf conf)
      throws IOException {
    write(render(report), place, conf);
  }

  /**
   * The same of any text.
   *
   * @param conf Spark's configuration, which knows Hadoop's settings
   */
  public static void write(String text, String place, SparkConf conf) throws IOException {
    Path path = new Path(place);
    Path aside = path.suffix(".new");
    FileSystem files = FileSystems.of(path, ModelToScore.hadoop(conf));
    try (OutputStream out = files.create(aside, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    files.delete(path, false);
    if (!files.rename(aside, path)) {
      throw new IOException("cannot rename " + aside + " to " + path);
    }
  }
}
