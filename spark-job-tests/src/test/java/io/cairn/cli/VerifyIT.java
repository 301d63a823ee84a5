/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** {@code verify} as a user meets it, with a class of his own that breaks what Cairn promises. */
class VerifyIT {

  @TempDir Path temp;

  @Test
  void aLayerThatComputesOverItsMicroBatchIsNamedWithExitCodeOne() throws Exception {
    String conf = conf("broken", new Centred()).toString();
    try (DriverProcess verify = cairn("verify", conf, "--updates", "2")) {
      assertThat(verify.exitCode()).as(verify.output()).isEqualTo(1);
      assertThat(verify.output())
          .contains("float64, largest differences after 2 updates, against one batch")
          .containsPattern("(?m)^differs: .*\\bhidden\\b")
          .doesNotContain("\tat ");
    }
    // The same, but for that layer: what is found is the layer's fault.
    try (DriverProcess verify =
        cairn("verify", conf("whole", new ActivationTanH()).toString(), "--updates", "2")) {
      assertThat(verify.exitCode()).as(verify.output()).isZero();
      assertThat(verify.output()).contains("equal: the updates are those of one big batch");
    }
  }

  private DriverProcess cairn(String... arguments) throws IOException {
    return DriverProcess.embeddedWith(temp, classes().toString(), arguments);
  }

  /** A user's jar, so to speak: the one class, and nothing else of the tests. */
  private Path classes() throws IOException {
    String name = Centred.class.getName().replace('.', '/') + ".class";
    Path folder = temp.resolve("classes");
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    try (InputStream in = Centred.class.getClassLoader().getResourceAsStream(name)) {
      Files.write(file, in.readAllBytes());
    }
    return folder;
  }

  private Path conf(String name, IActivation hidden) throws IOException {
    String model =
        new NeuralNetConfiguration.Builder()
            .updater(new Adam(0.01))
            .activation(Activation.TANH)
            .list()
            .layer(new DenseLayer.Builder().nIn(3).nOut(6).name("first").build())
            .layer(
                new DenseLayer.Builder().nIn(6).nOut(5).name("hidden").activation(hidden).build())
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(5)
                    .nOut(2)
                    .name("out")
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    return ThreeColumns.settings(temp, name, model, "workers = 2, micro = 4, steps = 3");
  }

  /** An activation as somebody may write it: less its mean over the micro-batch. */
  public static final class Centred extends ActivationTanH {
    private static final long serialVersionUID = 1L;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      return super.getActivation(in.subiRowVector(in.mean(0)), training);
    }
  }
}
