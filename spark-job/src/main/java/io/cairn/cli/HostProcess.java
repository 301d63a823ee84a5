/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.data.source.SparkInternals;
import io.cairn.launch.LaunchException;
import io.cairn.launch.Outcome;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.apache.spark.SparkUserAppException;

/**
 * In which kind of process the driver runs: a process of its own, spark-submit's, or a container
 * that a cluster manager started.
 *
 * <p>Threading: stateless.
 */
final class HostProcess {

  private HostProcess() {}

  /** Whether Spark started it, so that the log is its operator's. */
  static boolean isSubmitted() {
    return Boolean.getBoolean("SPARK_SUBMIT") || isInCluster(System::getProperty);
  }

  /**
   * Ends the program with an exit code. The process is not ours inside YARN's application master:
   * to that, a driver that exits has failed, whatever its code, and is to be run again.
   *
   * @throws SparkUserAppException in an application master, with a code that is not 0
   */
  static void end(int exitCode) throws SparkUserAppException {
    end(exitCode, System::getProperty, System::exit);
  }

  static void end(int exitCode, UnaryOperator<String> properties, IntConsumer exit)
      throws SparkUserAppException {
    if (!isApplicationMaster(properties)) {
      exit.accept(exitCode);
    } else if (exitCode != 0) {
      throw SparkInternals.exit(exitCode);
    }
  }

  /**
   * Ends a program that runs on a Java, or in a Spark, that its jar is not for, which is invalid.
   * Nothing of Spark's is called, since it may not be there.
   *
   * @throws LaunchException in an application master, which shows what it says
   */
  static void endUnsupported(LaunchException why) {
    endUnsupported(why, System::getProperty, System::exit);
  }

  static void endUnsupported(
      LaunchException why, UnaryOperator<String> properties, IntConsumer exit) {
    if (isApplicationMaster(properties)) {
      throw why;
    }
    exit.accept(Outcome.EXIT_INVALID);
  }

  private static boolean isApplicationMaster(UnaryOperator<String> properties) {
    return isInCluster(properties) && "yarn".equals(properties.apply("spark.master"));
  }

  private static boolean isInCluster(UnaryOperator<String> properties) {
    return "cluster".equals(properties.apply("spark.submit.deployMode"));
  }
}
