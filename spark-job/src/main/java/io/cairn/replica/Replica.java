/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.UpdaterSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import org.deeplearning4j.util.CrashReportingUtil;
import org.nd4j.linalg.api.buffer.DataType;
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

  /** Where micro-batches come from. */
  @FunctionalInterface
  public interface Batches {
    /**
     * The next one. Called by one thread at a time, and not again before the batch that was handed
     * out {@link #threads} calls ago is done with.
     */
    MultiDataSet next() throws InterruptedException;
  }

  /**
   * The same batches for a model in float64.
   *
   * @param batches with values in any format
   */
  public static Batches inFloat64(Batches batches) {
    return () -> {
      MultiDataSet batch = batches.next();
      MultiDataSet wide = SomeExamples.in(DataType.DOUBLE, batch);
      wide.setExampleMetaData(batch.getExampleMetaData()); // their weights
      return wide;
    };
  }

  /**
   * What the passes of a window come to besides the gradient.
   *
   * @param lossSum summed over the examples, without regularisation
   * @param weight the sum of the examples' weights; their number where they have none; the terms of
   *     a loss that counts those
   * @param squares those of the micro-batches' gradient sums, where they are wanted
   * @param fetchNanos how long a thread has waited for micro-batches, on average
   */
  public record WindowSums(double lossSum, double weight, Squares squares, long fetchNanos) {}

  /**
   * Squared lengths of micro-batches' gradient sums, which say how noisy the gradient is.
   *
   * @param sum of them
   * @param squaredCounts the squared numbers of their examples, added; 0 if nothing was measured
   */
  public record Squares(double sum, long squaredCounts) {
    /** Nothing was measured. */
    public static final Squares NONE = new Squares(0, 0);
  }

  /** Whether a window's noise is measured. */
  public enum Noise {
    /** It takes one more product over the gradient in each pass. */
    MEASURED,
    /** It is not. */
    UNKNOWN
  }

  /** Adds micro-batches without measuring their noise, see the method with a {@link Noise}. */
  public WindowSums accumulate(int microBatches, Batches batches, IntToLongFunction noiseSeed)
      throws InterruptedException {
    return accumulate(microBatches, batches, noiseSeed, Noise.UNKNOWN);
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
      int microBatches, Batches batches, IntToLongFunction noiseSeed, Noise noise)
      throws InterruptedException {
    WindowPasses passes =
        new WindowPasses(
            accumulator,
            batches,
            noiseSeed,
            Optional.of(squares).filter(wanted -> noise == Noise.MEASURED));
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

  /** Bytes of parameters and updater state: what a copy of the state takes. */
  public long stateBytes() {
    return Math.multiplyExact(
        Math.addExact(parameterCount(), updaterValueCount()), (long) bytesPerValue);
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

  /** CRC-32C of all parameters' bytes: equal on all ranks, or the replicas have come apart. */
  public int parameterDigest() {
    return state.parameterDigest();
  }

  /**
   * CRC-32C of all that {@link #overwrite} and {@link #counts} set: parameters, updater state and
   * both counts. Equal on all ranks between two updates.
   */
  public int stateDigest() {
    return state.digest();
  }

  /** Numbers of state that the updater keeps; 0 for one without, such as plain SGD. */
  public long updaterValueCount() {
    return state.updaterValueCount();
  }

  /** Updates so far, as the model's own schedules count them. */
  public long iteration() {
    return network.iteration();
  }

  /** Epochs so far, as the model's own schedules count them. */
  public long epoch() {
    return network.epoch();
  }

  /**
   * All parameters in this machine's byte order, in pieces: read-only views of the replica's own
   * memory, borrowed until the next update.
   */
  public List<ByteBuffer> parameterMemory() {
    return state.parameterMemory();
  }

  /** The updater's state likewise; empty for an updater without one. */
  public List<ByteBuffer> updaterMemory() {
    return state.updaterMemory();
  }

  /** Fills the memory of parameters and updater state; all of it, or throws. */
  @FunctionalInterface
  public interface StateSource {
    /**
     * Fills both.
     *
     * @param parameters views of the replica's own memory, in this machine's byte order, filled
     *     from position to limit; borrowed until return
     * @param updater likewise; empty for an updater without state
     */
    void fill(List<ByteBuffer> parameters, List<ByteBuffer> updater) throws IOException;
  }

  /**
   * Overwrites parameters and updater state. With {@link #counts} too, the replica then goes on bit
   * for bit like the one they come from. If the source throws, the state is undefined.
   */
  public void overwrite(StateSource source) throws IOException {
    state.overwrite(source);
  }

  /**
   * Sets both counts of the model's own schedules.
   *
   * @param iteration what {@link #iteration()} was
   * @param epoch what {@link #epoch()} was
   */
  public void counts(long iteration, long epoch) {
    state.counts(iteration, epoch);
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

  /**
   * Tries this replica's gradients on a few real examples. Parameters, updater, running statistics,
   * counts and the accumulated sum are afterwards what they were before a window begins, and noise
   * is seeded before every pass, so that training goes the same way, to the bit, whether it was
   * called or not.
   *
   * @param examples at least 1; borrowed until return
   * @param nanoTime what time it is
   */
  public SelfCheckResult selfCheck(
      MultiDataSet examples, SelfCheck.Allowance allowance, LongSupplier nanoTime) {
    try {
      return new SelfCheck(network, examples, allowance, nanoTime).run();
    } finally {
      abandonWindow();
    }
  }

  /**
   * Tries whether several passes at a time compute what one does; if they do not, the replica goes
   * on with one thread. Otherwise it is afterwards as it was before a window begins.
   *
   * @param examples a few real ones; borrowed until return
   * @return why there is one thread from now on; empty if there are as many as before
   */
  public Optional<String> trySideBySide(MultiDataSet examples) throws InterruptedException {
    if (threads() == 1) {
      return Optional.empty();
    }
    Optional<String> difference = Optional.empty();
    try {
      difference = new SideBySideTrial(network, sideBySide, examples).difference();
    } finally {
      abandonWindow();
    }
    difference.ifPresent(why -> sideBySide.close());
    return difference;
  }

  /** Measures from now on how far this replica is from other states of its model. */
  public StateGaps gaps() {
    return new StateGaps(network, bytesPerValue);
  }

  /** What the parameters are called, by number, where a {@link SelfCheckResult} names one. */
  public List<String> parameterPlaces() {
    return network.ranges().stream().map(ParameterRange::place).toList();
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
