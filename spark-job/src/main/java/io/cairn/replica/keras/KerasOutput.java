/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.OptionalLong;
import org.nd4j.linalg.activations.IActivation;

/**
 * The properties of a model's output on which its loss depends.
 *
 * @param name of the output's layer
 * @param activation of that layer
 * @param units its columns
 * @param positions over how many places an example's loss is averaged: 1, or the steps of a
 *     sequence, or the pixels of an image; empty if the number varies or masks count
 * @param weight of its loss among those of all outputs
 */
record KerasOutput(
    String name, IActivation activation, long units, OptionalLong positions, double weight) {}
