/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * What is known about the data after it has been read once, and what every worker needs in order to
 * stage its shard.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param layout what stands in the record of an example
 * @param scaling what staging does to the inputs; fitted on the training examples alone
 * @param classWeights what staging multiplies the weights of each class's training examples by;
 *     empty: nothing
 * @param trainExamples training examples of all ranks
 * @param validationExamples validation examples of all ranks, 0 for no validation
 */
public record DatasetInfo(
    ExampleLayout layout,
    Scaling scaling,
    List<Double> classWeights,
    long trainExamples,
    long validationExamples)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  public DatasetInfo {
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(scaling, "scaling");
    classWeights = List.copyOf(classWeights);
    if (trainExamples < 1 || validationExamples < 0) {
      throw new IllegalArgumentException(
          "examples: %d to train on, %d to validate with"
              .formatted(trainExamples, validationExamples));
    }
  }
}
