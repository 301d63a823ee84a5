/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.control;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcTimeout;
import org.apache.spark.util.RpcUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.Await;
import scala.concurrent.Future;
import scala.concurrent.duration.Duration;
import scala.concurrent.duration.FiniteDuration;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * The line from an executor, over Spark's RPC.
 *
 * <p>What it asks of Spark is public to Java but no promise of Spark's; it is what Spark's own
 * plugins are made of ({@code PluginEndpoint}).
 */
public final class RpcDriverLine implements DriverLine {

  private static final Logger LOG = LoggerFactory.getLogger(RpcDriverLine.class);
  private static final ClassTag<Boolean> ANSWER = ClassTag$.MODULE$.apply(Boolean.class);
  private static final ClassTag<String[]> TEXTS = ClassTag$.MODULE$.apply(String[].class);
  private static final FiniteDuration LOOK_EVERY = Duration.create(200, TimeUnit.MILLISECONDS);

  /** Who waits for others is ended by the attempt, not by a clock. */
  private static final FiniteDuration LONGEST_GATHERING = Duration.create(7, TimeUnit.DAYS);

  private final RpcEndpointRef driver;

  private RpcDriverLine(RpcEndpointRef driver) {
    this.driver = driver;
  }

  /**
   * In a task: the line to the driver's end of this name.
   *
   * @throws ControlException if the driver has no such end, because the attempt is over
   */
  public static DriverLine to(String name) {
    SparkEnv env = SparkEnv.get();
    try {
      return new RpcDriverLine(RpcUtils.makeDriverRef(name, env.conf(), env.rpcEnv()));
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw new ControlException("the driver does not answer for " + name, e);
    }
  }

  @Override
  public List<String> gather(int rank, int ranks, String own, BooleanSupplier isCancelled)
      throws InterruptedException {
    String[] message = {DriverEnd.GATHER, Integer.toString(rank), Integer.toString(ranks), own};
    Future<String[]> all =
        driver.ask(message, new RpcTimeout(LONGEST_GATHERING, "the attempt's end"), TEXTS);
    while (true) {
      try {
        return List.of(Await.result(all, LOOK_EVERY));
      } catch (TimeoutException notYet) {
        if (isCancelled.getAsBoolean()) {
          throw new InterruptedException("the task was ended while it waited for the other ranks");
        }
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) { // Scala throws checked exceptions without declaring them
        throw new ControlException("rank " + rank + " could not meet the others", e);
      }
    }
  }

  @Override
  public void progress(String line) {
    try {
      driver.send(new String[] {DriverEnd.PROGRESS, line});
    } catch (RuntimeException e) {
      LOG.warn("progress could not be sent to the driver: {}", e.toString());
    }
  }

  @Override
  public boolean isStopAsked() {
    try {
      return driver.askSync(new String[] {DriverEnd.IS_STOP_ASKED}, ANSWER);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      LOG.warn("the driver does not answer: {}", e.toString());
      return false;
    }
  }

  @Override
  public void stopped(String reason) {
    try {
      driver.askSync(new String[] {DriverEnd.STOPPED, reason}, ANSWER);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      LOG.warn("the driver was not told of the stop: {}", e.toString());
    }
  }
}
