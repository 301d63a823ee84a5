/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.EnumSet;
import java.util.Set;

/** What may happen to a simulated run at any moment. */
enum SimulatedHazard {
  /** Somebody asks for a stop. */
  STOP,
  /** The cluster manager ends the application. */
  CLUSTER_ENDS,
  /** Another driver claims the run. */
  NEWER_CLAIM,
  /** The driver's process is ended. */
  PROCESS_ENDS,
  /** The file system does not do what it is asked for. */
  DISK_FAILS,
  /** Something fails that nobody has thought of. */
  DEFECT;

  /** Those after which a run does nothing more. */
  static Set<SimulatedHazard> endOfRun() {
    return EnumSet.of(STOP, CLUSTER_ENDS, PROCESS_ENDS);
  }

  /** Those that come whether or not the run does anything. */
  static Set<SimulatedHazard> fromOutside() {
    return EnumSet.of(STOP, CLUSTER_ENDS, NEWER_CLAIM, PROCESS_ENDS);
  }
}
