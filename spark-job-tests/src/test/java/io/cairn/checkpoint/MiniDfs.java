/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * An HDFS on this machine: a name node and two data nodes.
 *
 * <p>A program of its own, since Hadoop's servers and Spark's jars do not go together on one class
 * path. Argument: a folder for its data. Prints {@code READY} and the address when it can be used,
 * and ends with its standard input.
 */
public final class MiniDfs {

  static final String READY = "READY ";
  private static final int DATA_NODES = 2;

  private MiniDfs() {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    Configuration conf = new Configuration();
    conf.setBoolean("dfs.permissions.enabled", false);
    MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(conf, Path.of(arguments[0]).toFile())
            .numDataNodes(DATA_NODES)
            .build();
    cluster.waitActive();
    System.out.println(READY + cluster.getURI());
    while (System.in.read() >= 0) {
      // Whoever started us says nothing; only its end counts.
    }
    cluster.shutdown();
    System.exit(0);
  }
}
