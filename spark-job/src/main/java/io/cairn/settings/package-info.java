/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What the operator asked for: records, the reader that makes them, and errors to act on at night.
 *
 * <p>In: a HOCON file and {@code --set key=value} overrides. Out: {@link
 * io.cairn.settings.Settings}, or one {@link io.cairn.settings.SettingsException} that lists every
 * problem with file, line, value and what would fit.
 *
 * <p>Must not import any other room, Spark, Hadoop or DL4J; the only library is the settings
 * library (and, for suggestions, a string distance).
 */
package io.cairn.settings;
