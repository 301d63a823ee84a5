/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.samediff.GraphGroups;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import io.cairn.settings.ScheduleSettings;
import io.cairn.settings.ScheduleSettings.By;
import io.cairn.settings.ScheduleSettings.Decay;
import io.cairn.settings.UpdaterGroup;
import io.cairn.settings.UpdaterGroup.Part;
import io.cairn.settings.UpdaterSettings;
import io.cairn.settings.UpdaterType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** ONNX models, and what PyTorch and onnxruntime compute of them: {@code onnx_fixtures.py}. */
public enum OnnxFixture {
  MLP(Loss.SPARSE, 4, "x"),
  CNN(Loss.SPARSE, 5, "x"),
  GPT(Loss.TOKEN_CROSS_ENTROPY, 23, "input_ids"),
  BERT(Loss.SPARSE, 3, "input_ids", "attention_mask", "token_type_ids"),
  VISION(Loss.MSE, 1, "x"),
  MASKS(Loss.SPARSE, 4, "input_ids"),
  BOUNDED(Loss.SPARSE, 4, "x");

  public static final int EXAMPLES = 24;

  private final Loss loss;
  private final int classes;

  @SuppressWarnings("ImmutableEnumChecker") // a list that nobody can change
  private final List<String> inputs;

  OnnxFixture(Loss loss, int classes, String... inputs) {
    this.loss = loss;
    this.classes = classes;
    this.inputs = List.of(inputs);
  }

  /** How many classes there are. */
  public int classes() {
    return classes;
  }

  /** Its inputs, in the order of the arrays. */
  public List<String> inputs() {
    return inputs;
  }

  /** Whether it takes sequences. */
  public boolean isSequence() {
    return this == GPT || this == BERT || this == MASKS;
  }

  /** The loss that PyTorch trained by. */
  public Loss loss() {
    return loss;
  }

  private String lower() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The file in a version of the operators. */
  public byte[] file(int opset) {
    return file("op" + opset);
  }

  /** The file of a variant, such as {@code op11} or {@code double}. */
  byte[] file(String variant) {
    return resource(lower() + "_" + variant + ".onnx");
  }

  private static byte[] resource(String name) {
    try (InputStream in = OnnxFixture.class.getResourceAsStream("onnx/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Arrays by name. */
  public Map<String, INDArray> arrays() {
    return arrays(lower() + ".npz");
  }

  /** What PyTorch made of tuning some of them, by case and name: {@code tuning_fixtures.py}. */
  static Map<String, INDArray> tuned() {
    return arrays("tuned.npz");
  }

  /** What onnxruntime makes of files with new outputs. */
  static Map<String, INDArray> heads() {
    return arrays("heads.npz");
  }

  private static Map<String, INDArray> arrays(String file) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    try (ZipInputStream zip =
        new ZipInputStream(new java.io.ByteArrayInputStream(resource(file)))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName().replaceFirst("\\.npy$", "").replace('~', '/');
        arrays.put(name, Nd4j.createNpyFromByteArray(zip.readAllBytes()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return arrays;
  }

  /** What settings say to train it. */
  public GraphWishes wishes(Loss by) {
    return new GraphWishes(
        new GraphSettings(Optional.empty(), Optional.of(by), Optional.empty()),
        OptionalInt.of(classes),
        inputs);
  }

  /** The model in a type. */
  GraphModel model(String variant, Loss by, DataType type) {
    return OnnxReader.read(lower() + ".onnx", file(variant), wishes(by), type);
  }

  /** A network that is trained as PyTorch's was: {@code optimizer_of} in the script. */
  SameDiffNetwork adamW(int updates) {
    return adamW(updates, model("double", loss, DataType.DOUBLE));
  }

  /** The same of a model that was made of it. */
  SameDiffNetwork adamW(int updates, GraphModel model) {
    UpdaterSettings settings =
        new UpdaterSettings(
            UpdaterType.ADAM_W,
            OptionalDouble.of(1e-3),
            UpdaterType.ADAM_W.defaults(),
            OptionalDouble.of(1e-2),
            Optional.of(
                new ScheduleSettings(
                    By.UPDATES,
                    5,
                    Decay.LINEAR,
                    OptionalInt.empty(),
                    OptionalDouble.of(0),
                    OptionalDouble.empty(),
                    OptionalInt.empty(),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    OptionalDouble.empty())),
            Optional.empty(),
            isSequence() || this == VISION
                ? List.of(
                    group(Part.BIASES, OptionalDouble.empty()),
                    group(Part.NORMALIZATION, OptionalDouble.of(2e-3)))
                : List.of(group(Part.BIASES, OptionalDouble.empty())));
    GraphGroups groups = GraphGroups.choose(settings, Updaters.plan(1), lower(), model).groups();
    groups.runLasts(updates, updates);
    return new SameDiffNetwork(model).with(groups);
  }

  /**
   * One update by all examples, cut into micro-batches.
   *
   * @return the loss before it, a mean
   */
  static double update(SameDiffNetwork network, MultiDataSet all) {
    INDArray sum = network.gradient().dup().assign(0);
    double loss = 0;
    double terms = 0;
    for (int[] part : new int[][] {{0, 5}, {5, 6}, {6, EXAMPLES}}) {
      MultiDataSet some = (MultiDataSet) SomeExamples.part(all, part[0], part[1]);
      loss += network.backpropagate(some);
      terms += network.terms(some);
      sum.addi(network.gradient());
    }
    network.gradient().assign(sum.div(terms));
    network.update(1);
    return loss / terms;
  }

  private static UpdaterGroup group(Part part, OptionalDouble rate) {
    return new UpdaterGroup(part.name(), List.of(), List.of(part), rate, OptionalDouble.of(0));
  }

  /** All examples, as the data room hands them over. */
  public MultiDataSet examples(DataType type) {
    Map<String, INDArray> arrays = arrays();
    List<INDArray> features = new ArrayList<>();
    INDArray mask = isSequence() ? arrays.get("mask").castTo(type) : null;
    for (String input : inputs) {
      features.add(shaped(arrays.get("in_" + input).castTo(type), isSequence()));
    }
    INDArray labels = arrays.get("labels").castTo(type);
    boolean token = loss == Loss.TOKEN_CROSS_ENTROPY;
    INDArray[] masks = new INDArray[features.size()];
    java.util.Arrays.fill(masks, mask);
    return new MultiDataSet(
        features.toArray(INDArray[]::new),
        new INDArray[] {shaped(labels, true)},
        mask == null ? null : masks,
        new INDArray[] {token ? mask : null});
  }

  private static INDArray shaped(INDArray array, boolean last) {
    return last ? Nd4j.expandDims(array, array.rank()).dup('c') : array;
  }
}
