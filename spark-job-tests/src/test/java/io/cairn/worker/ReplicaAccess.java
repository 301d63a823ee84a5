/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.replica.InputScaling;
import io.cairn.replica.Replica;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.util.ModelSerializer;

/** A replica's model the way a user gets it: written, then read by plain DL4J. */
final class ReplicaAccess {

  private ReplicaAccess() {}

  static Model model(Replica replica) throws IOException {
    Path file = Files.createTempFile("cairn-replica", ".zip");
    try {
      replica.write(file, InputScaling.none());
      try {
        return ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
      } catch (RuntimeException notSequential) {
        return ModelSerializer.restoreComputationGraph(file.toFile(), true);
      }
    } finally {
      Files.delete(file);
    }
  }
}
