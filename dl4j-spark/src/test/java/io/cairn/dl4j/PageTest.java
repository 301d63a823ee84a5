/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code on the page is Java that compiles. */
class PageTest {

  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Path PAGE =
      Path.of(System.getProperty("cairn.root"), "docs", "dl4j-spark.md");

  @TempDir private Path folder;

  @Test
  void theCodeBeforeAndAfterCompiles() throws Exception {
    List<String> blocks =
        BLOCK.matcher(Files.readString(PAGE)).results().map(MatchResult::group).toList();
    assertThat(blocks).hasSize(2);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assumeThat(compiler)
        .as("a Java with a compiler")
        .isNotNull(); // -Dtests.java.home may name a JRE
    List<String> sources = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      String code = blocks.get(i).replaceAll("```(java)?", "");
      sources.add(
          Files.writeString(folder.resolve("Block" + i + ".java"), program(i, code)).toString());
    }
    StringWriter messages = new StringWriter();
    boolean compiled =
        compiler
            .getTask(
                messages,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-d",
                    folder.toString(),
                    "-cp",
                    System.getProperty("java.class.path")),
                null,
                compiler
                    .getStandardFileManager(null, null, null)
                    .getJavaFileObjectsFromStrings(sources))
            .call();
    assertThat(compiled).as(messages.toString()).isTrue();
  }

  private static String program(int number, String code) {
    return """
        import io.cairn.dl4j.CairnTrainingMaster;
        import java.io.File;
        import org.apache.spark.api.java.JavaRDD;
        import org.apache.spark.api.java.JavaSparkContext;
        import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
        import org.deeplearning4j.spark.api.TrainingMaster;
        import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
        import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
        import org.nd4j.evaluation.classification.Evaluation;
        import org.nd4j.linalg.dataset.DataSet;
        class Block%d {
          void run(JavaSparkContext sc, MultiLayerConfiguration configuration,
              JavaRDD<DataSet> trainingData) throws Exception {
            %s
          }
        }
        """
        .formatted(number, code);
  }
}
