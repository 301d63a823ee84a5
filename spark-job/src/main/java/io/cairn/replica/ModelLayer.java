/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * A layer of a model, for a table that people read.
 *
 * <p>Threading: immutable.
 *
 * @param name as the user knows it
 * @param kind what it is
 * @param inputs how many values, or channels, go in; empty where it does not say
 * @param outputs how many come out; empty where it does not say
 * @param parameters how many
 * @param activation its own; empty without one
 */
public record ModelLayer(
    String name, String kind, String inputs, String outputs, long parameters, String activation) {}
