/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.collect;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cairn.data.DataException;
import io.cairn.data.ExampleLayout;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.InputForm;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures in folders become arrays of the wanted shape, or are refused by their path. */
class PicturesTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"binaryFile", "image"})
  void aColouredPictureHasItsValuesInTheWantedOrder(String format) throws IOException {
    png("a/1.png", colours(BufferedImage.TYPE_INT_RGB));
    String column = format.equals("image") ? "image" : "content";
    assertThat(pixels(format, column, InputForm.Image.CHANNELS_LAST, 2, 3, 3))
        .containsExactly(
            1, 2, 3, 11, 12, 13, 21, 22, 23, 101, 102, 103, 111, 112, 113, 121, 122, 123);
    assertThat(pixels(format, column, InputForm.Image.CHANNELS_FIRST, 3, 2, 3))
        .containsExactly(
            1, 11, 21, 101, 111, 121, 2, 12, 22, 102, 112, 122, 3, 13, 23, 103, 113, 123);
  }

  @Test
  void aPaletteStandsForItsColours() throws IOException {
    BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_INDEXED);
    image.setRGB(1, 0, 0xff0000);
    png("a/1.png", image);
    int red = image.getRGB(1, 0) >> 16 & 0xff;
    assertThat(pixels("binaryFile", "content", InputForm.Image.CHANNELS_FIRST, 3, 2, 3)[1])
        .isEqualTo(red)
        .isGreaterThan(250);
  }

  @Test
  void greyValuesStayWhatTheyAreAndMayStandForColours() throws IOException {
    BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 6; i++) {
      image.getRaster().setSample(i % 3, i / 3, 0, 40 * i);
    }
    png("a/1.png", image);
    assertThat(pixels("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 2, 3, 1))
        .containsExactly(0, 40, 80, 120, 160, 200);
    assertThat(pixels("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 2, 3, 3))
        .startsWith(0, 0, 0, 40, 40, 40)
        .hasSize(18);
  }

  @Test
  void aGreyJpegIsRead() throws IOException {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
    image
        .getRaster()
        .setSamples(
            0,
            0,
            8,
            8,
            0,
            java.util.Collections.nCopies(64, 77).stream().mapToInt(i -> i).toArray());
    Path file = file("a/1.jpg");
    ImageIO.write(image, "jpeg", file.toFile());
    assertThat(pixels("binaryFile", "content", InputForm.Image.CHANNELS_FIRST, 1, 8, 8))
        .containsOnly(77);
  }

  @Test
  void whatDoesNotFitIsNamedByItsPath() throws IOException {
    png("a/colour.png", colours(BufferedImage.TYPE_INT_RGB));
    assertThat(problems("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 2, 3, 1))
        .containsExactly(
            "data.train: column 'content' holds a picture of another size or form in 1 of 1 examples:"
                + " file:%s/a/colour.png: 3 channels, not 1".formatted(directory));
    assertThat(problems("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 4, 3, 3))
        .containsExactly(
            "data.train: column 'content' holds a picture of another size or form in 1 of 1 examples:"
                + " file:%s/a/colour.png: 2 high and 3 wide, not 4 and 3".formatted(directory));
    assertThat(problems("image", "image", InputForm.Image.CHANNELS_LAST, 4, 3, 3))
        .singleElement()
        .asString()
        .endsWith("a/colour.png: 2 high and 3 wide, not 4 and 3");
    png("a/colour.png", colours(BufferedImage.TYPE_INT_ARGB));
    assertThat(problems("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 2, 3, 3))
        .singleElement()
        .asString()
        .endsWith("a/colour.png: 4 channels, not 3");
  }

  @Test
  void aDamagedPictureIsADataErrorWithItsPath() throws IOException {
    png("a/1.png", colours(BufferedImage.TYPE_INT_RGB));
    byte[] whole = Files.readAllBytes(directory.resolve("a/1.png"));
    Files.write(directory.resolve("a/1.png"), java.util.Arrays.copyOf(whole, whole.length / 2));
    Files.writeString(file("a/2.png"), "no picture");
    assertThat(problems("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 2, 3, 3))
        .singleElement()
        .asString()
        .startsWith(
            "data.train: column 'content' holds no picture that can be read in 2 of 2 examples: file:"
                + directory
                + "/a/");
  }

  @Test
  void aSmallFileOfAHugePictureIsNotUnpacked() throws IOException {
    png("a/1.png", colours(BufferedImage.TYPE_INT_RGB));
    byte[] file = Files.readAllBytes(directory.resolve("a/1.png"));
    // The header's width and height, and its checksum.
    ByteBuffer header = ByteBuffer.wrap(file);
    header.putInt(16, 60_000).putInt(20, 60_000);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(file, 12, 17);
    header.putInt(29, (int) crc.getValue());
    Files.write(directory.resolve("a/1.png"), file);
    assertThat(problems("binaryFile", "content", InputForm.Image.CHANNELS_LAST, 2, 3, 3))
        .singleElement()
        .asString()
        .endsWith("60000 high and 60000 wide, not 2 and 3");
  }

  private int[] pixels(String format, String column, InputForm.Image image, Integer... shape) {
    byte[] record =
        collect(prepare(data(format, column, image, shape), 1).trainShards(1)).get(0).get(0);
    ByteBuffer values = ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER);
    List<Integer> found = new ArrayList<>();
    while (values.remaining() > Float.BYTES) {
      found.add((int) values.getFloat());
    }
    return found.stream().mapToInt(i -> i).toArray();
  }

  private List<String> problems(
      String format, String column, InputForm.Image image, Integer... shape) {
    return catchThrowableOfType(
            DataException.class, () -> prepare(data(format, column, image, shape), 1))
        .problems();
  }

  private DataSettings data(String format, String column, InputForm.Image image, Integer... shape) {
    ColumnSettings input =
        new ColumnSettings(
            List.of(column),
            List.of(shape),
            OptionalInt.empty(),
            new InputForm(Optional.empty(), image));
    SourceSettings source =
        new SourceSettings(
            new SourcePlace.Files(
                Optional.of(directory + "/*"), format, Map.of(), Optional.empty()),
            Optional.of("SELECT *, 0.5 AS y FROM data"),
            Map.of());
    return settings(source, List.of(input), List.of(values("y")));
  }

  private static BufferedImage colours(int type) {
    BufferedImage image = new BufferedImage(3, 2, type);
    for (int y = 0; y < 2; y++) {
      for (int x = 0; x < 3; x++) {
        int base = 100 * y + 10 * x;
        image.setRGB(x, y, 0x80000000 | ((base + 1) << 16) | ((base + 2) << 8) | (base + 3));
      }
    }
    return image;
  }

  private void png(String name, BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    Files.write(file(name), bytes.toByteArray());
  }

  private Path file(String name) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return file;
  }
}
