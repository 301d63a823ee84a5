/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.link.membership.Member;
import io.cairn.control.DriverLine;
import io.cairn.control.RpcDriverLine;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkContext$;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * What Spark tells a barrier task: its rank, the address that it may listen at, its GPU, its line
 * to the driver. It also makes the one exchange by which all ranks learn each other's addresses.
 *
 * <p>Threading: the task's thread.
 *
 * <p>Failure: {@link RendezvousException} if a rank of the attempt is missing or two ranks would
 * share a GPU.
 */
final class Rendezvous {

  private static final String GPU = "gpu";
  private static final String DRIVER = "driver";

  private final BarrierTaskContext context;
  private final int worldSize;
  private final DriverLine driver;

  private Rendezvous(BarrierTaskContext context, int worldSize, DriverLine driver) {
    this.context = context;
    this.worldSize = worldSize;
    this.driver = driver;
  }

  /**
   * Takes part in the barrier task this thread runs.
   *
   * @param worldSize how many ranks the plan has
   * @param channel by which the driver is found
   */
  static Rendezvous join(int worldSize, String channel) {
    JavaRelease.here()
        .problem()
        .ifPresent(
            problem -> {
              throw new RendezvousException(
                  problem
                      + ", for executors by spark.executorEnv.JAVA_HOME where it is not theirs");
            });
    // By Spark's own name for it, a timer would start that keeps a driver's process from ending.
    BarrierTaskContext context = (BarrierTaskContext) TaskContext.get();
    int tasks = context.getTaskInfos().length;
    if (tasks != worldSize) {
      throw new RendezvousException(
          "Spark launched " + tasks + " of the " + worldSize + " workers that the plan has");
    }
    return new Rendezvous(context, worldSize, RpcDriverLine.to(channel));
  }

  /** The address other executors reach this one at. */
  InetAddress address() throws IOException {
    return InetAddress.getByName(SparkEnv.get().blockManager().blockManagerId().host());
  }

  /** Where this executor may keep files; ranks on one host are spread over its disks. */
  Path localDirectory() {
    File[] directories = SparkEnv.get().blockManager().diskBlockManager().localDirs();
    return directories[context.partitionId() % directories.length].toPath();
  }

  /** The address of the GPU that Spark assigned to this task. */
  Optional<String> gpu() {
    ResourceInformation gpus = context.resourcesJMap().get(GPU);
    if (gpus == null || gpus.addresses().length == 0) {
      return Optional.empty();
    }
    if (gpus.addresses().length > 1) {
      throw new RendezvousException(
          "Spark assigned the GPUs "
              + Arrays.toString(gpus.addresses())
              + " to one worker, which uses one; set spark.task.resource.gpu.amount = 1 and start"
              + " an executor for each GPU");
    }
    return Optional.of(gpus.addresses()[0]);
  }

  /** The cores that this rank may compute on: its executor's, or in local mode the master's. */
  int cores() {
    int cores =
        SparkEnv.get().executorId().equals(DRIVER)
            ? SparkContext$.MODULE$.numDriverCores(SparkEnv.get().conf().get("spark.master"))
            : context.cpus();
    return Math.max(1, cores);
  }

  /** Whether Spark wants this task to end. */
  boolean isCancelled() {
    return context.isInterrupted();
  }

  /** This task's rank. */
  int rank() {
    return context.partitionId();
  }

  /**
   * Exchanges addresses and certificates' fingerprints with all ranks, by way of the driver. Blocks
   * until every rank is here.
   *
   * @param own where this rank listens, and who it proves to be there
   * @return all ranks in order
   */
  List<Member> meet(Member own) throws InterruptedException {
    String announced = Announcement.of(own, gpu().orElse("")).write();
    List<String> all = driver.gather(rank(), worldSize, announced, this::isCancelled);
    return Announcement.members(Announcement.readAll(all.toArray(new String[0]), worldSize));
  }

  /** This rank's line to the driver. */
  DriverLine driver() {
    return driver;
  }
}
