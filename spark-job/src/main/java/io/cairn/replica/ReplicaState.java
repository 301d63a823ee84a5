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
 * and the two counts that the model's schedules use.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the replica's thread.
 */
public final class ReplicaState {

  /** Fills the memory of parameters and updater state; all of it, or throws. */
  @FunctionalInterface
  public interface Source {
    /**
     * Fills both.
     *
     * @param parameters views of the replica's own memory, in this machine's byte order, filled
     *     from position to limit; borrowed until return
     * @param updater likewise; empty for an updater without state
     */
    void fill(List<ByteBuffer> parameters, List<ByteBuffer> updater) throws IOException;
  }

  private final Network network;

  ReplicaState(Network network) {
    this.network = network;
  }

  /** CRC-32C of all parameters' bytes: equal on all ranks, or the replicas have come apart. */
  public int parameterDigest() {
    CRC32C crc = new CRC32C();
    FlatMemory.checksum(network.parameters(), crc);
    return (int) crc.getValue();
  }

  /**
   * CRC-32C of all that {@link #overwrite} and {@link #counts} set: parameters, updater state and
   * both counts. Equal on all ranks between two updates.
   */
  public int digest() {
    CRC32C crc = new CRC32C();
    FlatMemory.checksum(network.parameters(), crc);
    if (updaterValueCount() > 0) {
      FlatMemory.checksum(network.updaterState(), crc);
    }
    crc.update(
        ByteBuffer.allocate(16).putLong(network.iteration()).putLong(network.epoch()).flip());
    return (int) crc.getValue();
  }

  /** Bytes of parameters and updater state: what a copy takes. */
  public long bytes() {
    INDArray parameters = network.parameters();
    return Math.multiplyExact(
        Math.addExact(parameters.length(), updaterValueCount()),
        (long) parameters.dataType().width());
  }

  /** Numbers of state that the updater keeps; 0 for one without, such as plain SGD. */
  public long updaterValueCount() {
    INDArray state = network.updaterState();
    return state == null ? 0 : state.length();
  }

  /**
   * All parameters in this machine's byte order, in pieces: read-only views of the replica's own
   * memory, borrowed until the next update.
   */
  public List<ByteBuffer> parameterMemory() {
    return readOnly(FlatMemory.pieces(network.parameters()));
  }

  /** The updater's state likewise; empty for an updater without one. */
  public List<ByteBuffer> updaterMemory() {
    return updaterValueCount() == 0
        ? List.of()
        : readOnly(FlatMemory.pieces(network.updaterState()));
  }

  private static List<ByteBuffer> readOnly(List<ByteBuffer> pieces) {
    return pieces.stream().map(ByteBuffer::asReadOnlyBuffer).toList();
  }

  /**
   * Overwrites parameters and updater state. With {@link #counts} too, the replica then goes on bit
   * for bit like the one they come from. If the source throws, the state is undefined.
   */
  public void overwrite(Source source) throws IOException {
    INDArray parameters = network.parameters();
    INDArray updater = network.updaterState();
    source.fill(
        FlatMemory.pieces(parameters), updater == null ? List.of() : FlatMemory.pieces(updater));
    FlatMemory.hostChanged(parameters);
    if (updater != null) {
      FlatMemory.hostChanged(updater);
    }
  }

  /**
   * Sets both counts of the model's own schedules.
   *
   * @param iteration what {@link Replica#iteration()} was
   * @param epoch what {@link Replica#epoch()} was
   */
  public void counts(long iteration, long epoch) {
    network.iteration(Math.toIntExact(iteration));
    network.epoch(Math.toIntExact(epoch));
  }
}
