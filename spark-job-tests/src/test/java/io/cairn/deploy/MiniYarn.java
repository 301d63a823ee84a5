/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * A YARN on this machine: a resource manager and two node managers that each report one GPU.
 * Without isolation, so the containers see whatever {@code nvidia-smi} shows them.
 *
 * <p>A program of its own, since YARN's servers and Spark's jars do not go together on one class
 * path. Arguments: a folder, which gets a client's configuration in {@code conf}. Prints {@code
 * READY} when nodes have joined, and ends with its standard input.
 */
public final class MiniYarn {

  static final String READY = "READY";
  static final String QUEUE = "training";

  private static final int NODES = 2;
  private static final int NODE_MIB = 8192;
  private static final int JOIN_MS = 300_000;

  private MiniYarn() {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    try (MiniYARNCluster cluster = new MiniYARNCluster("cairn", NODES, 1, 1)) {
      cluster.init(configuration());
      cluster.start();
      if (!cluster.waitForNodeManagersToConnect(JOIN_MS)) {
        throw new IllegalStateException("the node managers did not join");
      }
      Path conf = Files.createDirectories(folder.resolve("conf"));
      write(cluster.getConfig(), conf.resolve("yarn-site.xml"));
      Configuration core = new Configuration(false);
      core.set("fs.defaultFS", "file:///");
      write(core, conf.resolve("core-site.xml"));
      System.out.println(READY);
      while (System.in.read() >= 0) {
        // Whoever started us says nothing; only its end counts.
      }
    }
    System.exit(0);
  }

  private static Configuration configuration() {
    Configuration conf = new YarnConfiguration();
    conf.set("fs.defaultFS", "file:///");
    conf.set("yarn.resource-types", "yarn.io/gpu");
    conf.set("yarn.nodemanager.resource-plugins", "yarn.io/gpu");
    conf.set("yarn.nodemanager.resource-plugins.gpu.allowed-gpu-devices", "0:0");
    // Else the scheduler looks at memory alone and gives out more GPUs than there are.
    conf.set(
        "yarn.scheduler.capacity.resource-calculator",
        "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator");
    conf.setInt("yarn.minicluster.yarn.nodemanager.resource.memory-mb", NODE_MIB);
    conf.setInt("yarn.scheduler.maximum-allocation-mb", NODE_MIB);
    conf.setInt("yarn.scheduler.minimum-allocation-mb", 128);
    conf.set("yarn.scheduler.capacity.root.queues", "default," + QUEUE);
    conf.set("yarn.scheduler.capacity.root.default.capacity", "20");
    conf.set("yarn.scheduler.capacity.root." + QUEUE + ".capacity", "80");
    conf.set("yarn.scheduler.capacity.maximum-am-resource-percent", "0.5");
    conf.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
    conf.setFloat(
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 99.9f);
    return conf;
  }

  private static void write(Configuration conf, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      conf.writeXml(out);
    }
  }
}
