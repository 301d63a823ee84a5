/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.BaseDataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The scaling of inputs in a model's archive ({@code normalizer.bin}), as {@code (x - shift) /
 * spread}.
 *
 * <p>It is read by code of our own, written after DL4J's NormalizerSerializer and its strategies.
 * DL4J's reader creates objects of any class that the file names, and allocates any size that it
 * states.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * <p>Failure: a {@link ModelException} if it is damaged, or cannot be applied to inputs alone.
 *
 * @param kind DL4J's name of it
 * @param extent whether columns have numbers of their own
 * @param inputs in the model's order; where all values are scaled alike, one with one number
 */
public record StoredNormalizer(String kind, Extent extent, List<Channels> inputs) {

  /** The entry of a model's archive. */
  public static final String ENTRY = "normalizer.bin";

  private static final String HEADER = "NORMALIZER";
  private static final int MAX_CHANNELS = 1 << 24;
  private static final int MAX_INPUTS = 1024;

  /** As DL4J pads a range of 0. */
  private static final double LEAST_RANGE = Nd4j.EPS_THRESHOLD;

  /** Whether columns have numbers of their own. */
  public enum Extent {
    /** Each column, or channel. */
    PER_CHANNEL,
    /** All values are scaled alike. */
    ALL_ALIKE
  }

  /** Shift and spread of an input's channels. */
  public record Channels(List<Double> shift, List<Double> spread) {
    public Channels {
      shift = List.copyOf(shift);
      spread = List.copyOf(spread);
    }
  }

  public StoredNormalizer {
    inputs = List.copyOf(inputs);
  }

