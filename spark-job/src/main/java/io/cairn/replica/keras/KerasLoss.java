/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * A Keras loss, translated to DL4J.
 *
 * @param function the loss, with the weight that makes a mean of DL4J's sum
 * @param activation what the output layer must have, which may differ from Keras's
 * @param notes sentences for the user
 */
record KerasLoss(ILossFunction function, IActivation activation, List<String> notes) {}
