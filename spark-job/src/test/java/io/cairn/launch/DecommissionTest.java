/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.source.SparkFixture;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.scheduler.ExecutorDecommissionInfo;
import org.apache.spark.scheduler.ExecutorKilled$;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.TaskSchedulerImpl;
import org.apache.spark.scheduler.WorkerOffer;
import org.apache.spark.scheduler.cluster.ExecutorInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.immutable.Map$;

/**
 * Whose decommissioning stops a run: of Spark's own scheduler, to which executors are announced
 * that have no cores.
 */
class DecommissionTest {

  /** Two that are announced, and the driver, which is an executor in local mode. */
  private static final int WORKERS = 3;

  private final SparkContext spark = SparkFixture.spark().sparkContext();
  private final TaskSchedulerImpl scheduler = (TaskSchedulerImpl) spark.taskScheduler();
  private final ClusterExecutors executors = new ClusterExecutors(spark);

  @AfterEach
  void removeAll() throws Exception {
    for (String executor : List.of("1", "2", "spare")) {
      scheduler.executorLost(executor, ExecutorKilled$.MODULE$);
      spark.listenerBus().post(new SparkListenerExecutorRemoved(0, executor, "the test is over"));
    }
    spark.listenerBus().waitUntilEmpty();
  }

  @Test
  void oneWithoutARankConcernsNobodyWhileRanksAreAtWork() throws Exception {
    add("1", "2", "spare");
    decommission("spare");
    assertThat(leaving(Set.of("1", "2"))).isEmpty();
    decommission("2");
    assertThat(leaving(Set.of("1", "2"))).contains("executor 2 on host-2");
  }

  @Test
  void beforeRanksBeginOneThatIsNotNeededConcernsNobody() throws Exception {
    add("1", "2", "spare");
    decommission("spare");
    assertThat(leaving(Set.of())).isEmpty();
    decommission("1");
    assertThat(leaving(Set.of())).as("one is missing").isPresent();
  }

  private Optional<String> leaving(Set<String> atWork) {
    return Attempt.leaving(executors, atWork, WORKERS);
  }

  private void add(String... names) throws Exception {
    for (String name : names) {
      String host = "host-" + name;
      ExecutorInfo info = new ExecutorInfo(host, 1, Map$.MODULE$.empty(), Map$.MODULE$.empty());
      spark.listenerBus().post(new SparkListenerExecutorAdded(0, name, info));
      WorkerOffer offer =
          new WorkerOffer(
              name,
              host,
              0,
              Option.empty(),
              WorkerOffer.apply$default$5(),
              ResourceProfile.DEFAULT_RESOURCE_PROFILE_ID());
      scheduler.resourceOffers(JavaConverters.asScalaBuffer(List.of(offer)).toIndexedSeq(), false);
    }
    spark.listenerBus().waitUntilEmpty();
  }

  private void decommission(String name) {
    scheduler.executorDecommission(
        name, new ExecutorDecommissionInfo("scaled down", Option.empty()));
  }
}
