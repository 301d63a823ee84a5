/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.util.List;

/**
 * What is wrong with what a user gave a stage, said as Spark ML says it.
 *
 * <p>Threading: stateless.
 */
final class StageErrors {

  private StageErrors() {}

  /**
   * An exception that names the stage, and params instead of settings.
   *
   * @param problems a sentence each
   */
  static IllegalArgumentException of(CairnParams stage, List<String> problems, Throwable cause) {
    String all = String.join("\n  ", problems);
    return new IllegalArgumentException(
        stage.uid() + ": " + ParamSettings.inParams(stage, all), cause);
  }
}
