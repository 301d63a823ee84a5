/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Fine-tuning: what the settings change about a model's configuration before it is trained further
 * ({@code model.fine-tune}). Layers are frozen, an output is replaced, others are added before it.
 *
 * <p>In: settings and the configuration of a trained model. Out: the changed configuration, and
 * which of its layers begin with new parameters.
 *
 * <p>A floor of {@code io.cairn.replica}, which alone calls it. It must not import what that room
 * must not.
 */
package io.cairn.replica.transfer;
