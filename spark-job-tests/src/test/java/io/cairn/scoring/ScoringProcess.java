/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import io.cairn.data.Scaling;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.replica.OutputValues;
import io.cairn.replica.OutputValues.OutputSteps;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Scores as a task does, with a network that makes large pictures of small ones, and prints what it
 * computed and how many examples at a time it would go on with.
 */
public final class ScoringProcess {

  static final int EXAMPLES = 300;
  private static final int SIDE = 4;

  private ScoringProcess() {}

  /** Arguments: how many times the side of a picture is enlarged, and examples of a batch. */
  public static void main(String[] arguments) {
    int most = Integer.parseInt(arguments[1]);
    byte[] archive =
        ModelSource.read("test", configuration(Integer.parseInt(arguments[0])), 11)
            .scoringArchive();
    ScoringModel model = new ScoringModel("digest", () -> archive);
    ExampleLayout layout =
        new ExampleLayout(ElementKind.FLOAT64, List.of(Field.vector("x", Role.INPUT, SIDE * SIDE)));
    try (TaskScorer scorer = new TaskScorer(model, layout, Scaling.none(), most)) {
      List<byte[]> records = records(layout);
      for (int from = 0; from < EXAMPLES; from += most) {
        List<byte[]> some = records.subList(from, Math.min(EXAMPLES, from + most));
        OutputValues values = scorer.score(some, List.of(OutputSteps.NONE)).get(0);
        double[] own = Arrays.copyOf(values.values(), values.at(some.size(), 0));
        Arrays.stream(own).forEach(value -> System.out.println("VALUE " + value));
      }
      try (ModelsOfProcess.Loan loan = ModelsOfProcess.HERE.borrow(model, Optional.empty())) {
        System.out.println("FITTING " + loan.fitting(most));
      }
    } catch (ModelException e) {
      System.out.println("SAID " + e.getMessage());
    }
    System.exit(0);
  }

  private static List<byte[]> records(ExampleLayout layout) {
    Random random = new Random(5);
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < EXAMPLES; i++) {
      ByteBuffer record = ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
      for (int j = 0; j < SIDE * SIDE; j++) {
        record.putDouble(random.nextGaussian());
      }
      records.add(record.array());
    }
    return records;
  }

  private static byte[] configuration(int scale) {
    return new NeuralNetConfiguration.Builder()
        .seed(11)
        .dataType(DataType.DOUBLE)
        .activation(Activation.TANH)
        .list()
        .layer(new ConvolutionLayer.Builder(1, 1).nOut(2).build())
        .layer(new Upsampling2D.Builder(scale).build())
        .layer(new ActivationLayer(Activation.TANH))
        .layer(new GlobalPoolingLayer(PoolingType.AVG))
        .layer(new OutputLayer.Builder().nOut(2).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.convolutionalFlat(SIDE, SIDE, 1))
        .build()
        .toJson()
        .getBytes(StandardCharsets.UTF_8);
  }
}
