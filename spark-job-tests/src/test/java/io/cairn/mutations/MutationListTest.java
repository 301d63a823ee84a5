/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list of mutations is about the sources that are there. */
class MutationListTest {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  @Test
  void eachTextIsInItsFileOnceAndEachTestIsThere() throws IOException {
    List<Mutation> mutations = MutationList.read();
    assertThat(mutations).isNotEmpty();
    for (Mutation mutation : mutations) {
      String source = Files.readString(ROOT.resolve(mutation.path()));
      assertThatCode(() -> mutation.appliedTo(source))
          .as("mutations.txt, line %d", mutation.line())
          .doesNotThrowAnyException();
      for (String test : mutation.tests()) {
        assertThat(MutationList.test(ROOT, test)).endsWith("." + test);
      }
    }
  }

  @Test
  void whiteSpaceIsLeftToTheFormatter() {
    Mutation mutation = new Mutation("X.java", "a(b, c);", "", List.of("XTest"), 1);
    assertThat(mutation.appliedTo("x;\na(\n    b, c);\ny;\n")).isEqualTo("x;\n\ny;\n");
  }

  @Test
  void aTextThatIsNotThereOrThereTwiceIsAnErrorByName() {
    Mutation mutation = new Mutation("X.java", "a();", "b();", List.of("XTest"), 1);
    assertThatThrownBy(() -> mutation.appliedTo("c();"))
        .hasMessage("X.java: a(); -> b();: the text is not in the file any more");
    assertThatThrownBy(() -> mutation.appliedTo("a();\na();"))
        .hasMessage("X.java: a(); -> b();: the text is in the file more than once");
  }

  @Test
  void aMistakeInTheListIsNamedByItsLine() {
    assertThatThrownBy(() -> MutationList.parse("# about\nX.java\n- a\n! XTest\n"))
        .hasMessage("mutations.txt, line 4: a line that begins with + is expected here");
  }
}
