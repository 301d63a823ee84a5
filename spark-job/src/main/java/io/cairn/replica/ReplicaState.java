/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Everything that a replica needs in order to go on like another one: parameters, updater state,
 * and the two counts that the model's schedules use. {@link Replica} describes the methods.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the replica's thread.
 */
final class ReplicaState {

  private final Network network;

  ReplicaState(Network network) {
    this.network = network;
  }

  int parameterDigest() {
    CRC32C crc = new CRC32C();
    FlatMemory.checksum(network.parameters(), crc);
    return (int) crc.getValue();
  }

  int digest() {
    CRC32C crc = new CRC32C();
    FlatMemory.checksum(network.parameters(), crc);
    if (updaterValueCount() > 0) {
      FlatMemory.checksum(network.updaterState(), crc);
    }
    crc.update(
        ByteBuffer.allocate(16).putLong(network.iteration()).putLong(network.epoch()).flip());
    return (int) crc.getValue();
  }

  long updaterValueCount() {
    INDArray state = network.updaterState();
    return state == null ? 0 : state.length();
  }

  List<ByteBuffer> parameterMemory() {
    return readOnly(FlatMemory.pieces(network.parameters()));
  }

  List<ByteBuffer> updaterMemory() {
    return updaterValueCount() == 0
        ? List.of()
        : readOnly(FlatMemory.pieces(network.updaterState()));
  }

  private static List<ByteBuffer> readOnly(List<ByteBuffer> pieces) {
    return pieces.stream().map(ByteBuffer::asReadOnlyBuffer).toList();
  }

  void overwrite(Replica.StateSource source) throws IOException {
    INDArray parameters = network.parameters();
    INDArray updater = network.updaterState();
    source.fill(
        FlatMemory.pieces(parameters), updater == null ? List.of() : FlatMemory.pieces(updater));
    FlatMemory.hostChanged(parameters);
    if (updater != null) {
      FlatMemory.hostChanged(updater);
    }
  }

  void counts(long iteration, long epoch) {
    network.iteration(Math.toIntExact(iteration));
    network.epoch(Math.toIntExact(epoch));
  }
}
