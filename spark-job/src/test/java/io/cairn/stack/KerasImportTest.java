/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** HDF5's binding was compiled for an older JavaCPP than the one that runs: it must still read. */
class KerasImportTest {

  @Test
  void kerasFileGivesTheModelThatKerasWouldEvaluate() throws Exception {
    Path file = Path.of(getClass().getResource("/keras/tiny-mlp.h5").toURI());

    MultiLayerNetwork model =
        KerasModelImport.importKerasSequentialModelAndWeights(file.toString(), true);

    INDArray output = model.output(Nd4j.create(new float[][] {{1.0f, 2.0f, -1.0f, 0.5f}}));
    assertThat(output.shape()).containsExactly(1, 2);
    // Printed by make_tiny_mlp.py, which made the file.
    assertThat(output.getDouble(0, 0)).isCloseTo(0.5249791741371155, within(1e-6));
    assertThat(output.getDouble(0, 1)).isCloseTo(0.4750208258628845, within(1e-6));
  }
}
