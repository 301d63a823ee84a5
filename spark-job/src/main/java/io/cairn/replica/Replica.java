/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.UpdaterSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntToLongFunction;
import org.deeplearning4j.util.CrashReportingUtil;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * One rank's copy of the model. It adds up raw gradients over micro-batches, gives the sum to the
 * all-reduce, and makes one exact update from the combined sum.
 *
 * <p>Owned by the worker, which closes it: that ends its threads. Its memory is off-heap and is
 * freed with the process.
 *
 * <p>Threading: one thread, from construction on: ND4J binds random generator, workspaces and
 * device to it. It may compute on others besides ({@link SideBySide}).
 *
 * <p>Failure: a {@link ModelException} for a model that cannot be trained; anything else is DL4J's
 * own error.
 */
public final class Replica implements AutoCloseable {

  private final Network network;
  private final SideBySide sideBySide;
  private final ArchiveExtras extras;
  private final GradientAccumulator accumulator;
  private final GradientNorm norm;
  private final GradientSquares squares;
  private final CombinedUpdate update;
  private final ReplicaState state;
  private final int bytesPerValue;

  /**
   * @param archive a model archive made by {@link ModelSource#archive()}
   * @param tailBytes bytes wanted behind the gradient sum for the step's exact counts
   */
  public Replica(byte[] archive, int tailBytes) {
    this(() -> new ByteArrayInputStream(archive), tailBytes);
  }

  /**
   * The same of an archive of any length.
   *
   * @param archive read twice
   */
  public Replica(ArchiveSource archive, int tailBytes) {
    this(archive, tailBytes, 1);
  }

  /**
   * One that computes several passes at a time.
   *
   * @param threads how many at most, at least 1, the calling thread included; the result of a
   *     window is the same, to the bit, however many there are
   */
  public Replica(ArchiveSource archive, int tailBytes, int threads) {
    this(ModelArchive.read("the model sent to this worker", archive), tailBytes, threads);
  }

  private Replica(ModelArchive.ArchiveContent content, int tailBytes, int threads) {
    this.network = content.network();
    this.extras = content.extras();
    // A failed pass is told from here; DL4J would also write a file into the working directory.
    CrashReportingUtil.crashDumpsEnabled(false);
    INDArray gradient = network.gradient();
    bytesPerValue = GradientAccumulator.bytesPerValue(gradient.dataType());
    accumulator = new GradientAccumulator(gradient, network.ranges(), tailBytes);
    norm = new GradientNorm(TrainedPart.packed(network.ranges()), bytesPerValue);
    squares = new GradientSquares(network.ranges());
    update = new CombinedUpdate(network, accumulator);
    state = new ReplicaState(network);
    sideBySide = new SideBySide(network, threads);
  }

  /** How many passes are computed at a time, at the most. */
  public int threads() {
    return sideBySide.threads();
  }

  /** Number of parameters. */
  public long parameterCount() {
    return network.parameters().length();
  }

  /** Number of values in the gradient sum: the parameters, but for those of frozen layers. */
  public long gradientCount() {
    return accumulator.length();
  }

  /** Bytes of one parameter: 4 (float32) or 8 (float64). */
  public int bytesPerValue() {
    return bytesPerValue;
  }

  /** Starts a new window: the gradient sum is zero. */
  public void clear() {
    accumulator.clear();
  }

  /**
   * Adds the raw gradient sum of one micro-batch to the accumulator.
   *
   * @param batch borrowed until return
   * @param noiseSeed what dropout and other noise of this pass draw from
   * @return the loss summed over the batch's examples, without regularisation
   * @throws RuntimeException or an {@link OutOfMemoryError} with {@link OffHeapMemory#isExhausted}
   *     if the batch does not fit in memory; {@link #abandonWindow} must follow
   */
  public double accumulate(MultiDataSet batch, long noiseSeed) {
    WindowPasses passes =
        new WindowPasses(accumulator, () -> batch, pass -> noiseSeed, Optional.empty());
    passes.add(network, batch, passes.compute(network, batch, 0));
    return passes.sums(1).lossSum();
  }

