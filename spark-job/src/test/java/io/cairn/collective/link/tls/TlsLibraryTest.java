/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which library encrypts: the fast one, or the JDK where that cannot be loaded. */
class TlsLibraryTest {

  /** Prints what another process chooses. */
  static final class Choice {
    private Choice() {}

    public static void main(String[] arguments) {
      System.out.println("chose " + TlsLibrary.best());
    }
  }

  @ParameterizedTest
  @EnumSource(TlsLibrary.class)
  void everyLibraryTalksToItself(TlsLibrary library) {
    assertThatCode(() -> TlsTrial.of(library)).doesNotThrowAnyException();
  }

  @Test
  void boringSslIsChosenOnThePlatformThatTheJarIsFor() {
    assertThat(TlsLibrary.best()).isEqualTo(TlsLibrary.BORINGSSL);
  }

  @Test
  void whereNoLibraryCanBeUnpackedTheJdkEncryptsAndOneLineSaysWhy() throws Exception {
    assertThat(choiceWith("-Dio.netty.native.workdir=/proc/nowhere"))
        .contains("chose JDK")
        .containsOnlyOnce("connections are encrypted by the JDK")
        .contains("BoringSSL cannot be used: java.");
  }

  private static String choiceWith(String option) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                option,
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Choice.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
