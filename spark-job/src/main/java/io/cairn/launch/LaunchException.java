/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.List;

/**
 * The run cannot be launched as it was asked for: an operator's mistake, never worth a retry.
 *
 * <p>The message lists all that is wrong, each with the setting, its value and what would fit.
 */
public final class LaunchException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** All that is wrong, one entry a problem. */
  public LaunchException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
