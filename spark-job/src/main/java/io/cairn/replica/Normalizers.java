/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.preprocessor.MultiNormalizerMinMaxScaler;
import org.nd4j.linalg.dataset.api.preprocessor.MultiNormalizerStandardize;
import org.nd4j.linalg.dataset.api.preprocessor.Normalizer;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerMinMaxScaler;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.dataset.api.preprocessor.serializer.NormalizerSerializer;
import org.nd4j.linalg.dataset.api.preprocessor.stats.DistributionStats;
import org.nd4j.linalg.dataset.api.preprocessor.stats.MinMaxStats;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes DL4J's normalizers from {@link InputScaling}. A model with one input gets the kind for a
 * single input, because most code loads that one.
 */
final class Normalizers {

  private Normalizers() {}

  static Optional<Normalizer<?>> of(InputScaling scaling) {
    boolean one = scaling.inputs().size() == 1;
    return switch (scaling.kind()) {
      case NONE, STORED -> Optional.empty();
      case STANDARD -> Optional.of(one ? standard(scaling.inputs().get(0)) : standards(scaling));
      case MIN_MAX -> Optional.of(one ? minMax(scaling.inputs().get(0)) : minMaxes(scaling));
    };
  }

  /** A normalizer in Deeplearning4j's own form. */
  static byte[] bytes(Normalizer<?> normalizer) {
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      NormalizerSerializer.getDefault().write(normalizer, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  private static NormalizerStandardize standard(InputScaling.Input input) {
    return new NormalizerStandardize(row(input.first()), row(input.second()));
  }

  private static MultiNormalizerStandardize standards(InputScaling scaling) {
    MultiNormalizerStandardize normalizer = new MultiNormalizerStandardize();
    List<DistributionStats> stats = new ArrayList<>();
    for (InputScaling.Input input : scaling.inputs()) {
      stats.add(new DistributionStats(row(input.first()), row(input.second())));
    }
    normalizer.setFeatureStats(stats);
    return normalizer;
  }

  private static NormalizerMinMaxScaler minMax(InputScaling.Input input) {
    NormalizerMinMaxScaler normalizer = new NormalizerMinMaxScaler();
    normalizer.setFeatureStats(row(input.first()), row(input.second()));
    return normalizer;
  }

  private static MultiNormalizerMinMaxScaler minMaxes(InputScaling scaling) {
    MultiNormalizerMinMaxScaler normalizer = new MultiNormalizerMinMaxScaler();
    List<MinMaxStats> stats = new ArrayList<>();
    for (InputScaling.Input input : scaling.inputs()) {
      stats.add(new MinMaxStats(row(input.first()), row(input.second())));
    }
    normalizer.setFeatureStats(stats);
    return normalizer;
  }

  /** In double precision: whoever scores with the model is to scale to the same bits. */
  private static INDArray row(List<Double> values) {
    double[] row = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Nd4j.createFromArray(new double[][] {row});
  }
}
