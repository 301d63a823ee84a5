/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.replica.HeadStart;
import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Lets executors that were started for a run start ND4J at once, while the driver looks at the
 * data. Executors of a cluster or of a program do without: they have Cairn's classes later, or have
 * something else to do.
 *
 * <p>Threading: Spark's; nothing blocks.
 */
public final class HeadStartPlugin implements SparkPlugin {

  /** Made by Spark. */
  public HeadStartPlugin() {}

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extraConf) {
        HeadStart.begin();
      }
    };
  }
}
