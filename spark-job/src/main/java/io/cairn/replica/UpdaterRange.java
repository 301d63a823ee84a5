/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;

/**
 * Where the updater keeps one of its values for each parameter of a stretch. Deeplearning4j joins
 * neighbouring parameters with the same updater into a block, and keeps, say, all first moments of
 * a block before all second ones.
 *
 * @param parameterOffset first parameter in the flat vector
 * @param stateOffset where its value stands in the updater's state
 * @param length how many
 * @param part which of the values that the updater keeps for a parameter, from 0
 */
record UpdaterRange(long parameterOffset, long stateOffset, long length, int part) {

  /** All of an updater's state. */
  static List<UpdaterRange> of(BaseMultiLayerUpdater<?> updater) {
    List<UpdaterRange> ranges = new ArrayList<>();
    for (UpdaterBlock block : updater.getUpdaterBlocks()) {
      long parameters = (long) block.getParamOffsetEnd() - block.getParamOffsetStart();
      long state = (long) block.getUpdaterViewOffsetEnd() - block.getUpdaterViewOffsetStart();
      for (int part = 0; parameters > 0 && part < state / parameters; part++) {
        ranges.add(
            new UpdaterRange(
                block.getParamOffsetStart(),
                block.getUpdaterViewOffsetStart() + part * parameters,
                parameters,
                part));
      }
    }
    return List.copyOf(ranges);
  }

  /** Where the value of a parameter of this stretch stands. */
  long stateOf(long parameter) {
    return stateOffset + parameter - parameterOffset;
  }
}