  static StoredNormalizer read(String model, byte[] content) {
    String what = model + ": " + ENTRY;
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
      if (!in.readUTF().equals(HEADER) || in.readInt() != 1) {
        throw new ModelException(what + " is no normalizer of a known version");
      }
      String kind = in.readUTF();
      StoredNormalizer read =
          switch (kind) {
            case "STANDARDIZE" -> {
              refuseLabels(what, in);
              yield channels(kind, List.of(standard(what, in)));
            }
            case "MIN_MAX" -> {
              refuseLabels(what, in);
              Target target = new Target(in.readDouble(), in.readDouble());
              yield channels(kind, List.of(minMax(what, in, target)));
            }
            case "MULTI_STANDARDIZE" -> {
              refuseLabels(what, in);
              int inputs = inputs(what, in);
              List<Channels> all = new ArrayList<>();
              for (int i = 0; i < inputs; i++) {
                all.add(standard(what, in));
              }
              yield channels(kind, all);
            }
            case "MULTI_MIN_MAX" -> {
              refuseLabels(what, in);
              int inputs = inputs(what, in);
              Target target = new Target(in.readDouble(), in.readDouble());
              List<Channels> all = new ArrayList<>();
              for (int i = 0; i < inputs; i++) {
                all.add(minMax(what, in, target));
              }
              yield channels(kind, all);
            }
            case "IMAGE_MIN_MAX" -> {
              Target target = new Target(in.readDouble(), in.readDouble());
              Channels one = scaled(List.of(0.0), List.of(in.readDouble()), target);
              yield new StoredNormalizer(kind, Extent.ALL_ALIKE, List.of(one));
            }
            default ->
                throw new ModelException(
                    what
                        + " is of the kind "
                        + printable(kind)
                        + ", which is not applied"
                        + wayOut());
          };
      if (in.read() >= 0) {
        throw new ModelException(what + " has bytes behind its end");
      }
      return read.checked(what);
    } catch (EOFException e) {
      throw new ModelException(what + " is cut off", e);
    } catch (ModelException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ND4J answers some damage with a plain RuntimeException.
      throw new ModelException(what + " is damaged: " + ModelConfiguration.firstLine(e), e);
    }
  }

  private static String wayOut() {
    return "; STANDARDIZE, MIN_MAX (of one input or several) and IMAGE_MIN_MAX are, and data.scale,"
        + " if it is given, is applied instead";
  }

  private static String printable(String text) {
    return text.length() > 40 ? "\"" + text.substring(0, 40) + "...\"" : "\"" + text + "\"";
  }

  private StoredNormalizer checked(String what) {
    for (Channels channels : inputs) {
      boolean sound =
          channels.shift().stream().allMatch(Double::isFinite)
              && channels.spread().stream().allMatch(x -> Double.isFinite(x) && x != 0);
      if (!sound) {
        throw new ModelException(what + " holds numbers that nothing can be scaled by");
      }
    }
    return this;
  }

  private static StoredNormalizer channels(String kind, List<Channels> inputs) {
    return new StoredNormalizer(kind, Extent.PER_CHANNEL, inputs);
  }

  private static void refuseLabels(String what, DataInputStream in) throws IOException {
    if (in.readBoolean()) {
      throw new ModelException(what + " scales labels too, which is not applied" + wayOut());
    }
  }

  private static int inputs(String what, DataInputStream in) throws IOException {
    int inputs = in.readInt();
    in.readInt(); // outputs: -1, since labels are not scaled
    if (inputs < 1 || inputs > MAX_INPUTS) {
      throw new ModelException(what + " says it has " + inputs + " inputs");
    }
    return inputs;
  }

  /** Where a range is mapped to. */
  private record Target(double from, double to) {}

  private static Channels standard(String what, DataInputStream in) throws IOException {
    List<Double> means = row(what, in);
    List<Double> deviations = row(what, in);
    requireAlike(what, means, deviations);
    // As DL4J does it, a constant column is not stretched.
    return new Channels(means, deviations.stream().map(d -> d == 0 ? 1 : d).toList());
  }

  private static Channels minMax(String what, DataInputStream in, Target target)
      throws IOException {
    List<Double> lower = row(what, in);
    List<Double> upper = row(what, in);
    requireAlike(what, lower, upper);
    List<Double> ranges = new ArrayList<>();
    for (int i = 0; i < lower.size(); i++) {
      ranges.add(Math.max(upper.get(i) - lower.get(i), LEAST_RANGE));
    }
    return scaled(lower, ranges, target);
  }

  /** {@code (x - lower) / range * (to - from) + from}. */
  private static Channels scaled(List<Double> lower, List<Double> ranges, Target target) {
    double width = target.to() - target.from();
    List<Double> shifts = new ArrayList<>();
    List<Double> spreads = new ArrayList<>();
    for (int i = 0; i < lower.size(); i++) {
      double spread = ranges.get(i) / width;
      spreads.add(spread);
      shifts.add(lower.get(i) - target.from() * spread);
    }
    return new Channels(shifts, spreads);
  }

  private static void requireAlike(String what, List<Double> first, List<Double> second) {
    if (first.size() != second.size()) {
      throw new ModelException(
          "%s has two numbers for %d columns and for %d"
              .formatted(what, first.size(), second.size()));
    }
  }

  /** An array in ND4J's form, of one row: its shape, then its values. */
  private static List<Double> row(String what, DataInputStream in) throws IOException {
    var shape = BaseDataBuffer.readHeader(in);
    long shapeLength = shape.getMiddle();
    long rank = shape.getRight() == DataType.INT64 && shapeLength >= 6 ? in.readLong() : 0;
    if (rank < 1 || rank > 2 || shapeLength != 2 * rank + 4) {
      throw new ModelException(what + " holds an array that is no row");
    }
    long length = 1;
    for (int i = 0; i < rank; i++) {
      long size = in.readLong();
      if (size < 1 || size > MAX_CHANNELS || (length > 1 && size > 1)) {
        throw new ModelException(what + " holds an array that is no row");
      }
      length *= size;
    }
    in.skipNBytes((shapeLength - 1 - rank) * Long.BYTES);
    var header = BaseDataBuffer.readHeader(in);
    DataType type = header.getRight();
    if ((type != DataType.FLOAT && type != DataType.DOUBLE)
        || header.getMiddle() != length
        || in.available() < length * type.width()) {
      throw new ModelException(
          "%s says it holds %d values of %s, and holds others".formatted(what, length, type));
    }
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      values.add(type == DataType.FLOAT ? in.readFloat() : in.readDouble());
    }
    return values;
  }
}
