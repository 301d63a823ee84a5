/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.bench.Contestant.Took;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContestantTest {

  /** As torch 2.8's Gloo does when it connects. */
  @Test
  void whatALibraryPrintsBetweenTheAnswersIsPassedOver() throws Exception {
    String gloo = "[Gloo] Rank 0 is connected to 1 peer ranks.";
    try (Contestant contestant =
        new Contestant(
            List.of(
                shell(
                    "echo '%s'; echo MEMBER a; read all; read work".formatted(gloo)
                        + "; echo '%s'; echo TOOK 7 3; read end".formatted(gloo))))) {
      assertThat(contestant.run(8, 1)).isEqualTo(new Took(7, 3));
    }
  }

  @Test
  void processThatEndsWithoutAnAnswerIsToldWithWhatItSaid() {
    assertThatThrownBy(() -> new Contestant(List.of(shell("echo no such library"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a process of the benchmark ended without \"MEMBER\":\nno such library");
  }

  private static ProcessBuilder shell(String script) {
    return new ProcessBuilder("sh", "-c", script);
  }
}
