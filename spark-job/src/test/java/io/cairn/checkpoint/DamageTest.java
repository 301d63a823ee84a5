/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever is changed in whichever file of a checkpoint: noticed, passed over, and kept. */
class DamageTest {

  private static final String NEWEST = "/run/checkpoints/update-000000000300/";

  /** What happened to a file. */
  enum Damage {
    BIT_FLIPPED,
    CUT_SHORT,
    GROWN,
    ZEROED_FROM_THERE
  }

  @Property(tries = 400)
  void damageAnywhereIsNoticed(
      @ForAll FileSystemKind.Rename rename,
      @ForAll Damage damage,
      @ForAll @IntRange(min = 0, max = 4) int file,
      @ForAll @DoubleRange(min = 0, max = 1, maxIncluded = false) double place,
      @ForAll @IntRange(min = 0, max = 7) int bit)
      throws IOException {
    MemoryFileSystem files = saved(rename);
    List<String> names = names(files, NEWEST);
    assertThat(names).hasSize(5);
    byte[] good = files.content(names.get(file));
    byte[] bad = damaged(good, damage, (int) (place * good.length), bit);
    if (Arrays.equals(good, bad)) {
      return;
    }
    files.replace(names.get(file), bad);

    NewestGood found = store(files).newestGood(claim(files));
    assertThat(found.checkpoint().orElseThrow().update()).isEqualTo(200);
    assertThat(found.passedOver())
        .singleElement()
        .asString()
        .contains("update-000000000300")
        .endsWith("moved to memory:/run/checkpoints/damaged-update-000000000300");
    String aside = names.get(file).replace("/update-", "/damaged-update-");
    assertThat(files.content(aside)).isEqualTo(bad);
    assertThat(store(files).updates()).containsExactly(100L, 200L);
  }

  @ParameterizedTest
  @EnumSource(FileSystemKind.Rename.class)
  void allDamagedMeansNoneAndEachIsToldOf(FileSystemKind.Rename rename) throws IOException {
    MemoryFileSystem files = saved(rename);
    for (String name : names(files, "/run/checkpoints/update-")) {
      if (name.endsWith("updater.bin")) {
        files.replace(name, new byte[7]);
      }
    }
    NewestGood found = store(files).newestGood(claim(files));
    assertThat(found.checkpoint()).isEmpty();
    assertThat(found.passedOver())
        .hasSize(3)
        .allMatch(line -> line.contains("updater.bin: has 7 bytes, where its manifest says"));
  }

  @ParameterizedTest
  @EnumSource(FileSystemKind.Rename.class)
  void damageOfTheSameUpdateTwiceKeepsBoth(FileSystemKind.Rename rename) throws IOException {
    MemoryFileSystem files = saved(rename);
    for (int i = 0; i < 2; i++) {
      files.replace(NEWEST + "position.json", new byte[] {'{'});
      store(files).newestGood(claim(files));
      store(files).save(States.at(300, 1), claim(files));
    }
    assertThat(files.files())
        .contains(
            "/run/checkpoints/damaged-update-000000000300/position.json",
            "/run/checkpoints/damaged-update-000000000300-2/position.json",
            NEWEST + "position.json");
  }

  @Test
  void damageFoundBySavingTheSameUpdateAgainIsKeptAsideToo() throws IOException {
    MemoryFileSystem files = saved(FileSystemKind.Rename.ATOMIC);
    files.replace(NEWEST + "parameters.bin", new byte[3]);
    store(files).save(States.at(300, 1), claim(files));
    assertThat(store(files).load(300, States.at(300, 1).size())).isEqualTo(States.at(300, 1));
    assertThat(files.content("/run/checkpoints/damaged-update-000000000300/parameters.bin"))
        .hasSize(3);
  }

  @Test
  void damageBetweenSearchAndLoadFailsTheLoad() throws IOException {
    MemoryFileSystem files = saved(FileSystemKind.Rename.ATOMIC);
    byte[] bytes = files.content(NEWEST + "parameters.bin");
    bytes[17] ^= 4;
    files.replace(NEWEST + "parameters.bin", bytes);
    assertThatThrownBy(() -> store(files).load(300, States.at(300, 1).size()))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            "memory:" + NEWEST + "parameters.bin: its checksum is not the one in its manifest");
  }

  private static byte[] damaged(byte[] good, Damage damage, int at, int bit) {
    byte[] bad = good.clone();
    switch (damage) {
      case BIT_FLIPPED -> bad[at] ^= (byte) (1 << bit);
      case CUT_SHORT -> bad = Arrays.copyOf(good, at);
      case GROWN -> bad = Arrays.copyOf(good, good.length + 1 + at);
      case ZEROED_FROM_THERE -> Arrays.fill(bad, at, bad.length, (byte) 0);
    }
    return bad;
  }

  private static MemoryFileSystem saved(FileSystemKind.Rename rename) throws IOException {
    MemoryFileSystem files = new MemoryFileSystem(rename, Faults.none());
    AttemptClaim claim = claim(files);
    for (long update = 100; update <= 300; update += 100) {
      store(files).save(States.at(update, 1), claim);
    }
    return files;
  }

  private static List<String> names(MemoryFileSystem files, String prefix) {
    return files.files().stream().filter(name -> name.startsWith(prefix)).toList();
  }

  private static AttemptClaim claim(MemoryFileSystem files) throws IOException {
    return AttemptClaim.take(files.place(), 0, States.CLAIMANT);
  }

  private static CheckpointStore store(MemoryFileSystem files) {
    return CheckpointStore.open(files.place(), new Retention(3, 0), Clock.systemUTC());
  }
}
