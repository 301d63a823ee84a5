/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

/**
 * How often a checkpoint is taken, and how many are kept.
 *
 * @param everyUpdates updates between two checkpoints, at least 1
 * @param keep newest checkpoints kept, at least 1
 */
public record CheckpointSettings(int everyUpdates, int keep) {}
