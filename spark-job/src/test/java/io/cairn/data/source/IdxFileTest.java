/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a damaged or hostile IDX file gets: one sentence, and no memory or time by its leave. */
class IdxFileTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCutOffFileSaysHowMuchIsThere(boolean compressed) throws IOException {
    Path path = IdxFixture.images(directory, compressed, new int[] {2, 2, 2}, 1, 2, 3, 4, 5);
    assertRefused(path, path + " is cut off: its header promises 8 bytes of data, 5 are there");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void trailingDataIsRefused(boolean compressed) throws IOException {
    Path path = IdxFixture.images(directory, compressed, new int[] {1, 1, 2}, 1, 2, 3);
    assertRefused(path, path + " has more data than the 2 bytes that its header promises");
  }

  @Test
  void anotherFileTypeIsRefused() throws IOException {
    Path path =
        IdxFixture.write(
            directory,
            "images",
            false,
            "PNG...".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    assertRefused(
        path,
        path
            + " is not an IDX file: it begins with [80, 78, 71, 46] instead of two zero bytes, type"
            + " and dimensions");
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Path path = IdxFixture.write(directory, "images", false, new byte[0]);
    assertRefused(
        path,
        path
            + " is not an IDX file: it begins with [] instead of two zero bytes, type and"
            + " dimensions");
  }

  @Test
  void otherElementsThanUnsignedBytesAreRefused() throws IOException {
    Path path =
        IdxFixture.write(
            directory, "images", false, IdxFixture.file(0x0d, new int[] {1, 1, 1}, 0, 0, 0, 0));
    assertRefused(
        path, path + " holds elements of IDX type 0x0d; only unsigned bytes (0x08) are read");
  }

  @Test
  void labelsInThePlaceOfImagesAreRefused() throws IOException {
    Path path = IdxFixture.labels(directory, false, 1, 2);
    assertRefused(path, path + " has 1 dimensions; 2 to 4 would fit");
  }

  @Test
  void hugeDimensionsAreRefusedBeforeAnythingIsAllocated() throws IOException {
    int huge = Integer.MAX_VALUE;
    Path path = IdxFixture.images(directory, false, new int[] {huge, huge, huge});
    assertRefused(
        path,
        path
            + " has the impossible dimensions [2147483647, 2147483647]; an item has 1 to 67108864"
            + " bytes");
    Path many = IdxFixture.images(directory, false, new int[] {huge, 8192, 8192}, 1);
    assertRefused(
        many,
        many + " is cut off: its header promises 144115188008747008 bytes of data, 1 are there");
  }

  @Test
  void negativeDimensionsAreRefused() throws IOException {
    Path path = IdxFixture.images(directory, false, new int[] {-1, 2, 2});
    assertRefused(
        path, path + " has the impossible dimensions [-1]; an item has 1 to 67108864 bytes");
    Path inner = IdxFixture.images(directory, false, new int[] {1, -2, -2});
    assertRefused(
        inner, inner + " has the impossible dimensions [1, -2]; an item has 1 to 67108864 bytes");
  }

  @Test
  void aHeaderCutOffIsRefused() throws IOException {
    byte[] file = IdxFixture.file(8, new int[] {1, 2, 3});
    Path path = IdxFixture.write(directory, "images", false, Arrays.copyOf(file, 9));
    assertRefused(path, path + " is cut off in its header");
  }

  @Test
  void aDamagedGzipIsRefused() throws IOException {
    Path path = directory.resolve("images.gz");
    Files.write(path, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    assertRefused(path, path + " is not a whole gzip file: Not in GZIP format");
    byte[] whole = IdxFixture.gzip(IdxFixture.file(8, new int[] {1, 2, 2}, 1, 2, 3, 4));
    Files.write(path, Arrays.copyOf(whole, whole.length - 12));
    assertThatThrownBy(() -> open(path))
        .isInstanceOf(IdxFile.IdxFormatException.class)
        .hasMessageStartingWith(path + " is cut off");
  }

  @Test
  void differentCountsOfImagesAndLabelsAreNamed() throws IOException {
    Path images = IdxFixture.images(directory, false, new int[] {2, 1, 1}, 1, 2);
    Path labels = IdxFixture.labels(directory, false, 1, 2, 3);
    assertThatThrownBy(() -> openSource(images, Map.of()))
        .isInstanceOf(DataException.class)
        .hasMessage("data.train: " + images + " holds 2 images, but " + labels + " holds 3 labels");
  }

  @Test
  void labelsThatCannotBeFoundAreAskedFor() throws IOException {
    Path images =
        IdxFixture.write(directory, "pictures", false, IdxFixture.file(8, new int[] {1, 1, 1}, 1));
    assertThatThrownBy(() -> openSource(images, Map.of()))
        .hasMessage(
            "data.train: no label file can be derived from "
                + images
                + ", whose name has no 'images' in it; name it in options { labels = ... }");
    assertThatThrownBy(() -> openSource(images, Map.of("labels", directory + "/none")))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("data.train: cannot read " + images + " as idx: ")
        .hasMessageContaining(directory + "/none");
    assertThatThrownBy(() -> openSource(images, Map.of("lables", "x")))
        .hasMessage("data.train: unknown options of the format idx: [lables]; it has labels");
  }

  private void assertRefused(Path path, String message) {
    assertThatThrownBy(() -> open(path))
        .isInstanceOf(IdxFile.IdxFormatException.class)
        .hasMessage(message);
  }

  private static IdxFile open(Path path) throws IOException {
    return IdxFile.open(path.toString(), 2, 4, new Configuration(false));
  }

  private static void openSource(Path images, Map<String, String> options) {
    try (ReadingWatch watch = ReadingWatch.open(SparkFixture.spark().sparkContext())) {
      assertThat(
              Sources.open(
                  SparkFixture.spark(),
                  Frames.none(),
                  watch,
                  "data.train",
                  new io.cairn.settings.SourceSettings(images.toString(), "idx", options)))
          .isEqualTo(List.of());
    }
  }
}
