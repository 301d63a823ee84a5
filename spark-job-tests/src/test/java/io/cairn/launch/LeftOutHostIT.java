/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host that keeps failing gets no more barrier tasks, on a real cluster of three hosts. */
@Tag("heavy")
class LeftOutHostIT {

  private static final int JOBS = 20;

  @TempDir Path temp;

  @Test
  void barrierTasksRunOnTheOtherHosts() throws Exception {
    List<String> hosts = List.of("127.0.0.2", "127.0.0.3", "127.0.0.4");
    try (StandaloneCluster cluster = StandaloneCluster.start(temp, hosts);
        JavaSparkContext spark = new JavaSparkContext(conf(cluster))) {
      ClusterExecutors executors = new ClusterExecutors(spark.sc());
      assertThat(executors.await(3, Duration.ofMinutes(2), new StopRequest())).isEqualTo(3);
      assertThat(hostsOfBarrierTasks(spark)).containsExactlyInAnyOrderElementsOf(hosts);

      assertThat(executors.leaveOut("127.0.0.3", "77")).isTrue();
      assertThat(executors.count()).isEqualTo(2);
      assertThat(hostsOfBarrierTasks(spark)).containsExactlyInAnyOrder("127.0.0.2", "127.0.0.4");

      assertThat(executors.leaveOut("127.0.0.2", "78")).isTrue();
      assertThat(executors.leaveOut("127.0.0.4", "79")).as("the last one stays").isFalse();
      assertThat(executors.leftOut()).containsExactly("127.0.0.2", "127.0.0.3");
    }
  }

  /** Spark shuffles the executors it offers to each job. */
  private static Set<String> hostsOfBarrierTasks(JavaSparkContext spark) throws Exception {
    Set<String> hosts = new HashSet<>();
    for (int job = 0; job < JOBS; job++) {
      var examples = spark.parallelize(List.of(new byte[1], new byte[1]), 2);
      hosts.addAll(
          new BarrierJob(spark, "job-" + job, "where tasks run")
              .run(
                  examples,
                  examples,
                  (train, validation) -> {
                    String host = SparkEnv.get().blockManager().blockManagerId().host();
                    return Collections.singleton(host).iterator();
                  }));
    }
    return hosts;
  }

  private static SparkConf conf(StandaloneCluster cluster) {
    SparkConf conf =
        new SparkConf()
            .setMaster(cluster.address())
            .setAppName("left out")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.ui.enabled", "false")
            .set("spark.executor.cores", "1")
            .set("spark.executor.memory", "512m")
            .set("spark.cores.max", "3")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .set("spark.executorEnv.SPARK_SCALA_VERSION", System.getProperty("cairn.scala"));
    SparkSetup.leaveHostsOut(conf);
    return conf;
  }
}
