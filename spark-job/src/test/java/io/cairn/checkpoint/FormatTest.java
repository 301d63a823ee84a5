/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.PlanSegment;
import io.cairn.plan.RunPosition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Format 1, as docs/checkpoints.md has it. What changes a text here needs the next number. */
class FormatTest {

  private static final String DIRECTORY = "/run/checkpoints/update-000000001200/";

  @Test
  void filesOfFormatOneStayWhatTheyAre() throws IOException {
    MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.ATOMIC, Faults.none());
    TrainingState state =
        new TrainingState(
            new RunPosition(
                1200,
                1300,
                3,
                60_000,
                new BatchPlan(2, 32, 8),
                new Cursor(10, 30),
                List.of(
                    new PlanSegment(new BatchPlan(3, 32, 5), 20),
                    new PlanSegment(new BatchPlan(2, 32, 8), 10))),
            "{\"seed\": 7}\n",
            Float.BYTES,
            List.of(ByteBuffer.wrap(new byte[] {0, 0, (byte) 0x80, 0x3f})),
            List.of());
    CheckpointStore store =
        CheckpointStore.open(
            files.place(), new Retention(1, 0), Clock.fixed(States.CLAIMANT.at(), ZoneOffset.UTC));
    store.save(state, AttemptClaim.take(files.place(), 1, States.CLAIMANT));

    assertThat(text(files, "manifest.json"))
        .isEqualTo(
            """
            {"manifest":{
              "format" : 1,
              "cairn" : "not packaged",
              "update" : 1200,
              "attempt" : 2,
              "writtenAt" : "2026-03-01T10:00:00Z",
              "byteOrder" : "LITTLE_ENDIAN",
              "bytesPerValue" : 4,
              "files" : [ {
                "name" : "parameters.bin",
                "bytes" : 4,
                "crc32c" : "dd54c4ab"
              }, {
                "name" : "updater.bin",
                "bytes" : 0,
                "crc32c" : "00000000"
              }, {
                "name" : "position.json",
                "bytes" : 446,
                "crc32c" : "f0e91eba"
              }, {
                "name" : "settings.json",
                "bytes" : 12,
                "crc32c" : "0a422a91"
              } ]
            },
            "crc32c":"eae0f32c"}
            """);
    assertThat(text(files, "position.json"))
        .isEqualTo(
            """
            {
              "update" : 1200,
              "iteration" : 1300,
              "modelEpoch" : 3,
              "examples" : 60000,
              "plan" : {
                "workers" : 2,
                "micro" : 32,
                "steps" : 8
              },
              "cursor" : {
                "epoch" : 10,
                "position" : 30
              },
              "stints" : [ {
                "plan" : {
                  "workers" : 3,
                  "micro" : 32,
                  "steps" : 5
                },
                "updates" : 20
              }, {
                "plan" : {
                  "workers" : 2,
                  "micro" : 32,
                  "steps" : 8
                },
                "updates" : 10
              } ]
            }
            """);
    assertThat(files.content(DIRECTORY + "parameters.bin"))
        .isEqualTo(new byte[] {0, 0, (byte) 0x80, 0x3f});
    assertThat(text(files, "settings.json")).isEqualTo("{\"seed\": 7}\n");
  }

  private static String text(MemoryFileSystem files, String name) {
    return new String(files.content(DIRECTORY + name), StandardCharsets.UTF_8);
  }
}
