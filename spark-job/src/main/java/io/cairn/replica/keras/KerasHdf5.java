/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An HDF5 file in memory, as far as Keras uses the format: groups, arrays of float32 or float64,
 * and texts as attributes.
 *
 * <p>The file is not trusted. Links, which may lead to other files, are not followed, and no array
 * is read that is larger than the file can hold.
 *
 * <p>Whoever opens it closes it.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} saying which part is damaged or of another kind.
 */
final class KerasHdf5 implements AutoCloseable {

  /** Weights hardly compress; who says that many zeros are in few bytes wants to fill memory. */
  private static final int LARGEST_COMPRESSION = 32;

  /** What a list of names is cut into when it does not fit into one attribute. */
  private static final int MOST_PARTS = 10_000;

  private final String name;
  private final HdfFile file;
  private final long largestArrayBytes;

  private KerasHdf5(String name, HdfFile file, long bytes) {
    this.name = name;
    this.file = file;
    this.largestArrayBytes = bytes * LARGEST_COMPRESSION;
  }

  /**
   * Opens a file.
   *
   * @param name what to call it in errors
   * @param content borrowed until closed
   */
  static KerasHdf5 open(String name, byte[] content) {
    return reading(
        name, "it", () -> new KerasHdf5(name, HdfFile.fromBytes(content), content.length));
  }

  /** What a reader of damaged bytes throws is as varied as the damage. */
  static <T> T reading(String name, String what, Supplier<T> read) {
    try {
      return read.get();
    } catch (ModelException e) {
      throw e;
    } catch (OutOfMemoryError e) {
      throw new ModelException(
          "%s: %s does not fit into this process's memory (%s); a few times the file's size is needed (spark.driver.memory)"
              .formatted(name, what, firstLine(e)),
          e);
    } catch (RuntimeException | StackOverflowError e) {
      throw new ModelException(
          name + " is not a readable HDF5 file: " + what + " is damaged (" + firstLine(e) + ")", e);
    }
  }

  private static String firstLine(Throwable error) {
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("no reason given");
  }

  @Override
  public void close() {
    file.close();
  }

  /** Whether there is such a group or array. */
  boolean has(String path) {
    return find(path).isPresent();
  }

  /** Whether there is an array, not a group. */
  boolean isArray(String path) {
    return find(path).filter(Dataset.class::isInstance).isPresent();
  }

  /** Names of what is in a group; empty if there is no such group. */
  List<String> children(String path) {
    return reading(
        name,
        path,
        () ->
            find(path)
                .filter(Group.class::isInstance)
                .map(group -> List.copyOf(((Group) group).getChildren().keySet()))
                .orElse(List.of()));
  }

  /** A text attribute of a group. */
  Optional<String> text(String path, String attribute) {
    return reading(
        name,
        path + "@" + attribute,
        () -> attribute(path, attribute).map(found -> text(found.getData())));
  }

  /** A list of texts, which Keras cuts into name0, name1 and so on where it is long. */
  List<String> texts(String path, String attribute) {
    return reading(
        name,
        path + "@" + attribute,
        () -> {
          List<String> texts = new ArrayList<>();
          attribute(path, attribute).ifPresent(whole -> addTexts(whole, texts));
          for (int part = 0; part < MOST_PARTS; part++) {
            Optional<Attribute> next = attribute(path, attribute + part);
            if (next.isEmpty()) {
              break;
            }
            addTexts(next.get(), texts);
          }
          return texts;
        });
  }

  private void addTexts(Attribute attribute, List<String> texts) {
    if (attribute.isEmpty() || attribute.getSize() == 0) {
      return;
    }
    Object data = attribute.getData();
    if (data instanceof Object[] several) {
      Arrays.stream(several).map(this::text).forEach(texts::add);
    } else if (attribute.getDataType().getDataClass() == STRING) {
      texts.add(text(data));
    }
    // Keras writes an empty list as an empty array of numbers.
  }

  /** HDF5's class of texts. */
  private static final int STRING = 3;

  private String text(Object data) {
    if (data instanceof String text) {
      return text;
    }
    if (data instanceof byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
    throw new ModelException(name + " has an attribute that is not a text where one is expected");
  }

  private Optional<Attribute> attribute(String path, String attribute) {
    return find(path).map(node -> node.getAttributes().get(attribute));
  }

  /** Shape of an array, which is not larger than the file can hold. */
  long[] shape(String path) {
    return reading(
        name,
        path,
        () -> {
          Dataset dataset = dataset(path);
          long[] shape = Arrays.stream(dataset.getDimensions()).asLongStream().toArray();
          double bytes =
              Float.BYTES * Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
          if (bytes > largestArrayBytes || dataset.getSizeInBytes() > largestArrayBytes) {
            throw new ModelException(
                name
                    + ": "
                    + path
                    + " says it has the shape "
                    + Arrays.toString(shape)
                    + ", more than the file can hold");
          }
          return shape;
        });
  }

  /**
   * Reads an array, in the order of its dimensions.
   *
   * @return owned by the caller, of the file's own precision
   */
  INDArray array(String path) {
    return reading(
        name,
        path,
        () -> {
          long[] shape = shape(path);
          Dataset dataset = dataset(path);
          Object values = dataset.getDataFlat();
          requireFinite(path, values);
          if (values instanceof float[] floats) {
            return Nd4j.createFromArray(floats).reshape('c', shape);
          }
          if (values instanceof double[] doubles) {
            return Nd4j.createFromArray(doubles).reshape('c', shape);
          }
          throw new ModelException(
              name
                  + ": "
                  + path
                  + " holds values of type "
                  + dataset.getJavaType()
                  + "; weights are float32 or float64");
        });
  }

  private void requireFinite(String path, Object values) {
    boolean finite =
        values instanceof float[] floats
            ? IntStream.range(0, floats.length).allMatch(i -> Float.isFinite(floats[i]))
            : !(values instanceof double[] doubles)
                || Arrays.stream(doubles).allMatch(Double::isFinite);
    if (!finite) {
      throw new ModelException(
          name
              + ": "
              + path
              + " holds a value that is not finite (NaN or infinite), from which no training can"
              + " start");
    }
  }

  /** A single number that counts something; 0 if there is no such array. */
  long count(String path) {
    return reading(
        name,
        path,
        () ->
            isArray(path)
                    && dataset(path).getSize() == 1
                    && dataset(path).getSizeInBytes() <= Long.BYTES
                ? whole(dataset(path).getDataFlat())
                : 0);
  }

  private static long whole(Object number) {
    return number != null && number.getClass().isArray()
        ? whole(Array.get(number, 0))
        : number instanceof Number one ? one.longValue() : 0;
  }

  private Dataset dataset(String path) {
    Node node = find(path).orElseThrow(() -> new ModelException(name + " has no array at " + path));
    if (!(node instanceof Dataset dataset)) {
      throw new ModelException(name + ": " + path + " is not an array");
    }
    return dataset;
  }

  private Optional<Node> find(String path) {
    return reading(
        name,
        path,
        () -> {
          Node node = file;
          for (String part : path.split("/")) {
            if (part.isEmpty()) {
              continue;
            }
            node = node instanceof Group group ? group.getChildren().get(part) : null;
            if (node == null) {
              return Optional.empty();
            }
            if (node instanceof Link) {
              throw new ModelException(name + ": " + path + " is a link, which is not followed");
            }
          }
          return Optional.of(node);
        });
  }
}
