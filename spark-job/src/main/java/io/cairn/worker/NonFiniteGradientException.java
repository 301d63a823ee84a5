/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/**
 * A gradient or loss is NaN or infinite, and the settings say that the run must fail then. Nothing
 * was applied.
 */
public final class NonFiniteGradientException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NonFiniteGradientException(long update, String where) {
    super(
        "update "
            + update
            + ": the gradient is not finite, first in "
            + where
            + "; nothing was applied. A smaller learning rate or train.clip-global-norm may help;"
            + " train.on-non-finite = skip leaves such updates out");
  }
}
