/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import io.cairn.settings.GraphSettings.NormaliseBy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.BiFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/** Small SameDiff graphs, and examples for them. */
public final class Graphs {

  private static final int FEATURES = 4;
  private static final int HIDDEN = 6;
  public static final int CLASSES = 3;
  public static final int VOCABULARY = 11;

  private Graphs() {}

  /** Two dense layers from {@code x} to {@code logits}. */
  public static SameDiff dense(DataType type) {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", type, -1, FEATURES);
    SDVariable hidden =
        graph
            .math()
            .tanh(
                x.mmul(graph.var("first.weight", random(type, 1, FEATURES, HIDDEN)))
                    .add(graph.var("first.bias", random(type, 2, HIDDEN))));
    hidden
        .mmul(graph.var("second.weight", random(type, 3, HIDDEN, CLASSES)))
        .add("logits", graph.var("second.bias", random(type, 4, CLASSES)));
    return graph;
  }

  /** The same with a loss of its own and a {@code TrainingConfig}. */
  public static SameDiff dense(
      DataType type, IUpdater updater, BiFunction<SameDiff, SDVariable, SDVariable> loss) {
    SameDiff graph = dense(type);
    SDVariable labels = graph.placeHolder("y", type, -1, CLASSES);
    SDVariable made = loss.apply(graph, labels);
    graph.setLossVariables(made.name());
    graph.setTrainingConfig(
        TrainingConfig.builder()
            .updater(updater)
            .regularization(new L2Regularization(1e-2), new WeightDecay(1e-2, true))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    return graph;
  }

  /** Embeddings, averaged where there is a token, or a class for each token. */
  public static SameDiff tokens(DataType type, boolean pooled) {
    SameDiff graph = SameDiff.create();
    SDVariable ids = graph.placeHolder("input_ids", DataType.INT64, -1, -1);
    SDVariable mask = graph.placeHolder("attention_mask", DataType.INT64, -1, -1);
    SDVariable table = graph.var("embedding.weight", random(type, 5, VOCABULARY, HIDDEN));
    SDVariable weight = graph.var("head.weight", random(type, 6, HIDDEN, CLASSES));
    SDVariable embedded = graph.gather(table, ids, 0);
    SDVariable real = graph.expandDims(graph.castTo(mask, type), -1);
    SDVariable sums = embedded.mul(real).sum(1);
    SDVariable pooledSum = graph.math().tanh(sums.div(real.sum(1)));
    if (pooled) {
      graph.mmul("logits", pooledSum, weight);
    } else {
      SDVariable mixed = embedded.add(graph.expandDims(pooledSum, 1));
      SDVariable rows = graph.reshape(graph.math().tanh(mixed), -1, HIDDEN).mmul(weight);
      SDVariable shape =
          graph.concat(0, ids.shape(), graph.constant(Nd4j.createFromArray(new long[] {CLASSES})));
      graph.reshape("logits", rows, shape);
    }
    return graph;
  }

  /** Its file. */
  public static byte[] file(SameDiff graph) {
    ByteBuffer written = graph.asFlatBuffers(true);
    byte[] content = new byte[written.remaining()];
    written.get(content);
    return content;
  }

  /** What settings say. */
  public static GraphWishes wishes(Loss loss) {
    return wishes(loss, Optional.empty());
  }

  /** The same. */
  public static GraphWishes wishes(Loss loss, Optional<NormaliseBy> by) {
    boolean index = loss == Loss.SPARSE || loss == Loss.TOKEN_CROSS_ENTROPY;
    return new GraphWishes(
        new GraphSettings(Optional.of("logits"), Optional.of(loss), by),
        index ? OptionalInt.of(CLASSES) : OptionalInt.empty(),
        List.of("input_ids", "attention_mask"));
  }

  /** A network from a file. */
  static SameDiffNetwork network(SameDiff graph, GraphWishes wishes) {
    byte[] archive = ModelSource.read("graph.fb", file(graph), 0, wishes).archive();
    return (SameDiffNetwork) new Replica(archive, 0).network();
  }

  /** Examples of {@link #dense(DataType)} with a number for each class. */
  static MultiDataSet examples(DataType type, int count, long seed) {
    INDArray labels = Nd4j.zeros(type, count, CLASSES);
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      labels.putScalar(i, random.nextInt(CLASSES), 1);
    }
    return new MultiDataSet(random(type, seed, count, FEATURES), labels);
  }

  /** Examples with the index of a class. */
  static MultiDataSet indexed(DataType type, int count, long seed) {
    return new MultiDataSet(
        random(type, seed, count, FEATURES),
        Nd4j.argMax(examples(type, count, seed).getLabels(0), 1).castTo(type).reshape(count, 1));
  }

  /** Sentences of at most {@code most} tokens, as the data room hands them over. */
  static MultiDataSet sentences(DataType type, int count, int most, long seed, boolean pooled) {
    Random random = new Random(seed);
    INDArray ids = Nd4j.zeros(type, count, most, 1);
    INDArray attention = Nd4j.zeros(type, count, most, 1);
    INDArray mask = Nd4j.zeros(type, count, most);
    INDArray labels = pooled ? Nd4j.zeros(type, count, 1) : Nd4j.zeros(type, count, most, 1);
    for (int i = 0; i < count; i++) {
      int length = 1 + random.nextInt(most - 1);
      for (int step = 0; step < length; step++) {
        ids.putScalar(new int[] {i, step, 0}, random.nextInt(VOCABULARY));
        attention.putScalar(new int[] {i, step, 0}, 1);
        mask.putScalar(i, step, 1);
        if (!pooled) {
          labels.putScalar(new int[] {i, step, 0}, random.nextInt(CLASSES));
        }
      }
      if (pooled) {
        labels.putScalar(i, 0, random.nextInt(CLASSES));
      }
    }
    return new MultiDataSet(
        new INDArray[] {ids, attention},
        new INDArray[] {labels},
        new INDArray[] {mask, mask},
        new INDArray[] {pooled ? null : mask});
  }

  /** Some of them. */
  static MultiDataSet part(MultiDataSet all, int from, int to) {
    return (MultiDataSet) SomeExamples.part(all, from, to);
  }

  static INDArray random(DataType type, long seed, long... shape) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(DataType.DOUBLE, shape);
    INDArray flat = array.reshape(array.length());
    for (long i = 0; i < flat.length(); i++) {
      flat.putScalar(i, random.nextGaussian() * 0.5);
    }
    return array.castTo(type);
  }

  static Adam adam() {
    return new Adam(1e-2);
  }

  static INDArray interval(INDArray vector, long from, long to) {
    return vector.get(NDArrayIndex.interval(from, to));
  }
}
