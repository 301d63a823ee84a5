/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The settings: records with the values, the reader that makes them, and messages that tell an
 * operator what to correct.
 *
 * <p>In: a HOCON file and {@code --set key=value} overrides. Out: {@link
 * io.cairn.settings.Settings}, or one {@link io.cairn.settings.SettingsException} that lists every
 * problem with file, line, value and what would fit.
 *
 * <p>Each setting is described once, by a {@code Key} in the record that holds its value, such as
 * {@link io.cairn.settings.TrainSettings}. The reader, the JSON form, the rules for a resumed run
 * ({@link io.cairn.settings.SettingsDifference}) and the check of {@code conf/reference.conf} all
 * follow from the key. A block or list with a structure of its own has a reader of its own, named
 * at its key.
 *
 * <p>Must not import Spark, Hadoop, DL4J or any room but {@code json}. Libraries: the settings
 * library, a string distance for suggestions, and Jackson's tree to compare what runs have stored.
 */
package io.cairn.settings;