  /**
   * Adds micro-batches without measuring their noise, see the method with a {@link
   * WindowSums.Noise}.
   */
  public WindowSums accumulate(int microBatches, Batches batches, IntToLongFunction noiseSeed)
      throws InterruptedException {
    return accumulate(microBatches, batches, noiseSeed, WindowSums.Noise.UNKNOWN);
  }

  /**
   * Adds the raw gradient sums of micro-batches to the accumulator, in their order. Up to {@link
   * #threads} of them are computed side by side.
   *
   * @param microBatches how many
   * @param noiseSeed what the noise of each, by its number, draws from
   * @param noise whether {@link WindowSums#squares} are wanted
   * @throws RuntimeException or an {@link OutOfMemoryError} with {@link OffHeapMemory#isExhausted}
   *     if a batch does not fit in memory; {@link #abandonWindow} must follow
   * @throws InterruptedException if the caller is interrupted; {@link #abandonWindow} must follow
   *     before more is computed
   */
  public WindowSums accumulate(
      int microBatches, Batches batches, IntToLongFunction noiseSeed, WindowSums.Noise noise)
      throws InterruptedException {
    WindowPasses passes =
        new WindowPasses(
            accumulator,
            batches,
            noiseSeed,
            Optional.of(squares).filter(wanted -> noise == WindowSums.Noise.MEASURED));
    sideBySide.run(microBatches, passes);
    return passes.sums(Math.min(threads(), microBatches));
  }

  /**
   * Frees all memory that passes have left and takes back what they summed, as if the window had
   * not begun. For a pass that failed with {@link OffHeapMemory#isExhausted}, in training or
   * validation, and before micro-batches of another size.
   */
  public void abandonWindow() {
    accumulator.clear();
    sideBySide.everywhere(
        each -> {
          each.forgetPasses();
          OffHeapMemory.freeWorkspaces();
        });
    OffHeapMemory.collectGarbage();
  }

  /**
   * Holds memory that passes cannot have: what an update needs beside them, on the device where
   * they compute.
   *
   * @param hostBytes to be held on the host as well
   * @return to be closed by the caller
   * @throws RuntimeException or an {@link OutOfMemoryError} with {@link OffHeapMemory#isExhausted}
   *     if there is not that much
   */
  public HeldMemory holdMemory(long hostBytes) {
    return new HeldMemory(network.parameters().dataType(), parameterCount(), hostBytes);
  }

  /**
   * {@code [gradient sum | padding to 8 bytes | tail]} on the host. Writing to it changes the
   * accumulator itself. Borrowed until the next {@link #clear()}.
   */
  public HostMemory reduceMemory() {
    return accumulator.hostMemory();
  }

  /** First byte of the tail in {@link #reduceMemory()}. */
  public long tailOffset() {
    return GradientAccumulator.tailOffset(gradientCount(), bytesPerValue);
  }

  /**
   * L2 norm of the gradient sum over all parameters but running statistics, from {@link
   * #reduceMemory()}'s present content; the same bits on every rank that holds the same bits. NaN
   * or infinite exactly if a value is, or if the norm itself overflows float64.
   */
  public double gradientSumNorm() {
    return norm.of(accumulator.hostMemory());
  }

  /**
   * The first layer, in the model's order, with a value that is NaN or infinite, and the parameter.
   */
  public Optional<String> firstNonFinite() {
    return norm.firstNonFinite(accumulator.hostMemory());
  }

  /**
   * One update from the combined sum: divide by the global count, clip, then DL4J's own updater.
   *
   * @param examples all ranks' examples in this update, at least 1
   * @param gradientSumNorm what {@link #gradientSumNorm()} returned for this sum
   * @param clipGlobalNorm largest norm of the mean gradient, if clipped
   * @return the norm of the mean gradient before clipping
   */
  public double update(long examples, double gradientSumNorm, OptionalDouble clipGlobalNorm) {
    return update.by(examples, gradientSumNorm, clipGlobalNorm);
  }

