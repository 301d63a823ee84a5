/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Problem;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A description of a model that does not fit the data, or itself. Its message has a line for each
 * problem, with file and line.
 */
public final class DescriptionException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DescriptionException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
  }
}
