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
 * <p>A setting is said once, by its {@code Key}, in the record that has its value, such as {@link
 * io.cairn.settings.TrainSettings}. From there come reader, JSON, what may change on resume ({@link
 * io.cairn.settings.SettingsDifference}) and the check of {@code conf/reference.conf}. Blocks and
 * lists with a form of their own have readers of their own, which their keys name.
 *
 * <p>Must not import any other room, Spark, Hadoop or DL4J; the only libraries are the settings
 * library and, for suggestions, a string distance, and, to compare what runs have stored, a JSON
 * reader.
 */
package io.cairn.settings;
