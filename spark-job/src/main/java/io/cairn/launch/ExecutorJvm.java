/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * The options of the executors' Java machines: what the operator gives them, in any of the places
 * that Spark and Java look into, and what Cairn adds unless he has decided on it.
 *
 * <p>What stands in the environment of another machine or in an image cannot be seen from here.
 *
 * <p>Threading: one thread.
 */
final class ExecutorJvm {

  /** A Java machine takes options from these, whoever starts it. */
  static final List<String> VARIABLES =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private static final String OPTIONS = "spark.executor.extraJavaOptions";
  private static final String DEFAULT_OPTIONS = "spark.executor.defaultJavaOptions";
  private static final String ENVIRONMENT = "spark.executorEnv.";

  private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use(?!\\w*System)\\w*GC\\b");

  private static final Pattern HEAP = Pattern.compile("-Xmx\\S*|-XX:MaxHeapSize=\\S*");
  private static final Pattern SPARKS_SETTING = Pattern.compile("-D(spark[\\w.]*)(=\\S*)?");

  /** From which options are read that nobody sees here. */
  private static final Pattern FILE =
      Pattern.compile("(?<!\\S)(?:@|-XX:Flags=|-XX:VMOptionsFile=)\\S+");

  private final SparkConf conf;
  private final Map<String, String> inherited;

  /**
   * @param conf read, and added to
   * @param inherited what executors take over of this process's {@link #VARIABLES}
   */
  ExecutorJvm(SparkConf conf, Map<String, String> inherited) {
    this.conf = conf;
    this.inherited = inherited;
  }

  /** Where options are given, and which. */
  private Map<String, String> given() {
    Map<String, String> given = new LinkedHashMap<>();
    for (String key : List.of(DEFAULT_OPTIONS, OPTIONS)) {
      SparkSettings.value(conf, key).ifPresent(options -> given.put(key, options));
    }
    for (String variable : VARIABLES) {
      Optional<String> set = SparkSettings.value(conf, ENVIRONMENT + variable);
      if (set.isPresent()) {
        given.put(ENVIRONMENT + variable, set.get());
      } else if (inherited.containsKey(variable)) {
        given.put("the environment's " + variable, inherited.get(variable));
      }
    }
    return given;
  }

  /** The collectors that are chosen, and where each is first. */
  private Map<String, String> collectors() {
    return found(COLLECTOR);
  }

  private Map<String, String> found(Pattern pattern) {
    Map<String, String> found = new LinkedHashMap<>();
    given()
        .forEach(
            (where, options) -> {
              for (Matcher each = pattern.matcher(options); each.find(); ) {
                found.putIfAbsent(each.group(), where);
              }
            });
    return found;
  }

  /** Why no executor would start, a sentence each. */
  List<String> mistakes() {
    List<String> found = new ArrayList<>();
    contradiction().ifPresent(found::add);
    for (String key : List.of(DEFAULT_OPTIONS, OPTIONS)) {
      String options = SparkSettings.value(conf, key).orElse("");
      Matcher heap = HEAP.matcher(options);
      if (heap.find()) {
        found.add(
            "%s holds %s: Spark gives an executor the heap of spark.executor.memory; set that, and take %s out"
                .formatted(key, heap.group(), heap.group()));
      }
      Matcher setting = SPARKS_SETTING.matcher(options);
      if (setting.find()) {
        found.add(
            "%s holds %s: Spark takes none of its settings from there; give %s a value of its own in the block spark { }"
                .formatted(key, setting.group(), setting.group(1)));
      }
    }
    return found;
  }

  /** A Java machine does not start with two collectors. */
  private Optional<String> contradiction() {
    List<Map.Entry<String, String>> chosen = List.copyOf(collectors().entrySet());
    if (chosen.size() < 2) {
      return Optional.empty();
    }
    Map.Entry<String, String> one = chosen.get(0);
    Map.Entry<String, String> other = chosen.get(1);
    return Optional.of(
        "%s chooses %s, and %s %s: no executor starts with two collectors; take one out"
            .formatted(one.getValue(), one.getKey(), other.getValue(), other.getKey()));
  }

  /** What the operator has decided on and Cairn therefore does not, for him to know. */
  Optional<String> note() {
    return collectors().entrySet().stream()
        .findFirst()
        .map(chosen -> note("with " + chosen.getKey() + ", as " + chosen.getValue() + " says"))
        .or(
            () ->
                found(FILE).entrySet().stream()
                    .findFirst()
                    .map(
                        file ->
                            note("as " + file.getKey() + " of " + file.getValue() + " may say")));
  }

  private static String note(String how) {
    return "executors collect garbage "
        + how
        + "; else Cairn chooses the parallel one (docs/decisions/0005)";
  }

  /** Adds an option unless the operator has decided on it. */
  void option(String name, String value) {
    boolean decided =
        given().values().stream()
            .anyMatch(options -> options.contains(name) || options.contains(opposite(name)));
    if (!decided) {
      conf.set(OPTIONS, (conf.get(OPTIONS, "") + " " + name + value).strip());
    }
  }

  private static String opposite(String name) {
    return name.startsWith("-XX:-")
        ? name.replace("-XX:-", "-XX:+")
        : name.replace("-XX:+", "-XX:-");
  }

  /**
   * A pause of one rank is a pause of all, and every ND4J operation leaves references that live
   * until the next collection. So: few stop-the-world collections, which may use the cores of the
   * ranks that wait for them, and survivor spaces wide enough that those references die young
   * (docs/decisions/0005). An operator who has chosen a collector has tuned it.
   */
  void collectGarbageForThroughput(long heapMiB) {
    if (note().isPresent()) {
      return;
    }
    option("-XX:+UseParallelGC", "");
    option("-Xms", heapMiB + "m");
    option("-XX:NewRatio=", "1");
    option("-XX:SurvivorRatio=", "2");
    option("-XX:-UseAdaptiveSizePolicy", "");
  }
}
