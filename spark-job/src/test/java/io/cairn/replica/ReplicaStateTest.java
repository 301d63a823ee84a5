/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** A replica that is given another one's state goes on as that one would have. */
class ReplicaStateTest {

  private static final int PIECE_BYTES = 40;

  /** Parameters and updater state in pieces, as they may lie in a file. */
  private record Captured(
      long iteration, long epoch, List<ByteBuffer> parameters, List<ByteBuffer> updater) {

    static Captured of(Replica replica) {
      return new Captured(
          replica.iteration(),
          replica.epoch(),
          copies(replica.state().parameterMemory()),
          copies(replica.state().updaterMemory()));
    }

    void restoreTo(Replica replica) throws IOException {
      replica
          .state()
          .overwrite(
              (toParameters, toUpdater) -> {
                fill(parameters, toParameters);
                fill(updater, toUpdater);
              });
      replica.state().counts(iteration, epoch);
    }

    private static void fill(List<ByteBuffer> from, List<ByteBuffer> to) {
      for (ByteBuffer piece : from) {
        for (byte value : piece.array()) {
          to.stream().filter(ByteBuffer::hasRemaining).findFirst().orElseThrow().put(value);
        }
      }
      assertThat(to).noneMatch(ByteBuffer::hasRemaining);
    }

    private static List<ByteBuffer> copies(List<ByteBuffer> memory) {
      List<ByteBuffer> pieces = new ArrayList<>();
      for (ByteBuffer source : memory) {
        while (source.hasRemaining()) {
          byte[] piece = new byte[Math.min(PIECE_BYTES, source.remaining())];
          source.get(piece);
          pieces.add(ByteBuffer.wrap(piece));
        }
      }
      return pieces;
    }
  }

  static Stream<Arguments> updatersAndTypes() {
    List<IUpdater> updaters =
        List.of(
            new Sgd(0.1),
            new Nesterovs(0.05, 0.9),
            new Adam(new ExponentialSchedule(ScheduleType.ITERATION, 0.01, 0.9)),
            new Nadam(new StepSchedule(ScheduleType.EPOCH, 0.01, 0.5, 1)),
            new AdaMax(0.01),
            new AMSGrad(0.01),
            new RmsProp(0.01));
    return updaters.stream()
        .flatMap(
            updater ->
                Stream.of(DataType.FLOAT, DataType.DOUBLE)
                    .map(type -> Arguments.of(updater, type)));
  }

  private static String model(IUpdater updater, DataType type) {
    NeuralNetConfiguration.Builder base =
        Configurations.base()
            .dataType(type)
            .updater(updater)
            .l2(1e-3)
            .weightDecay(1e-3)
            .dropOut(new Dropout(new StepSchedule(ScheduleType.ITERATION, 0.5, 0.9, 2)));
    return Configurations.dense(base);
  }

  private static void train(Replica replica, int from, int to, DataType type) {
    for (int update = from; update < to; update++) {
      DataSet data = Configurations.examples(20, update);
      data.setFeatures(data.getFeatures().castTo(type));
      data.setLabels(data.getLabels().castTo(type));
      replica.clear();
      replica.accumulate(Configurations.rows(data, 0, 12), 2L * update);
      replica.accumulate(Configurations.rows(data, 12, 20), 2L * update + 1);
      replica.update(20, replica.gradientSumNorm(), OptionalDouble.empty());
      if (update % 3 == 2) {
        replica.epochDone();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("updatersAndTypes")
  void restoredReplicaGoesOnBitForBit(IUpdater updater, DataType type) throws IOException {
    String json = model(updater, type);
    Replica undisturbed = Configurations.replica(json);
    train(undisturbed, 0, 5, type);
    Captured captured = Captured.of(undisturbed);
    int digest = undisturbed.state().digest();
    train(undisturbed, 5, 11, type);

    Replica restored = Configurations.replica(json);
    train(restored, 0, 2, type);
    captured.restoreTo(restored);
    assertThat(restored.state().digest()).isEqualTo(digest);
    train(restored, 5, 11, type);
    assertThat(restored.iteration()).isEqualTo(11);
    assertThat(restored.epoch()).isEqualTo(3);
    assertThat(restored.state().digest()).isEqualTo(undisturbed.state().digest());
    assertThat(restored.network().parameters()).isEqualTo(undisturbed.network().parameters());
  }

  /** Ranks compare it before the first update and before each save. */
  @Test
  void theDigestTellsApartUpdaterStatesIterationsAndEpochsToo() throws IOException {
    Replica replica = Configurations.replica(model(new Adam(0.01), DataType.FLOAT));
    train(replica, 0, 4, DataType.FLOAT);
    Captured captured = Captured.of(replica);
    int digest = replica.state().digest();

    replica.state().counts(captured.iteration() + 1, captured.epoch());
    assertThat(replica.state().digest()).isNotEqualTo(digest);
    replica.state().counts(captured.iteration(), captured.epoch() + 1);
    assertThat(replica.state().digest()).isNotEqualTo(digest);
    captured.updater().get(0).array()[0]++;
    captured.restoreTo(replica);
    assertThat(replica.state().digest()).isNotEqualTo(digest);
    captured.updater().get(0).array()[0]--;
    captured.restoreTo(replica);
    assertThat(replica.state().digest()).isEqualTo(digest);
  }

  @Test
  void nobodyChangesTheReplicaThroughItsMemory() {
    Replica replica = Configurations.replica(Configurations.dense());
    assertThat(replica.state().parameterMemory()).allMatch(ByteBuffer::isReadOnly);
    assertThat(replica.state().updaterMemory()).allMatch(ByteBuffer::isReadOnly);
  }
}
