/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Does nothing any more. Spark's settings at some sites name it ({@code spark.plugins}), and Spark
 * does not start with a plugin that is not there; what it did, {@code io.cairn.control} does
 * without being configured.
 *
 * <p>Threading: stateless.
 */
public final class CairnPlugin implements SparkPlugin {

  /** Made by Spark. */
  public CairnPlugin() {}

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return null;
  }
}
