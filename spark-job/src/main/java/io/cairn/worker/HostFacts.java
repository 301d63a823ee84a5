/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.json.StrictJson;
import io.cairn.replica.ComputeDevice;
import io.cairn.telemetry.Program;

/**
 * On what rank 0 computes, for those who compare runs: the content of {@code environment.json}.
 *
 * <p>Threading: immutable.
 *
 * @param cairn Cairn's version
 * @param java the Java machine's version
 * @param system the operating system
 * @param processors that the Java machine sees
 * @param compute ND4J's backend, its BLAS with the kernel, and whether layers have fast helpers
 */
record HostFacts(String cairn, String java, String system, int processors, String compute) {

  /** Those of this process. */
  static HostFacts here() {
    return new HostFacts(
        Program.version(),
        System.getProperty("java.runtime.version"),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        ComputeDevice.here());
  }

  String write() {
    return StrictJson.render(this);
  }
}
