/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.apache.spark.ml.param.Param;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/spark-ml.md shows is right. */
class SparkMlPageTest {

  private static final Path PAGE = Path.of("../docs/spark-ml.md");
  private static final String FENCE = "```";

  @Test
  void itsJavaCompiles(@TempDir Path classes) throws Exception {
    List<String> imports = new ArrayList<>();
    List<String> body = new ArrayList<>();
    boolean within = false;
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith(FENCE)) {
        within = line.equals(FENCE + "java");
      } else if (within) {
        (line.startsWith("import ") ? imports : body).add(line);
      }
    }
    assertThat(body).hasSizeGreaterThan(10);
    String source =
        """
        %s
        import org.apache.spark.sql.Dataset;
        import org.apache.spark.sql.Row;

        class Page {
          static void run(Dataset<Row> training, Dataset<Row> today, String[] columns)
              throws Exception {
            %s
          }
        }
        """
            .formatted(String.join("\n", imports), String.join("\n", body));
    StringWriter errors = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assumeThat(compiler)
        .as("a Java with a compiler")
        .isNotNull(); // -Dtests.java.home may name a JRE
    boolean compiled =
        compiler
            .getTask(
                errors,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    classes.toString()),
                null,
                List.of(new Source(source)))
            .call();
    assertThat(compiled).as(errors.toString()).isTrue();
  }

  @Test
  void itListsEveryParam() throws Exception {
    String page = Files.readString(PAGE);
    assertThat(
            Arrays.stream(new CairnClassifier().params())
                .map(Param::name)
                .filter(name -> !page.contains("`" + name + "`"))
                .collect(Collectors.joining(", ")))
        .isEmpty();
    assertThat(page.toLowerCase(Locale.ROOT)).contains("`inputs`", "`probabilitycols`");
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String text) {
      super(URI.create("string:///Page.java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreErrors) {
      return text;
    }
  }
}
