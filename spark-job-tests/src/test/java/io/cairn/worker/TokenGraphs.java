/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.replica.GraphWishes;
import io.cairn.replica.GraphWishes.NewOutput;
import io.cairn.replica.ModelSource;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import io.cairn.settings.OutputReplacement;
import io.cairn.settings.OutputReplacement.Pooling;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** SameDiff graphs over sentences: a class for each, or for each of its tokens. */
final class TokenGraphs {

  static final int CLASSES = 3;
  static final int VOCABULARY = 11;
  static final int WIDTH = 6;

  private TokenGraphs() {}

  /** The model as every worker reads it. */
  static byte[] archive(DataType type, Loss loss) {
    return read(type, loss, loss == Loss.SPARSE, Optional.empty()).archive();
  }

  /** One with a new output over the mean of its steps, of which the embedding is frozen. */
  static ModelSource tuned(DataType type) {
    OutputReplacement output =
        new OutputReplacement(
            OptionalInt.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Pooling.MEAN),
            Optional.empty());
    FineTuneSettings settings =
        new FineTuneSettings(
            Optional.empty(),
            List.of("embedding"),
            Optional.of(output),
            List.of(),
            FineTuneSettings.UpdaterState.FRESH);
    return read(type, Loss.SPARSE, false, Optional.of(new NewOutput(output, 7)))
        .fineTuned(settings, 7);
  }

  private static ModelSource read(
      DataType type, Loss loss, boolean pooled, Optional<NewOutput> output) {
    ByteBuffer written = graph(type, pooled).asFlatBuffers(true);
    byte[] file = new byte[written.remaining()];
    written.get(file);
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.of("logits"), Optional.of(loss), Optional.empty()),
            OptionalInt.of(CLASSES),
            List.of("input_ids", "attention_mask"),
            output);
    return ModelSource.read("graph.fb", file, 0, wishes);
  }

  private static SameDiff graph(DataType type, boolean pooled) {
    SameDiff graph = SameDiff.create();
    SDVariable ids = graph.placeHolder("input_ids", DataType.INT64, -1, -1);
    SDVariable mask = graph.placeHolder("attention_mask", DataType.INT64, -1, -1);
    SDVariable table = graph.var("embedding.weight", random(type, 5, VOCABULARY, WIDTH));
    SDVariable weight = graph.var("head.weight", random(type, 6, WIDTH, CLASSES));
    SDVariable embedded = graph.gather(table, ids, 0);
    SDVariable real = graph.expandDims(graph.castTo(mask, type), -1);
    SDVariable mean = graph.math().tanh(embedded.mul(real).sum(1).div(real.sum(1)));
    if (pooled) {
      graph.mmul("logits", mean, weight);
    } else {
      SDVariable mixed = graph.math().tanh(embedded.add(graph.expandDims(mean, 1)));
      SDVariable rows = graph.reshape(mixed, -1, WIDTH).mmul(weight);
      SDVariable classes = graph.constant(Nd4j.createFromArray(new long[] {CLASSES}));
      graph.reshape("logits", rows, graph.concat(0, ids.shape(), classes));
    }
    return graph;
  }

  private static INDArray random(DataType type, long seed, long rows, long columns) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(DataType.DOUBLE, rows, columns);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, random.nextGaussian() * 0.5);
    }
    return array.castTo(type);
  }
}
