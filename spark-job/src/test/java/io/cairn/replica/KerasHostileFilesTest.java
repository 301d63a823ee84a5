/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.keras.KerasReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is wrong with a Keras file, reading it ends soon, in a model or in one sentence that
 * names the file. A damaged weight is a weight; all else must not pass for another model in silence
 * or end the process.
 */
class KerasHostileFilesTest {

  private static final String CONFIG = "config.json";
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String H5 = "tf215/layer-conv2d.h5";
  private static final String ZIP = "k3/layer-conv2d.keras";

  @ParameterizedTest
  @ValueSource(strings = {H5, ZIP})
  void aTruncatedFileIsRefused(String file) throws IOException {
    byte[] whole = content(file);
    Assertions.assertTimeout(
        SOON,
        () -> {
          for (int part = 0; part < 60; part++) {
            byte[] cut = Arrays.copyOf(whole, 8 + (whole.length - 9) * part / 60);
            requireModelOrSentence(file, cut);
          }
        });
    assertThatThrownBy(() -> read(file, Arrays.copyOf(whole, whole.length / 2)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(file);
  }

  @ParameterizedTest
  @ValueSource(strings = {H5, ZIP})
  void flippedBytesEndInAModelOrASentence(String file) throws IOException {
    byte[] whole = content(file);
    Random random = new Random(7);
    Assertions.assertTimeout(
        SOON,
        () -> {
          for (int trial = 0; trial < 300; trial++) {
            byte[] damaged = whole.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
              int place = 8 + random.nextInt(damaged.length - 8);
              damaged[place] ^= (byte) (1 + random.nextInt(255));
            }
            requireModelOrSentence(file, damaged);
          }
        });
  }

  @Test
  void flippedBytesWithinTheWeightsOfAZipEndInAModelOrASentence() throws IOException {
    Map<String, byte[]> entries = entries(content(ZIP));
    byte[] weights = entries.get("model.weights.h5");
    Random random = new Random(8);
    Assertions.assertTimeout(
        SOON,
        () -> {
          for (int trial = 0; trial < 200; trial++) {
            byte[] damaged = weights.clone();
            damaged[8 + random.nextInt(damaged.length - 8)] ^= (byte) (1 + random.nextInt(255));
            entries.put("model.weights.h5", damaged);
            requireModelOrSentence(ZIP, zip(entries));
          }
        });
  }

  @Test
  void flippedCharactersOfTheConfigurationEndInAModelOrASentence() throws IOException {
    Map<String, byte[]> entries = entries(content(ZIP));
    byte[] config = entries.get(CONFIG);
    Random random = new Random(9);
    Assertions.assertTimeout(
        SOON,
        () -> {
          for (int trial = 0; trial < 300; trial++) {
            byte[] damaged = config.clone();
            byte[] instead = {'0', '9', '-', '"', '[', ']', '{', '}', 'x', ',', ' '};
            damaged[random.nextInt(damaged.length)] = instead[random.nextInt(instead.length)];
            entries.put(CONFIG, damaged);
            requireModelOrSentence(ZIP, zip(entries));
          }
        });
  }

  @Test
  void aDeeplyNestedConfigurationIsRefused() throws IOException {
    requireRefused("[".repeat(100_000) + "]".repeat(100_000), "nested", "not JSON", "JSON object");
    requireRefused("{\"config\":".repeat(100_000) + "0" + "}".repeat(100_000));
    String layer = "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"a\",\"layers\":[";
    requireRefused(layer.repeat(20_000) + "]}}".repeat(20_000));
  }

  private static void requireRefused(String config, String... oneOf) throws IOException {
    Map<String, byte[]> entries = entries(content(ZIP));
    entries.put(CONFIG, config.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> read(ZIP, zip(entries)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(ZIP)
        .satisfies(
            e ->
                assertThat(
                        oneOf.length == 0
                            || Arrays.stream(oneOf).anyMatch(e.getMessage()::contains))
                    .as(e.getMessage())
                    .isTrue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"../config.json", "assets/vocabulary.txt", "/etc/passwd", "evil.py"})
  void anEntryThatIsNoneOfKerassIsRefusedByName(String name) throws IOException {
    Map<String, byte[]> entries = entries(content(ZIP));
    entries.put(name, new byte[] {1});
    assertThatThrownBy(() -> read(ZIP, zip(entries)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(name);
  }

  @Test
  void aZipBombIsRefused() throws IOException {
    Map<String, byte[]> entries = entries(content(ZIP));
    entries.put("model.weights.h5", new byte[200 << 20]);
    assertThatThrownBy(() -> read(ZIP, zip(entries)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("larger than");
  }

  @Test
  void aMissingEntryIsNamed() throws IOException {
    for (String name : entries(content(ZIP)).keySet()) {
      Map<String, byte[]> entries = entries(content(ZIP));
      entries.remove(name);
      assertThatThrownBy(() -> read(ZIP, zip(entries)))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void aHugeLayerWhoseWeightsTheFileCannotHoldIsRefused() throws IOException {
    for (String units : new String[] {"2147483647", "1000000000", "0", "-3", "2.5", "1e99"}) {
      Map<String, byte[]> entries = entries(content(ZIP));
      String config = new String(entries.get(CONFIG), StandardCharsets.UTF_8);
      String changed = config.replaceAll("\"filters\": ?\\d+", "\"filters\": " + units);
      assertThat(changed).isNotEqualTo(config);
      entries.put(CONFIG, changed.getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() -> read(ZIP, zip(entries)))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining(ZIP);
    }
  }

  /** The file's own sizes of an array, which are 8 bytes each, become huge, one at a time. */
  @ParameterizedTest
  @ValueSource(strings = {H5, ZIP})
  void hugeSizesWithinTheWeightsAreRefused(String file) throws IOException {
    boolean zipped = file.equals(ZIP);
    Map<String, byte[]> entries = zipped ? entries(content(file)) : Map.of();
    byte[] whole = zipped ? entries.get("model.weights.h5") : content(file);
    ByteBuffer numbers = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    Assertions.assertTimeout(
        SOON,
        () -> {
          for (int place = 8; place + 8 <= whole.length; place += 8) {
            long number = numbers.getLong(place);
            if (number < 1 || number > 5) {
              continue;
            }
            for (long huge : new long[] {1L << 20, 1L << 30, Long.MAX_VALUE}) {
              byte[] damaged = whole.clone();
              ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(place, huge);
              if (zipped) {
                entries.put("model.weights.h5", damaged);
              }
              requireModelOrSentence(file, zipped ? zip(entries) : damaged);
            }
          }
        });
  }

  @Test
  void aWeightThatIsNotFiniteIsRefusedByName() throws IOException {
    Map<String, byte[]> entries = entries(content(ZIP));
    byte[] weights = entries.get("model.weights.h5");
    float known = firstWeight();
    byte[] pattern = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(known).array();
    for (int place = 0; place + 4 <= weights.length; place++) {
      if (Arrays.equals(weights, place, place + 4, pattern, 0, 4)) {
        ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN).putFloat(place, Float.NaN);
      }
    }
    assertThatThrownBy(() -> read(ZIP, zip(entries)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("layers/conv2d/vars/")
        .hasMessageContaining("not finite");
  }

  private static float firstWeight() throws IOException {
    return KerasReader.read(ZIP, content(ZIP)).parameters().getFloat(0, 0);
  }

  private static void requireModelOrSentence(String file, byte[] content) {
    try {
      read(file, content);
    } catch (ModelException e) {
      assertThat(e.getMessage()).contains(file).doesNotContain("\n");
      assertThat(e.getMessage().length()).isLessThan(1500);
    }
  }

  private static void read(String file, byte[] content) {
    KerasReader.read(file, content);
  }

  private static byte[] content(String file) throws IOException {
    return KerasFixture.all().stream()
        .filter(one -> one.file().equals(file))
        .findFirst()
        .orElseThrow()
        .content();
  }

  private static Map<String, byte[]> entries(byte[] zip) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  private static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }
}
