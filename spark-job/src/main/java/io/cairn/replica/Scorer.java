/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.OutputValues.OutputSteps;
import io.cairn.replica.samediff.GraphModel;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model that scores examples. Scorers of one model share its parameters, which no pass changes;
 * each has a network of its own, because Deeplearning4j keeps a pass in its layers.
 *
 * <p>Owned by whoever loads it, who {@link #release}s the parameters when no scorer that shares
 * them is used any more.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Failure: a {@link ModelException} for an archive that is no model; anything else is DL4J's own
 * error.
 */
public final class Scorer {

  private final Function<INDArray, ScoringNetwork> another;
  private final INDArray parameters;
  private final ScoringNetwork network;

  /**
   * @param another makes a network over parameters that it uses as they are
   */
  private Scorer(Function<INDArray, ScoringNetwork> another, INDArray parameters) {
    this.another = another;
    this.parameters = parameters;
    this.network = another.apply(parameters);
  }

  /**
   * Loads a model.
   *
   * @param archive made by {@link ModelSource#scoringArchive}; any DL4J archive will do
   */
  public static Scorer load(byte[] archive) {
    String name = "the model to score with";
    ArchiveSource source = () -> new ByteArrayInputStream(archive);
    if (ModelArchive.isGraph(name, source)) {
      return ofGraph(ModelArchive.graph(name, source));
    }
    ModelArchive.Parts parts = ModelArchive.parts(name, source, ModelArchive.Purpose.SCORING);
    return new Scorer(parts.configuration()::scoring, parts.parameters());
  }

  private static Scorer ofGraph(GraphModel model) {
    return new Scorer(
        parameters -> ScoringNetwork.sameDiff(model.copy(), parameters), model.values());
  }

  /** Another scorer over the same parameters. */
  public Scorer twin() {
    return new Scorer(another, parameters);
  }

  /** What the model is. */
  public ModelSignature signature() {
    return network.signature();
  }

  /**
   * Scores a batch.
   *
   * @param batch borrowed until return
   * @param steps where the rows of each output stand
   * @return an output each, in the model's order
   * @throws RuntimeException or an {@link OutOfMemoryError} with {@link OffHeapMemory#isExhausted}
   *     if the batch does not fit in memory; {@link #abandonPass} must follow
   */
  public List<OutputValues> score(MultiDataSet batch, List<OutputSteps> steps) {
    INDArray[] outputs = network.output(batch);
    List<OutputValues> values = new ArrayList<>();
    for (int i = 0; i < outputs.length; i++) {
      values.add(values(outputs[i], steps.get(i)));
    }
    return values;
  }

  private static OutputValues values(INDArray output, OutputSteps steps) {
    int examples = Math.toIntExact(output.size(0));
    if (steps != OutputSteps.NONE && output.rank() != 3) {
      throw new ModelException(
          "an output that is a sequence by the settings (max-steps) has rank %d in the model"
              .formatted(output.rank()));
    }
    INDArray rows =
        switch (steps) {
          case NONE, FIRST -> output;
          case LAST -> output.permute(0, 2, 1);
        };
    int count = steps == OutputSteps.NONE ? 1 : Math.toIntExact(rows.size(1));
    // Always a copy: an output may be a view of what the next pass overwrites.
    INDArray copy = Nd4j.createUninitialized(DataType.DOUBLE, rows.shape(), 'c').assign(rows);
    double[] values = copy.data().asDouble();
    copy.close();
    return new OutputValues(count, values.length / (examples * count), values);
  }

  /** Frees what passes have left in the network and in this thread's workspaces. */
  public void forgetPasses() {
    network.forgetPasses();
    OffHeapMemory.freeClosedWorkspaces();
  }

  /** Frees all memory that a pass has left which failed because it did not fit. */
  public void abandonPass() {
    network.forgetPasses();
    OffHeapMemory.freeWorkspaces();
    OffHeapMemory.collectGarbage();
  }

  /** Frees the parameters; neither this scorer nor its twins are of use any more. */
  public void release() {
    Dl4jNetwork.close(parameters);
  }
}
