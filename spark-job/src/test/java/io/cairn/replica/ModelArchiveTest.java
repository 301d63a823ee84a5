/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

class ModelArchiveTest {

  @TempDir Path directory;

  private static byte[] good() {
    return ModelSource.read("test", Configurations.bytes(Configurations.dense()), 5).archive();
  }

  private static Map<String, byte[]> unzip(byte[] archive) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  private static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return out.toByteArray();
  }

  private static byte[] with(String name, byte[] content) throws IOException {
    Map<String, byte[]> entries = unzip(good());
    entries.put(name, content);
    return zip(entries);
  }

  private static void refuses(byte[] archive, String... sayings) {
    assertThatThrownBy(() -> ModelSource.read("model.zip", archive, 1))
        .isInstanceOf(ModelException.class)
        .message()
        .contains(sayings)
        .contains("model.zip");
  }

  @Test
  void whatIsWrittenIsReadByPlainDl4jWithUpdaterStateAndScaling() throws IOException {
    Replica replica = Configurations.replica(Configurations.dense());
    replica.clear();
    replica.accumulate(Configurations.rows(Configurations.examples(10, 1), 0, 10), 1);
    replica.update(10, replica.gradientSumNorm(), OptionalDouble.empty());
    Path file = directory.resolve("model.zip");
    InputScaling.Input input =
        new InputScaling.Input(List.of(1., 2., 3., 4., 5., 6.), List.of(2., 2., 2., 2., 2., 2.));
    replica.write(file, new InputScaling(InputScaling.ScalingKind.STANDARD, List.of(input)));

    MultiLayerNetwork plain = MultiLayerNetwork.load(file.toFile(), true);

    assertThat(plain.params()).isEqualTo(replica.network().parameters());
    assertThat(plain.getUpdater().getStateViewArray()).isEqualTo(replica.network().updaterState());
    assertThat(plain.getIterationCount()).isEqualTo(1);
    NormalizerStandardize scaling = ModelSerializer.restoreNormalizerFromFile(file.toFile());
    assertThat(scaling.getMean().toDoubleVector()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void fineTuningGoesOnFromParametersUpdaterStateAndIteration() throws IOException {
    Replica replica = Configurations.replica(Configurations.dense());
    replica.clear();
    replica.accumulate(Configurations.rows(Configurations.examples(10, 1), 0, 10), 1);
    replica.update(10, replica.gradientSumNorm(), OptionalDouble.empty());
    Path file = directory.resolve("model.zip");
    replica.write(file, InputScaling.none());

    Replica next = new Replica(ModelSource.read("f", Files.readAllBytes(file), 99).archive(), 0);

    assertThat(next.network().parameters()).isEqualTo(replica.network().parameters());
    assertThat(next.network().updaterState()).isEqualTo(replica.network().updaterState());
    assertThat(next.network().iteration()).isEqualTo(1);
  }

  @Test
  void serializedJavaObjectsAreNeverRead() throws IOException {
    refuses(with("preprocessor.bin", new byte[] {1}), "serialized Java object", "preprocessor.bin");
    refuses(with("updater.bin", new byte[] {1}), "serialized Java object", "updater.bin");
  }

  @Test
  void entriesThatAreNotAModelsAreRefused() throws IOException {
    refuses(with("../../etc/cron.d/x", new byte[] {1}), "unexpected entry", "../../etc/cron.d/x");
    refuses(with("a\u0007b", new byte[] {1}), "unexpected entry \"a?b\"");
    refuses(zip(Map.of("x.txt", new byte[0])), "unexpected entry");
  }

  @Test
  void anArrayThatClaimsMoreThanItsBytesIsRefusedBeforeItIsAllocated() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF("LONG_SHAPE");
      out.writeLong(6);
      out.writeUTF("LONG");
      for (long value : new long[] {1, Integer.MAX_VALUE, 1, 0, 1, 99}) {
        out.writeLong(value);
      }
      out.writeUTF("LONG_SHAPE");
      out.writeLong(Integer.MAX_VALUE);
      out.writeUTF("DOUBLE");
    }
    refuses(with("coefficients.bin", bytes.toByteArray()), "coefficients.bin", "2147483647 values");
  }

  @Test
  void anEntryLargerThanTheConfigurationCallsForIsRefused() throws IOException {
    refuses(with("coefficients.bin", new byte[1 << 20]), "coefficients.bin", "larger than");
  }

  @Test
  void parametersOfAnotherModelAreRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      Nd4j.write(Nd4j.zeros(DataType.DOUBLE, 1, 7), out);
    }
    refuses(with("coefficients.bin", bytes.toByteArray()), "holds 7 values", "calls for 83");
  }

  @Test
  void missingPartsAreNamed() throws IOException {
    Map<String, byte[]> entries = unzip(good());
    entries.remove("coefficients.bin");
    refuses(zip(entries), "coefficients.bin");
    refuses(zip(Map.of("coefficients.bin", new byte[3])), "configuration.json");
  }

  @Test
  void anArchiveInPiecesIsTheSameModel() throws IOException {
    byte[] archive = good();
    ArchiveBytes pieces = ArchiveBytes.of(out -> out.write(archive), 100);
    assertThat(pieces.pieces()).hasSize(archive.length / 100 + 1);
    assertThat(pieces.pieces().subList(0, archive.length / 100)).allMatch(it -> it.length == 100);
    assertThat(pieces.sizeBytes()).isEqualTo(archive.length);
    assertThat(pieces.whole("it")).isEqualTo(archive);
    assertThat(pieces.open().readAllBytes()).isEqualTo(archive);
    assertThat(new Replica(pieces::open, 0).network().parameters())
        .isEqualTo(new Replica(archive, 0).network().parameters());
  }

  @Test
  void whatNoArrayHoldsIsRefusedWhereOneIsNeeded() throws IOException {
    ArchiveBytes pieces = ArchiveBytes.of(out -> out.write(new byte[3000]), 1000);
    assertThatThrownBy(() -> pieces.whole("model.zip", 2999))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "model.zip is too large to be scored with or handed over in memory: its archive has"
                + " 3,000 bytes, and there at most 2,999 are possible; it can be trained from a"
                + " file");
  }

  /** Labels of a StringIndexer may be that many. */
  @Test
  void sixtyThousandNamesOfClassesAreKept() {
    List<String> names =
        IntStream.range(0, 60_000).mapToObj("the class of number %05d"::formatted).toList();
    ModelSource source = ModelSource.read("f", Configurations.bytes(Configurations.dense()), 1);
    byte[] archive = source.archive(Map.of("output", names)).whole("f");
    assertThat(ModelSource.read("f", archive, 1).classNames()).containsEntry("output", names);
  }

  /** Behind arrays of more than 64 MiB others are read, and the end of the zip. */
  @Test
  void whatLiesBehindALongArrayIsReadToo() throws IOException {
    byte[] archive =
        ModelSource.read("f", Configurations.bytes(large(new Adam(1e-3))), 1).archive();
    Replica replica = new Replica(archive, 0);
    INDArray state = replica.network().updaterState();
    assertThat(state.length() * Float.BYTES).isGreaterThan(64 << 20);
    state.assign(0.5);
    Path file = directory.resolve("model.zip");
    replica.write(file, InputScaling.none());

    Network next =
        new Replica(ModelSource.read("f", Files.readAllBytes(file), 99).archive(), 0).network();

    assertThat(next.updaterState().minNumber().doubleValue()).isEqualTo(0.5);
    assertThat(next.updaterState().maxNumber().doubleValue()).isEqualTo(0.5);
    assertThat(next.parameters().equalsWithEps(replica.network().parameters(), 0)).isTrue();
  }

  private static String large(IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .updater(updater)
        .weightInit(WeightInit.ONES)
        .list()
        .layer(new DenseLayer.Builder().nIn(2_900).nOut(2_900).build())
        .layer(new OutputLayer.Builder().nIn(2_900).nOut(2).build())
        .build()
        .toJson();
  }

  /** What is longer than 64 MiB is read so; here it is short. */
  @Test
  void aLongArrayIsReadAsAShortOne() throws IOException {
    for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
      for (long[] shape : List.of(new long[] {300_001}, new long[] {1, 300_001})) {
        INDArray array = Nd4j.rand(type, shape);
        byte[] bytes = stored(array);
        StoredArray stored = new StoredArray("it", 300_001);
        assertThat(stored.readLong(new ByteArrayInputStream(bytes), 300_001))
            .isEqualTo(stored.read(bytes))
            .isEqualTo(array);
      }
    }
  }

  @Test
  void aLongArrayThatClaimsOtherThanItHasIsRefused() throws IOException {
    byte[] bytes = stored(Nd4j.zeros(DataType.FLOAT, 300_001));
    StoredArray stored = new StoredArray("it", -1);
    assertThatThrownBy(() -> stored.readLong(new ByteArrayInputStream(bytes), 300_000))
        .isInstanceOf(ModelException.class)
        .hasMessage("it holds 300001 values instead of at most 300000");
    byte[] less = Arrays.copyOf(bytes, bytes.length - 1);
    assertThatThrownBy(() -> stored.readLong(new ByteArrayInputStream(less), 300_001))
        .isInstanceOf(ModelException.class)
        .hasMessage("it says it holds 300001 values, but ends after 1048576 bytes of them");
    byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> stored.readLong(new ByteArrayInputStream(more), 300_001))
        .isInstanceOf(ModelException.class)
        .hasMessage("it says it holds 300001 values, but has more bytes");
    assertThatThrownBy(
            () -> new StoredArray("it", 7).readLong(new ByteArrayInputStream(bytes), 300_001))
        .isInstanceOf(ModelException.class)
        .hasMessage("it holds 300001 values; the configuration calls for 7");
  }

  private static byte[] stored(INDArray array) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      Nd4j.write(array, out);
    }
    return bytes.toByteArray();
  }

  @Test
  void damageAnywhereIsOneClearError() {
    byte[] archive = good();
    Random random = new Random(4);
    for (int i = 0; i < 200; i++) {
      byte[] damaged =
          random.nextBoolean()
              ? Arrays.copyOf(archive, 4 + random.nextInt(archive.length - 4))
              : flipped(archive, 4 + random.nextInt(archive.length - 4), random.nextInt(8));
      try {
        ModelSource.read("model.zip", damaged, 1);
      } catch (ModelException expected) {
        assertThat(expected).hasMessageContaining("model.zip");
      }
    }
  }

  private static byte[] flipped(byte[] bytes, int place, int bit) {
    byte[] copy = bytes.clone();
    copy[place] ^= (byte) (1 << bit);
    return copy;
  }
}
