/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.bytedeco.openblas.global.openblas_full;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Which matrix kernels compute. An OpenBLAS that does not know the processor falls back to one made
 * for a processor of 2004 and is several times slower, silently; so its choice is logged.
 */
final class BlasKernel {

  private BlasKernel() {}

  static String describe() {
    String vendor = Nd4j.factory().blas().getBlasVendor().toString();
    if (!"OPENBLAS".equals(vendor)) {
      return vendor;
    }
    try {
      return "OpenBLAS kernel "
          + openblas_full.openblas_get_corename().getString()
          + " ("
          + openblas_full.openblas_get_config().getString().strip()
          + ")";
    } catch (LinkageError e) {
      return vendor + " (kernel unknown: " + e.getMessage() + ")";
    }
  }
}
