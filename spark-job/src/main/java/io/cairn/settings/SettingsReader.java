/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

/** Reads settings. */
public final class SettingsReader {
  static final String OVERRIDE = "--set";

  private SettingsReader() {}
}