  /**
   * The same for examples that have weights: the sum is divided by the sum of their weights.
   * Statistics count examples all the same.
   *
   * @param weight of all ranks' examples in this update, above 0
   */
  public double updateWeighted(
      long examples, double weight, double gradientSumNorm, OptionalDouble clipGlobalNorm) {
    return update.byWeight(examples, weight, gradientSumNorm, clipGlobalNorm);
  }

  /**
   * Leaves an update out: parameters and updater stay, the iteration counts on so that schedules
   * stay in step.
   */
  public void skipUpdate() {
    network.iteration(network.iteration() + 1);
  }

  /** Says that an epoch is over, for schedules by epoch. */
  public void epochDone() {
    network.epoch(network.epoch() + 1);
  }

  /** The regularisation score of the parameters as they are. */
  public double regularizationScore() {
    return network.regularizationScore();
  }

  /**
   * The learning rate that the next update will use: that of the parameters outside of groups, if
   * the settings give groups, else that of the first layer that has one; NaN if none has.
   */
  public double learningRate() {
    Map<String, Double> byGroup = network.learningRates();
    return byGroup.isEmpty()
        ? network.learningRate()
        : byGroup.getOrDefault(UpdaterSettings.REST, byGroup.values().iterator().next());
  }

  /**
   * The learning rates that the next update will use, by the name of the group of parameters; empty
   * unless the settings give groups.
   */
  public Map<String, Double> learningRates() {
    Map<String, Double> byGroup = network.learningRates();
    return byGroup.size() > 1 ? byGroup : Map.of();
  }

  /** What it would take to go on like this replica. */
  public ReplicaState state() {
    return state;
  }

  /** Updates so far, as the model's own schedules count them. */
  public long iteration() {
    return network.iteration();
  }

  /** Epochs so far, as the model's own schedules count them. */
  public long epoch() {
    return network.epoch();
  }

  /** What the model wants to be handed, and what its outputs are measured by. */
  public ModelSignature signature() {
    return network.signature();
  }

  /**
   * Whether an update divides by the {@link WindowSums#weight} of all windows even where examples
   * have no weights, for a loss that counts something else, such as tokens.
   */
  public boolean countsTerms() {
    return network.countsTerms();
  }

  /**
   * Adds the outputs and losses of batches to the sums of a validation, in their order.
   *
   * @param count how many batches
   * @throws RuntimeException or an {@link OutOfMemoryError} with {@link OffHeapMemory#isExhausted}
   *     if a batch does not fit in memory: nothing of it, and of those behind it, is in the sums;
   *     {@link #abandonWindow} must follow
   */
  public void validate(int count, Batches batches, ValidationSums sums)
      throws InterruptedException {
    sideBySide.run(count, new ValidationPasses(batches, sums));
  }

  /** Tries on a few real examples whether this replica computes what it should. */
  public ReplicaTrials trials() {
    return new ReplicaTrials(this, network, sideBySide);
  }

  /** Measures from now on how far this replica is from other states of its model. */
  public StateGaps gaps() {
    return new StateGaps(network, bytesPerValue);
  }

  /**
   * Writes the model as DL4J's own archive: configuration, parameters, updater state, the scaling
   * of its inputs, and the names of classes that came with it.
   *
   * @param file replaced if it exists
   */
  public void write(Path file, InputScaling scaling) throws IOException {
    ModelArchive.write(network, scaling, extras, file);
  }

  /**
   * Ends the threads that compute beside the caller's, and frees what only they had. The rest of
   * the replica goes on as one with a single thread.
   */
  @Override
  public void close() {
    sideBySide.close();
  }

  /** The network, for tests of this room. */
  Network network() {
    return network;
  }
}
