/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.settings.GraphSettings.Loss;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.MultiDataSet;

/** A file from somewhere is read, or refused in a sentence; it takes neither process nor memory. */
class HostileGraphsTest {

  @Test
  void damagedGraphsAreReadOrRefused() {
    damage(400, 1);
  }

  @Test
  @Tag("heavy")
  void tenThousandDamagedFilesAreReadOrRefused() {
    damage(5_000, 2);
  }

  private static void damage(int files, long seed) {
    byte[] graph = Graphs.file(Graphs.dense(DataType.FLOAT));
    byte[] tokens = Graphs.file(Graphs.tokens(DataType.FLOAT, true));
    byte[] onnx = OnnxFixture.MLP.file(17);
    byte[] transformer = OnnxFixture.BERT.file(11);
    MultiDataSet examples = Graphs.indexed(DataType.FLOAT, 2, 5);
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < files; i++) {
      read += opened("g.fb", damaged(i % 2 == 0 ? graph : tokens, random), examples) ? 1 : 0;
      read += opened("m.onnx", damaged(i % 10 == 0 ? transformer : onnx, random), examples) ? 1 : 0;
    }
    assertThat(read).as("some damage is only to numbers").isPositive().isLessThan(2 * files);
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] content = whole.clone();
    int changes = 1 + random.nextInt(3);
    // What describes the values is at the end of a graph, and at the beginning of an ONNX file.
    for (int change = 0; change < changes; change++) {
      content[random.nextInt(content.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(10) == 0
        ? java.util.Arrays.copyOf(content, random.nextInt(content.length))
        : content;
  }

  private static MultiDataSet rows() {
    return Graphs.part(OnnxFixture.MLP.examples(DataType.FLOAT), 0, 2);
  }

  private static boolean opened(String name, byte[] content, MultiDataSet examples) {
    try {
      GraphWishes wishes =
          name.endsWith(".fb") ? Graphs.wishes(Loss.SPARSE) : OnnxFixture.MLP.wishes(Loss.SPARSE);
      ModelSource source = ModelSource.read(name, content, 0, wishes);
      source.outputShapes(name.endsWith(".fb") ? examples : rows(), "two examples");
      return true;
    } catch (ModelException e) {
      assertThat(e.getMessage()).startsWith(name);
      return false;
    }
  }

  /** By which native code would read memory that is not its own. */
  @Test
  void changedStrideIsRefusedBeforeNativeCodeSeesIt() {
    byte[] content = Graphs.file(Graphs.dense(DataType.FLOAT));
    ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    boolean found = false;
    for (int at = 0; at + 40 < content.length && !found; at += 4) {
      if (file.getLong(at) == 2
          && file.getLong(at + 8) == 4
          && file.getLong(at + 16) == 6
          && file.getLong(at + 24) == 6) {
        file.putLong(at + 24, 1_000_000_000L);
        found = true;
      }
    }
    assertThat(found).isTrue();
    assertThatThrownBy(() -> ModelSource.read("g.fb", content, 0, Graphs.wishes(Loss.SPARSE)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("strides that do not fit its shape");
  }

  /** Two bytes each, of which a reader would make objects of hundreds. */
  @Test
  void emptyMessagesDoNotBecomeObjects() {
    ByteArrayOutputStream nodes = new ByteArrayOutputStream();
    for (int i = 0; i < 4_000_000; i++) {
      nodes.write(0x0a);
      nodes.write(0);
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(new byte[] {0x08, 0x08, 0x3a});
    int length = nodes.size();
    while (length >= 0x80) {
      file.write((length & 0x7f) | 0x80);
      length >>>= 7;
    }
    file.write(length);
    file.writeBytes(nodes.toByteArray());
    assertThatThrownBy(
            () ->
                ModelSource.read(
                    "m.onnx", file.toByteArray(), 0, OnnxFixture.MLP.wishes(Loss.SPARSE)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("far more memory than the file is long");
  }

  @Test
  void classesOfOthersInTrainingConfigAreRefused() {
    SameDiff graph =
        Graphs.dense(
            DataType.FLOAT,
            Graphs.adam(),
            (it, labels) -> it.getVariable("logits").sub(labels).sum("loss", false));
    String text =
        new String(Graphs.file(graph), java.nio.charset.StandardCharsets.ISO_8859_1)
            .replace(
                "org.nd4j.linalg.learning.config.Adam", "org.evil.linalg.learning.config.Adam");
    assertThatThrownBy(
            () ->
                ModelSource.read(
                    "g.fb",
                    text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
                    0,
                    Graphs.wishes(Loss.SPARSE)))
        .hasMessageContaining("names a class that is none of ND4J's for training");
  }
}
