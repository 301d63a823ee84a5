/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.settings.Secrets;
import io.cairn.telemetry.Program;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The page of a run, or of several side by side: one HTML file with all that it needs in it. It
 * loads nothing, and its content security policy forbids that it ever does.
 *
 * <p>Its size does not depend on the run's length ({@link Curves}).
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link NoRunException} where there is no run; an IOException where a file system
 * fails.
 */
public final class RunPage {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** With the version that the build has. */
  private static final String CHARTS = "/META-INF/resources/webjars/uplot/1.6.30/";

  private RunPage() {}

  /**
   * Writes {@code report.html} into a run's directory, in the place of what is there.
   *
   * @param output the run's directory
   * @param hadoop Hadoop settings on top of those on the class path
   * @return where it is
   */
  public static String write(String output, Map<String, String> hadoop) throws IOException {
    String page = of(List.of(output), hadoop, Instant.now());
    RunDirectory directory = RunDirectory.open(output, hadoop);
    directory.writePage(page);
    return directory.location() + "/" + RunDirectory.PAGE;
  }

  /**
   * The page of runs.
   *
   * @param outputs their directories, at least one
   * @param now when it is written
   */
  public static String of(List<String> outputs, Map<String, String> hadoop, Instant now)
      throws IOException {
    List<String> labels = labels(outputs).stream().map(Secrets::shown).toList();
    List<Object> runs = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      runs.add(PageData.of(RunStory.read(outputs.get(i), hadoop), labels.get(i)));
    }
    return of(runs, "Cairn: " + String.join(", ", labels), now);
  }

  /**
   * The page of runs.
   *
   * @param runs what {@link PageData} says of each
   */
  static String of(List<Object> runs, String title, Instant now) throws IOException {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("program", "Cairn " + Program.version());
    data.put("written", now.toString());
    data.put("runs", runs);
    return filled(
        resource("page.html"),
        Map.of(
            "title",
            escaped(title),
            "chart-licence",
            resource(CHARTS + "LICENSE").strip(),
            "chart-style",
            resource(CHARTS + "dist/uPlot.min.css"),
            "style",
            resource("page.css"),
            "data",
            inScript(JSON.writeValueAsString(data)),
            "chart-script",
            resource(CHARTS + "dist/uPlot.iife.min.js"),
            "charts",
            resource("charts.js"),
            "script",
            resource("page.js")));
  }

  /** A text between tags. */
  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }

  /** In one pass, so that what is filled in is not looked at again. */
  private static String filled(String template, Map<String, String> parts) {
    StringBuilder page = new StringBuilder();
    int at = 0;
    for (int open = template.indexOf("{{"); open >= 0; open = template.indexOf("{{", at)) {
      int close = template.indexOf("}}", open);
      page.append(template, at, open).append(parts.get(template.substring(open + 2, close)));
      at = close + 2;
    }
    return page.append(template.substring(at)).toString();
  }

  /** No text of the run's may end the script that it stands in. */
  private static String inScript(String json) {
    return json.replace("<", "\\u003c");
  }

  /** The shortest ends of the directories' paths that tell them apart. */
  private static List<String> labels(List<String> outputs) {
    List<String> whole = outputs.stream().map(output -> output.replaceAll("/+$", "")).toList();
    for (int parts = 1; parts < 8; parts++) {
      int some = parts;
      List<String> ends = whole.stream().map(path -> end(path, some)).toList();
      if (ends.stream().distinct().count() == ends.size()) {
        return ends;
      }
    }
    return whole;
  }

  private static String end(String path, int parts) {
    int from = path.length();
    for (int i = 0; i < parts && from > 0; i++) {
      from = path.lastIndexOf('/', from - 1);
    }
    return path.substring(from + 1);
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = RunPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException("a part of the page is not on the class path: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
