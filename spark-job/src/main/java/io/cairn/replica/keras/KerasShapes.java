/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Map;

/** To come. */
final class KerasShapes {

  private KerasShapes() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {}
}
