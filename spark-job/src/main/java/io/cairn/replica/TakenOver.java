/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.FineTuneSettings.UpdaterState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * What a changed model takes over from the one it was made of: the parameters of all layers that
 * are not new, and, if that is wanted, the updater's state of those that are trained on.
 *
 * <p>Owns neither network.
 *
 * <p>Threading: the thread of both networks.
 */
final class TakenOver {

  private final Dl4jNetwork from;
  private final Dl4jNetwork to;
  private final Map<String, ParameterRange> known = new HashMap<>();

  /**
   * @param redrawn names of layers that are new
   */
  TakenOver(Dl4jNetwork from, Dl4jNetwork to, Set<String> redrawn) {
    this.from = from;
    this.to = to;
    from.ranges().stream()
        .filter(range -> !redrawn.contains(range.layer()))
        .forEach(range -> known.put(range.place(), range));
  }

  void copy(UpdaterState updater) {
    for (ParameterRange range : to.ranges()) {
      ParameterRange own = known.get(range.place());
      if (own != null) {
        part(to.parameters(), range.offset(), range.length())
            .assign(part(from.parameters(), own.offset(), own.length()));
      }
    }
    if (updater == UpdaterState.ARCHIVE && from.updaterState() != null) {
      copyState();
    }
  }

  /**
   * Gives the updaters the first values that those of the same kind have in the other network,
   * which has made no update. Keras has other first values than ND4J.
   */
  void start() {
    Map<Class<?>, List<Double>> starts = new HashMap<>();
    for (UpdaterBlock block : from.updaterBlocks()) {
      if (block.getUpdaterView() != null) {
        IUpdater updater = NetworkUpdater.updater(block);
        starts.computeIfAbsent(
            updater.getClass(), kind -> firsts(block, (int) updater.stateSize(1)));
      }
    }
    starts.forEach((kind, start) -> NetworkUpdater.start(to.updaterBlocks(), start, kind::equals));
  }

  /** The first value of each part of a block's state. */
  private static List<Double> firsts(UpdaterBlock block, int parts) {
    INDArray state = NetworkUpdater.flat(block.getUpdaterView());
    return IntStream.range(0, parts)
        .mapToObj(part -> state.getDouble(part * (state.length() / parts)))
        .toList();
  }

  /** A parameter's part of a block's state: Deeplearning4j keeps it in parts of equal length. */
  private record StatePart(UpdaterBlock block, IUpdater updater, long offset, long length) {

    /** The number of values that the updater keeps for a parameter. */
    long parts() {
      return updater.stateSize(1);
    }

    INDArray view(long part) {
      long blockLength = (long) block.getParamOffsetEnd() - block.getParamOffsetStart();
      INDArray state = NetworkUpdater.flat(block.getUpdaterView());
      return part(state, part * blockLength + offset, length);
    }
  }

  private void copyState() {
    Map<String, StatePart> own = stateParts(from);
    stateParts(to)
        .forEach(
            (place, state) -> {
              StatePart before = known.containsKey(place) ? own.get(place) : null;
              if (before != null && before.updater().equals(state.updater())) {
                for (long part = 0; part < state.parts(); part++) {
                  state.view(part).assign(before.view(part));
                }
              }
            });
  }

  private static Map<String, StatePart> stateParts(Dl4jNetwork network) {
    Map<Long, ParameterRange> byOffset = new HashMap<>();
    network.ranges().stream()
        .filter(range -> range.length() > 0)
        .forEach(range -> byOffset.put(range.offset(), range));
    Map<String, StatePart> parts = new HashMap<>();
    List<UpdaterBlock> blocks = network.updaterBlocks();
    for (UpdaterBlock block : blocks) {
      if (block.getUpdaterView() == null) {
        continue;
      }
      for (UpdaterBlock.ParamState state : block.getLayersAndVariablesInBlock()) {
        ParameterRange range = byOffset.get((long) state.getParamOffsetStart());
        IUpdater updater = state.getLayer().getConfig().getUpdaterByParam(state.getParamName());
        long offset = range.offset() - block.getParamOffsetStart();
        parts.put(range.place(), new StatePart(block, updater, offset, range.length()));
      }
    }
    return parts;
  }

  private static INDArray part(INDArray vector, long from, long length) {
    return vector.get(NDArrayIndex.interval(from, from + length));
  }
}
