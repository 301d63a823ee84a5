/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {

  @TempDir Path temp;

  @Test
  void savedStateReadsBackToTheBit() throws IOException {
    AttemptClaim claim = AttemptClaim.take(temp.toString(), Map.of(), 0, States.CLAIMANT);
    CheckpointStore store = CheckpointStore.open(temp.toString(), Map.of(), new Retention(2, 0));
    TrainingState state = States.at(100, 1);
    store.save(state, claim);

    NewestGood newest = store.newestGood(claim);
    assertThat(newest.passedOver()).isEmpty();
    Checkpoint checkpoint = newest.checkpoint().orElseThrow();
    assertThat(checkpoint.position()).isEqualTo(state.position());
    assertThat(store.load(100, state.size())).isEqualTo(state);
  }

  /** After a damaged one, or where a run was begun again from an older one. */
  @Test
  void whatWasSavedLastStaysAlthoughThereAreNewerOnes() throws IOException {
    AttemptClaim claim = AttemptClaim.take(temp.toString(), Map.of(), 0, States.CLAIMANT);
    CheckpointStore store = CheckpointStore.open(temp.toString(), Map.of(), new Retention(1, 0));
    store.save(States.at(500, 1), claim);
    store.save(States.at(300, 1), claim);
    assertThat(store.updates()).containsExactly(300L, 500L);
  }

  @Test
  void keepsTheNewest() throws IOException {
    AttemptClaim claim = AttemptClaim.take(temp.toString(), Map.of(), 0, States.CLAIMANT);
    CheckpointStore store = CheckpointStore.open(temp.toString(), Map.of(), new Retention(2, 0));
    for (int update = 100; update <= 500; update += 100) {
      store.save(States.at(update, update), claim);
    }
    assertThat(store.updates()).containsExactly(400L, 500L);
  }

  /** Another attempt takes the run when the new checkpoint is in place and not yet read back. */
  @Test
  void whoLostTheRunDeletesNothingOlder() throws IOException {
    Faults takeover =
        Faults.meanwhile(
            operations ->
                operations.size() > 1
                    && operations
                        .get(operations.size() - 2)
                        .endsWith(" to memory:/run/checkpoints/update-000000000200"),
            there -> AttemptClaim.take(there.place(), 0, States.CLAIMANT));
    MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.ATOMIC, takeover);
    AttemptClaim claim = AttemptClaim.take(files.place(), 0, States.CLAIMANT);
    CheckpointStore store =
        CheckpointStore.open(files.place(), new Retention(1, 0), Clock.systemUTC());
    store.save(States.at(100, 1), claim);
    assertThatThrownBy(() -> store.save(States.at(200, 1), claim))
        .isInstanceOf(FencedException.class);
    assertThat(store.updates()).containsExactly(100L, 200L);
  }
}
