/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a model requires of the data. It is known before the data is read.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param inputs how the model's inputs are handed over, in its order
 * @param indices of an input that feeds an embedding: how many indices it may hold, from 0; empty
 *     of others
 * @param outputs how the labels of its outputs are handed over, in its order
 * @param classNames the names of each output's classes that come with the model; an empty list
 *     where none do
 * @param scaling what is done to the inputs by what comes with the model; empty if nothing does
 */
public record ModelDemand(
    List<Handover> inputs,
    List<OptionalLong> indices,
    List<Handover> outputs,
    List<List<String>> classNames,
    Optional<ModelScaling> scaling) {

  public ModelDemand {
    inputs = List.copyOf(inputs);
    indices = List.copyOf(indices);
    outputs = List.copyOf(outputs);
    classNames = classNames.stream().map(List::copyOf).toList();
    Objects.requireNonNull(scaling, "scaling");
    if (indices.size() != inputs.size()) {
      throw new IllegalArgumentException("every input holds indices or says that it does not");
    }
    if (classNames.size() != outputs.size()) {
      throw new IllegalArgumentException("every output has its list of names, if an empty one");
    }
  }

  /** Of a model that wants everything as most do, and comes with nothing. */
  public static ModelDemand usual(int inputs, int outputs) {
    return new ModelDemand(
        Collections.nCopies(inputs, Handover.USUAL),
        Collections.nCopies(inputs, OptionalLong.empty()),
        Collections.nCopies(outputs, Handover.USUAL),
        Collections.nCopies(outputs, List.of()),
        Optional.empty());
  }
}
