/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.source.ProblemCounts.ProblemKind;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.apache.spark.sql.Row;

/**
 * Decodes pictures into arrays of unsigned bytes. It reads what Spark's sources {@code binaryFile}
 * (the bytes of a JPEG or PNG file) and {@code image} (a struct) give.
 *
 * <p>A picture must have the size and channels that are asked for. Nothing is cropped, resized or
 * converted silently, with one exception: a grey picture may be used as a coloured one, with three
 * equal channels. The size is read from the file's header before anything is unpacked, so that a
 * small file cannot use more memory than the wanted picture.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param height rows
 * @param width columns
 * @param channels 1 (grey), 3 (red, green, blue) or 4 (with opacity)
 * @param order of the array
 * @param pathIndex where a row has the file's path; -1: nowhere
 */
record Pictures(int height, int width, int channels, Order order, int pathIndex)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Set<String> FORMATS = Set.of("jpeg", "png");
  private static final int EIGHT_BITS = 8;

  /** The order of an array's values. */
  enum Order {
    /** [channels, height, width]. */
    CHANNELS_FIRST,
    /** [height, width, channels]. */
    CHANNELS_LAST
  }

  /** Where the values of a picture go. */
  interface Sink {
    /** The value at {@code index} of the array, 0 to 255. */
    void value(int index, int value);

    /** Why there are none, or no more. */
    void refuse(ProblemKind kind, String detail);
  }

  Pictures withPathAt(int index) {
    return new Pictures(height, width, channels, order, index);
  }

  int values() {
    return height * width * channels;
  }

  /**
   * Hands a picture's values over.
   *
   * @param value the bytes of a file, or the struct of Spark's image source
   * @param row that it stands in
   */
  void decode(Object value, Cells row, Sink sink) {
    try {
      if (value instanceof Row struct) {
        fromStruct(struct, sink);
      } else {
        fromFile((byte[]) value, path(row), sink);
      }
    } catch (IOException | RuntimeException e) {
      // ImageIO's readers throw what they please where a file is damaged.
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      sink.refuse(ProblemKind.NO_PICTURE, named(path(row), why.lines().findFirst().orElse(why)));
    }
  }

  private String path(Cells row) {
    return pathIndex < 0 || row.isNull(pathIndex) ? "" : (String) row.value(pathIndex);
  }

  private static String named(String path, String text) {
    return path.isEmpty() ? text : path + ": " + text;
  }

  private void fromFile(byte[] file, String path, Sink sink) throws IOException {
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      while (readers.hasNext()) {
        ImageReader reader = readers.next();
        if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
          try {
            // Whatever else is in the file, such as compressed text, is not looked at.
            reader.setInput(in, true, true);
            fromReader(reader, path, sink);
          } finally {
            reader.dispose();
          }
          return;
        }
      }
    }
    sink.refuse(ProblemKind.NO_PICTURE, named(path, "it is neither JPEG nor PNG"));
  }

  private void fromReader(ImageReader reader, String path, Sink sink) throws IOException {
    if (reader.getWidth(0) != width || reader.getHeight(0) != height) {
      sink.refuse(
          ProblemKind.OTHER_PICTURE, named(path, size(reader.getHeight(0), reader.getWidth(0))));
      return;
    }
    BufferedImage image = reader.read(0);
    for (int bits : image.getSampleModel().getSampleSize()) {
      if (bits > EIGHT_BITS) {
        sink.refuse(ProblemKind.OTHER_PICTURE, named(path, bits + " bits a channel, more than 8"));
        return;
      }
    }
    if (image.getColorModel() instanceof IndexColorModel) {
      fromColors(image, path, sink);
    } else if (image.getSampleModel().getSampleSize(0) == EIGHT_BITS
        && image.getSampleModel().getTransferType() == DataBuffer.TYPE_BYTE) {
      Raster raster = image.getRaster();
      int bands = raster.getNumBands();
      accept(bands, path, sink, (y, x, band) -> raster.getSample(x, y, band));
    } else {
      fromColors(image, path, sink);
    }
  }

  /** Of a palette, or of fewer than 8 bits: the colours that it stands for. */
  private void fromColors(BufferedImage image, String path, Sink sink) {
    boolean opacity = image.getColorModel().hasAlpha();
    boolean grey = !opacity && isGrey(image);
    int bands = opacity ? 4 : 3;
    accept(
        grey && channels == 1 ? 1 : bands,
        path,
        sink,
        (y, x, band) -> image.getRGB(x, y) >>> (band == 3 ? 24 : 16 - 8 * band) & 0xff);
  }

  private boolean isGrey(BufferedImage image) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = image.getRGB(x, y);
        if ((rgb >> 16 & 0xff) != (rgb & 0xff) || (rgb >> 8 & 0xff) != (rgb & 0xff)) {
          return false;
        }
      }
    }
    return true;
  }

  private void fromStruct(Row struct, Sink sink) {
    String origin = struct.isNullAt(0) ? "" : struct.getString(0);
    int rows = struct.getInt(1);
    int columns = struct.getInt(2);
    int bands = struct.getInt(3);
    if (rows < 0) {
      sink.refuse(ProblemKind.NO_PICTURE, named(origin, "Spark's image source could not read it"));
    } else if (rows != height || columns != width) {
      sink.refuse(ProblemKind.OTHER_PICTURE, named(origin, size(rows, columns)));
    } else {
      byte[] data = struct.getAs(5);
      // Blue, green, red, as OpenCV has them.
      accept(
          bands,
          origin,
          sink,
          (y, x, band) ->
              data[(y * columns + x) * bands + (bands < 3 || band == 3 ? band : 2 - band)] & 0xff);
    }
  }

  private String size(int rows, int columns) {
    return "%d high and %d wide, not %d and %d".formatted(rows, columns, height, width);
  }

  /** One sample of a decoded picture. */
  private interface Samples {
    int at(int y, int x, int band);
  }

  private void accept(int bands, String path, Sink sink, Samples samples) {
    boolean greyForColor = bands == 1 && channels == 3;
    if (bands != channels && !greyForColor) {
      sink.refuse(
          ProblemKind.OTHER_PICTURE, named(path, "%d channels, not %d".formatted(bands, channels)));
      return;
    }
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
          int index =
              order == Order.CHANNELS_FIRST
                  ? (c * height + y) * width + x
                  : (y * width + x) * channels + c;
          sink.value(index, samples.at(y, x, greyForColor ? 0 : c));
        }
      }
    }
  }
}
