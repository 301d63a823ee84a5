/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.graph.FlatGraph;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A file that {@code SameDiff.save} wrote, whatever its name ends with: one FlatBuffers graph. It
 * is checked before ND4J reads it, because ND4J checks nothing, and native code that is given wrong
 * strides takes the process with it.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} naming the file, before any array of it is made.
 */
public final class GraphFile {

  private static final int FIRST_SLOTS = 4;
  private static final int MOST_SLOTS = 64;

  private GraphFile() {}

  /**
   * Whether bytes begin as such a file does: with the place of a table that has a layout.
   * FlatBuffers has no magic number here.
   */
  public static boolean isOne(byte[] content) {
    if (content.length < 3 * Integer.BYTES) {
      return false;
    }
    ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    long root = Integer.toUnsignedLong(file.getInt(0));
    if (root < Integer.BYTES || root + Integer.BYTES > content.length) {
      return false;
    }
    long layout = root - file.getInt((int) root);
    if (layout < Integer.BYTES || layout + Integer.BYTES > content.length) {
      return false;
    }
    int bytes = Short.toUnsignedInt(file.getShort((int) layout));
    return bytes % 2 == 0 && bytes >= FIRST_SLOTS && bytes <= MOST_SLOTS;
  }

  /** FlatBuffers' builder doubles its array up to 1 GiB; the rest is for names and operations. */
  private static final long MOST_BYTES = (1L << 30) - (16 << 20);

  /**
   * Reads a graph.
   *
   * @param name what to call the file in errors
   * @param content borrowed until return
   */
  public static SameDiff read(String name, byte[] content) {
    try {
      FlatStructure.require(content);
      FlatGraph graph = FlatGraph.getRootAsFlatGraph(ByteBuffer.wrap(content));
      FlatGraphCheck.require(graph);
      TrainingSettings.requireHarmless(graph.trainingConfig());
      Mends.apply();
      return SameDiff.fromFlatBuffers(ByteBuffer.wrap(content), true);
    } catch (DamagedFileException e) {
      throw new ModelException(name + " is damaged, or no SameDiff graph: " + e.getMessage(), e);
    } catch (RefusedGraphException e) {
      throw new ModelException(name + ": " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      throw new ModelException(
          "%s is damaged, or no SameDiff graph that ND4J 1.0.0-M2.1 reads: %s"
              .formatted(name, firstLine(e)),
          e);
    }
  }

  /** Bytes of the values that a file holds. */
  static long valueBytes(SameDiff graph) {
    return graph.variables().stream()
        .filter(variable -> variable.getVariableType() != VariableType.ARRAY)
        .map(SDVariable::getArr)
        .filter(Objects::nonNull)
        .mapToLong(values -> values.length() * values.dataType().width())
        .sum();
  }

  /**
   * Whether what an optimizer keeps has room in a file beside the values.
   *
   * @throws ModelException if the values alone are too long
   */
  static boolean hasRoomForState(long valueBytes, long stateBytes) {
    if (valueBytes > MOST_BYTES) {
      throw new ModelException(
          "the graph's values take %,d bytes, and a file of SameDiff, which a run writes its model to, holds no more than %,d"
              .formatted(valueBytes, MOST_BYTES));
    }
    return valueBytes + stateBytes <= MOST_BYTES;
  }

  /** The file of a graph, with its updater's state if it has one. */
  static byte[] write(SameDiff graph) {
    return bytes(graph.asFlatBuffers(true));
  }

  /** The same without such a state, which may be twice as long as the rest. */
  static byte[] withoutState(SameDiff graph) {
    return bytes(graph.asFlatBuffers(false));
  }

  /** The same without its {@code TrainingConfig}: always the same bytes of the same values. */
  public static byte[] forScoring(SameDiff graph) {
    TrainingConfig config = graph.getTrainingConfig();
    graph.setTrainingConfig(null);
    try {
      return withoutState(graph);
    } finally {
      graph.setTrainingConfig(config);
    }
  }

  private static byte[] bytes(ByteBuffer written) {
    byte[] content = new byte[written.remaining()];
    written.get(content);
    return content;
  }

  /** Variables that are trained, in the file's order: floating point, and no constants. */
  static List<SDVariable> trained(SameDiff graph) {
    return graph.variables().stream().filter(GraphFile::isTrained).toList();
  }

  static boolean isTrained(SDVariable variable) {
    return variable.getVariableType() == VariableType.VARIABLE && variable.dataType().isFPType();
  }

  /** The type that a graph computes in: FLOAT or DOUBLE. */
  static DataType type(SameDiff graph) {
    List<DataType> types = trained(graph).stream().map(SDVariable::dataType).distinct().toList();
    if (types.size() != 1 || (types.get(0) != DataType.FLOAT && types.get(0) != DataType.DOUBLE)) {
      throw new RefusedGraphException(
          types.isEmpty()
              ? "the graph has no variables to train; those that are constants stay as they are"
              : "the graph's variables are of %s; all FLOAT, or all DOUBLE, can be trained"
                  .formatted(types));
    }
    return types.get(0);
  }

  static String firstLine(Throwable failure) {
    Throwable innermost = failure;
    for (int depth = 0; innermost.getCause() != null && depth < 20; depth++) {
      innermost = innermost.getCause();
    }
    String message = String.valueOf(innermost.getMessage()).lines().findFirst().orElse("");
    return message.isBlank() || innermost.getMessage() == null
        ? innermost.getClass().getSimpleName()
        : message;
  }
}
