/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run does before its first update, in this order: first on the driver, then on each rank.
 * The end of each phase is logged at debug level, for those who look for the time of a start.
 *
 * <p>Threading: safe everywhere.
 */
public enum StartPhase {
  /** The driver's process has started, and has read its settings. */
  SETTINGS,
  /** Spark has started, or was there; its executors may still be starting. */
  SESSION,
  /** The model is read. */
  MODEL,
  /** The model has been tried on the shapes of the data. */
  TRIAL,
  /** The data are surveyed. */
  SURVEY,
  /** The run is claimed. */
  CLAIM,
  /** All executors are there. */
  EXECUTORS,
  /** The examples are dealt, and this rank's task begins. */
  DEAL,
  /** This rank's examples are on its disk. */
  STAGING,
  /** All ranks have told each other where they are. */
  RENDEZVOUS,
  /** ND4J has started. */
  DEVICE,
  /** The ranks are connected. */
  CONNECTION,
  /** This rank has its copy of the model. */
  REPLICA,
  /** The ranks have checked their gradients. */
  SELF_CHECK,
  /** The first update of the attempt is made. */
  FIRST_UPDATE;

  private static final Logger LOG = LoggerFactory.getLogger(StartPhase.class);

  /** The phase's name, for a person. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Says that the phase is over in this process, how long ago the process began, and how much
   * processor time it has taken since.
   */
  public void over() {
    if (LOG.isDebugEnabled()) {
      long sinceMs =
          System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
      LOG.debug(
          "start: {} is over, {} ms after this process began, {} ms of processor time",
          word(),
          sinceMs,
          processorMs());
    }
  }

  private static long processorMs() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime()
        / 1_000_000;
  }
}
