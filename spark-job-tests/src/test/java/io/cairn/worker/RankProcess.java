/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.link.membership.RingEndpoint;
import io.cairn.collective.link.membership.RingMembership;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import io.cairn.data.MicroBatches;
import io.cairn.data.RankSampler;
import io.cairn.data.Shard;
import io.cairn.data.Window;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.ShardRange;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.BatchSettings.MicroSize;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;

/**
 * One rank as a process of its own, with its own limit of memory: prints where it listens, reads
 * where all listen, trains a network of few parameters and large activations, and prints what
 * became of every update and at the end the parameters.
 *
 * <p>Arguments: rank, workers, micro, steps, updates, directory, scale, who decides the
 * micro-batch, examples at a time in a validation at the end, 0 for none. A pass needs about {@code
 * 1 KiB x scale x scale} an example.
 */
public final class RankProcess {

  static final int EXAMPLES = 430;

  private static final int SIDE = 4;

  private static final long TOKEN = 99;
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private RankProcess() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    int rank = Integer.parseInt(arguments[0]);
    BatchPlan plan =
        new BatchPlan(
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]),
            Integer.parseInt(arguments[3]));
    long updates = Long.parseLong(arguments[4]);
    Path directory = Path.of(arguments[5]);
    byte[] model = configuration(Integer.parseInt(arguments[6]));
    MicroSize microSize = MicroSize.valueOf(arguments[7]);
    int validated = Integer.parseInt(arguments[8]);
    PrintStream out = System.out;
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (RingEndpoint endpoint =
        RingEndpoint.bind(InetAddress.getLoopbackAddress(), Protection.TLS)) {
      String certificate = endpoint.member(rank).certificate().orElseThrow().sha256();
      out.println("MEMBER " + endpoint.address().getPort() + ":" + certificate);
      RingMembership membership =
          new RingMembership(TOKEN, rank, members(in.readLine()), TIMEOUT, TIMEOUT, () -> false);
      try (AllReduce group = endpoint.connect(membership)) {
        train(group, plan, microSize, updates, directory, model, validated, out);
      }
      System.exit(0);
    } catch (MemoryTooSmallException e) {
      out.println("TOO SMALL " + e.getMessage());
      System.exit(3);
    }
  }

  private static void train(
      AllReduce group,
      BatchPlan plan,
      MicroSize microSize,
      long updates,
      Path directory,
      byte[] configuration,
      int validated,
      PrintStream out)
      throws Exception {
    ExampleLayout layout =
        new ExampleLayout(
            ElementKind.FLOAT64,
            List.of(
                Field.vector("x", Role.INPUT, SIDE * SIDE), Field.classIndex("y", Role.OUTPUT, 2)));
    byte[] archive = ModelSource.read("test", configuration, 11).archive();
    WorkerSpec spec =
        new TestSpec(plan, EXAMPLES, updates, layout, archive).microSize(microSize).build();
    ShardRange range = TestSpec.firstEpoch(spec).shard(group.rank());
    List<byte[]> own =
        Records.random(layout, EXAMPLES, 3).subList((int) range.start(), (int) range.end());
    try (Shard shard = Shard.stage(own.iterator(), layout, spec.data().scaling(), directory)) {
      Replica replica =
          new Replica(archive, UpdateSums.tailBytes(group.worldSize(), ExampleLayout.Weights.NONE));
      if (microSize == MicroSize.PROBED) {
        MicroProbe.Found found = new MicroProbe(replica, shard, group, spec).run(1);
        out.println("FOUND micro %d: %s".formatted(found.plan().micro(), found.reason()));
        train(replica, shard, group, spec, found.plan(), out);
      } else {
        train(replica, shard, group, spec, plan, out);
      }
      if (validated > 0) {
        var measured =
            new Validation(replica, group, shard, EXAMPLES)
                .run(spec.train().updates(), 1, validated);
        out.println("VALIDATION of %d %s".formatted(measured.examples(), measured.values()));
      }
      Model model = ReplicaAccess.model(replica);
      out.println("PARAMETERS " + Arrays.toString(model.params().toDoubleVector()));
    }
  }

  private static void train(
      Replica replica,
      Shard shard,
      AllReduce group,
      WorkerSpec spec,
      BatchPlan plan,
      PrintStream out)
      throws Exception {
    EpochSchedule schedule = new EpochSchedule(plan, EXAMPLES);
    RankSampler sampler =
        new RankSampler(
            schedule, spec.train().seed(), group.rank(), Cursor.START, spec.train().updates());
    try (MicroBatches batches = MicroBatches.start(shard, sampler)) {
      TrainingStep step = new TrainingStep(replica, batches, group, spec);
      long update = 0;
      for (Optional<Window> next = batches.nextWindow();
          next.isPresent();
          next = batches.nextWindow()) {
        UpdateResult result = step.run(++update, next.get(), ControlVotes.NONE, new UpdateClock());
        out.println(
            "UPDATE %d examples %d digest %x micro %d %s"
                .formatted(
                    update,
                    result.examples(),
                    replica.state().parameterDigest(),
                    batches.plan().micro(),
                    String.join("; ", result.replanned())));
        if (next.get().next().epoch() > next.get().cursor().epoch()) {
          replica.epochDone();
        }
      }
    }
  }

  /** A small picture, blown up. */
  private static byte[] configuration(int scale) {
    return new NeuralNetConfiguration.Builder()
        .seed(11)
        .dataType(DataType.DOUBLE)
        .updater(new Adam(0.01))
        .activation(Activation.TANH)
        .list()
        .layer(new ConvolutionLayer.Builder(1, 1).nOut(2).build())
        .layer(new Upsampling2D.Builder(scale).build())
        .layer(new ActivationLayer(Activation.TANH))
        .layer(new GlobalPoolingLayer(PoolingType.AVG))
        .layer(Models.classes(2, 2))
        .setInputType(InputType.convolutionalFlat(SIDE, SIDE, 1))
        .build()
        .toJson()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** From words of port and fingerprint. */
  static List<Member> members(String published) {
    List<Member> members = new ArrayList<>();
    for (String member : List.of(published.split(" ", -1))) {
      String[] parts = member.split(":", -1);
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(parts[0]));
      members.add(new Member(members.size(), address, Optional.of(new Fingerprint(parts[1]))));
    }
    return members;
  }
}
