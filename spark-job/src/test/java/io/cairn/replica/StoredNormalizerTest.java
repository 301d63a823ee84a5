/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.api.preprocessor.DataNormalization;
import org.nd4j.linalg.dataset.api.preprocessor.ImagePreProcessingScaler;
import org.nd4j.linalg.dataset.api.preprocessor.MultiNormalizerMinMaxScaler;
import org.nd4j.linalg.dataset.api.preprocessor.Normalizer;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerMinMaxScaler;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.dataset.api.preprocessor.serializer.NormalizerSerializer;
import org.nd4j.linalg.factory.Nd4j;

/** What DL4J's normalizers do to values is what is read from their files. */
class StoredNormalizerTest {

  private static final INDArray DATA =
      Nd4j.create(new double[][] {{1, 5, 7}, {2, -3, 7}, {4, 9, 7}}).castTo(DataType.FLOAT);

  @TempDir Path directory;

  private static byte[] written(Normalizer<?> normalizer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    NormalizerSerializer.getDefault().write(normalizer, out);
    return out.toByteArray();
  }

  static Stream<DataNormalization> normalizers() {
    return Stream.of(
        new NormalizerStandardize(),
        new NormalizerMinMaxScaler(),
        new NormalizerMinMaxScaler(-1, 3),
        new ImagePreProcessingScaler(-1, 1, 8));
  }

  @ParameterizedTest
  @MethodSource("normalizers")
  void valuesAreScaledAsDl4jScalesThem(DataNormalization normalizer) throws Exception {
    normalizer.fit(new DataSet(DATA.dup(), Nd4j.zeros(3, 1)));
    StoredNormalizer read = StoredNormalizer.read("m", written(normalizer));
    // As DL4J itself has it from the file, where it pads ranges of 0.
    DataNormalization restored;
    try (var in = new java.io.ByteArrayInputStream(written(normalizer))) {
      restored = NormalizerSerializer.getDefault().restore(in);
    }
    INDArray scaled = DATA.dup();
    restored.transform(scaled);
    boolean alike = read.extent() == StoredNormalizer.Extent.ALL_ALIKE;
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        int channel = alike ? 0 : column;
        double shift = read.inputs().get(0).shift().get(channel);
        double spread = read.inputs().get(0).spread().get(channel);
        assertThat((DATA.getDouble(row, column) - shift) / spread)
            .as("%d, %d", row, column)
            .isCloseTo(scaled.getDouble(row, column), within(1e-5));
      }
    }
  }

  @Test
  void severalInputsAreReadEach() throws Exception {
    MultiNormalizerMinMaxScaler several = new MultiNormalizerMinMaxScaler();
    several.fit(
        new MultiDataSet(
            new INDArray[] {DATA.dup(), DATA.getColumn(0, true).mul(10)},
            new INDArray[] {Nd4j.zeros(3, 1)}));
    StoredNormalizer read = StoredNormalizer.read("m", written(several));
    assertThat(read.kind()).isEqualTo("MULTI_MIN_MAX");
    assertThat(read.inputs().get(1).shift()).containsExactly(10.0);
    assertThat(read.inputs().get(1).spread()).containsExactly(30.0);
  }

  @Test
  void whatCannotBeAppliedIsRefusedByName() throws Exception {
    NormalizerStandardize labels = new NormalizerStandardize();
    labels.fitLabel(true);
    labels.fit(new DataSet(DATA.dup(), Nd4j.rand(3, 1)));
    refuses(written(labels), "scales labels too");
    ByteArrayOutputStream custom = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(custom);
    out.writeUTF("NORMALIZER");
    out.writeInt(1);
    out.writeUTF("CUSTOM");
    out.writeUTF("com.example.Anything");
    refuses(custom.toByteArray(), "\"CUSTOM\", which is not applied");
  }

  @Test
  void damageIsRefusedWhereverItIs() throws Exception {
    NormalizerStandardize normalizer = new NormalizerStandardize();
    normalizer.fit(new DataSet(DATA.dup(), Nd4j.zeros(3, 1)));
    byte[] good = written(normalizer);
    for (int length = 0; length < good.length; length++) {
      refuses(Arrays.copyOf(good, length), "normalizer.bin");
    }
    refuses(Arrays.copyOf(good, good.length + 1), "bytes behind its end");
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 0x7f;
      try {
        StoredNormalizer.read("model.zip", bad);
      } catch (ModelException refused) {
        assertThat(refused).hasMessageContaining("model.zip");
      }
    }
  }

  private static void refuses(byte[] content, String saying) {
    assertThatThrownBy(() -> StoredNormalizer.read("model.zip", content))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model.zip")
        .hasMessageContaining(saying);
  }

  @Test
  void whatComesWithAModelIsThereAgainAndPlainDl4jReadsTheArchive() throws Exception {
    Path file = directory.resolve("model.zip");
    Replica first = Configurations.replica(Configurations.dense());
    first.write(file, InputScaling.none());
    NormalizerStandardize normalizer =
        new NormalizerStandardize(Nd4j.ones(1, 6), Nd4j.ones(1, 6).muli(2));
    ModelSerializer.addNormalizerToModel(file.toFile(), normalizer);

    ModelSource source = ModelSource.read("model.zip", Files.readAllBytes(file), 1);
    assertThat(source.hasNormalizer()).isTrue();
    Replica replica =
        new Replica(source.archive(Map.of("layer2", List.of("cat", "dog", "bird")))::open, 16);
    replica.write(file, InputScaling.stored());

    ModelSource again = ModelSource.read("model.zip", Files.readAllBytes(file), 1);
    assertThat(again.classNames()).isEqualTo(Map.of("layer2", List.of("cat", "dog", "bird")));
    assertThat(again.normalizer()).isEqualTo(source.normalizer());
    MultiLayerNetwork plain = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
    assertThat(plain.params()).isEqualTo(replica.network().parameters());
    NormalizerStandardize restored = ModelSerializer.restoreNormalizerFromFile(file.toFile());
    assertThat(restored.getMean().toDoubleVector()).containsExactly(1, 1, 1, 1, 1, 1);
  }
}
