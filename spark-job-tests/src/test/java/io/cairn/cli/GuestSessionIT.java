/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.api.GuestProgram;
import io.cairn.docs.TrainDigits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training in the sessions of programs, in which nothing was set for Cairn. */
@Tag("heavy")
class GuestSessionIT {

  private static final String JAR = System.getProperty("cairn.jar");
  private static final String CLUSTER = "local-cluster[2,2,1024]";

  @TempDir Path temp;

  /** Executors of two cores, Java's serializer, no plugin. */
  @Test
  void sessionOfAProgramGivesTheBitsOfTheCommand() throws Exception {
    Path run = temp.resolve("run");
    String[] train = {
      "train", "conf/quickstart.conf", "--set", "output=" + run, "--set", "train.epochs=2"
    };
    try (DriverProcess driver = DriverProcess.submitted(temp, "local-cluster[2,1,1024]", train)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    guest(CLUSTER, "train,wrong,interrupt,again");
    assertThat(coefficients(temp.resolve("model.zip")))
        .isEqualTo(coefficients(run.resolve("model.zip")));
  }

  @Test
  void trainingIsStoppedCancelledAndDisturbedWithoutHarmToTheSession() throws Exception {
    guest(CLUSTER, "train,cancel,stop,kill,two,again");
  }

  /** As strict as a session can be about what it does not know. */
  @Test
  void serializerThatKnowsNoneOfOurClassesIsNoHindrance() throws Exception {
    guest(
        CLUSTER,
        "train,again",
        "spark.serializer=org.apache.spark.serializer.KryoSerializer",
        "spark.kryo.registrationRequired=true");
  }

  @Test
  void localSessionIsOneWorker() throws Exception {
    guest("local[2]", "train,again,interrupt");
  }

  @Test
  void programOfThePageTrains() throws Exception {
    List<String> jvm = List.of("-Dspark.master=local[*]", "-Dspark.ui.enabled=false");
    try (DriverProcess driver = DriverProcess.ofTests(temp, jvm, JAR, TrainDigits.class)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output()).contains("Total Parameters", "accuracy=0.9");
    }
  }

  private void guest(String master, String steps, String... settings) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(master, temp.toString(), steps));
    arguments.add("spark.jars=local:" + JAR);
    arguments.addAll(List.of(settings));
    try (DriverProcess driver =
        DriverProcess.ofTests(
            temp, List.of(), JAR, GuestProgram.class, arguments.toArray(new String[0]))) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output()).contains("OK all");
    }
  }

  private static byte[] coefficients(Path model) throws IOException {
    try (ZipFile zip = new ZipFile(model.toFile())) {
      return zip.getInputStream(zip.getEntry("coefficients.bin")).readAllBytes();
    }
  }
}
