/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.replica.ModelConfiguration;
import io.cairn.replica.ModelException;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/**
 * Says in Deeplearning4j's own classes what {@link GroupUpdater}s do, as far as it can: for the
 * model's file, which others read.
 *
 * <p>Threading: stateless.
 */
public final class PlainModel {

  private PlainModel() {}

  /** Whether a configuration has such updaters. */
  public static boolean isNeeded(ModelConfiguration configuration) {
    return UpdaterPlace.of(configuration).stream().anyMatch(PlainModel::isOurs);
  }

  private static boolean isOurs(UpdaterPlace place) {
    return UpdaterPlace.group(place.common()) != null;
  }

  /**
   * Says how long the run is, for schedules that end with it.
   *
   * @throws ModelException if a warm-up takes all of it
   */
  public static void runLasts(ModelConfiguration configuration, long updates, long epochs) {
    runLasts(updaters(configuration), updates, epochs);
  }

  /** The same of optimizers. */
  public static void runLasts(List<GroupUpdater> updaters, long updates, long epochs) {
    updaters.forEach(updater -> updater.rate().endsWith(updates, epochs));
    for (GroupUpdater updater : updaters) {
      RateSchedule rate = updater.rate();
      if (rate.hasEnd() && rate.warmUp() >= rate.constantFrom()) {
        throw new ModelException(
            "train.updater.schedule.warm-up = %d takes all of the run, which has %d; a decay needs time after it"
                .formatted(rate.warmUp(), rate.constantFrom()));
      }
    }
  }

  private static List<GroupUpdater> updaters(ModelConfiguration configuration) {
    List<GroupUpdater> updaters = new ArrayList<>();
    for (UpdaterPlace place : UpdaterPlace.of(configuration)) {
      Optional.ofNullable(UpdaterPlace.group(place.common())).ifPresent(updaters::add);
      Optional.ofNullable(UpdaterPlace.group(place.biases())).ifPresent(updaters::add);
    }
    return updaters;
  }

  /** What plain Deeplearning4j would do otherwise if it went on from the file; usually nothing. */
  public static List<String> differences(ModelConfiguration configuration) {
    List<String> differences = new ArrayList<>(differences(updaters(configuration)));
    boolean decayOfNormalizations =
        UpdaterPlace.of(configuration).stream()
            .filter(place -> place.kind() == UpdaterPlace.Kind.NORMALIZATION && isOurs(place))
            .anyMatch(place -> UpdaterPlace.group(place.common()).weightDecay() > 0);
    if (decayOfNormalizations) {
      differences.add("it decays no scale and shift of a normalization");
    }
    return differences;
  }

  /** The same of optimizers, whatever they are for. */
  public static List<String> differences(List<GroupUpdater> updaters) {
    List<String> differences = new ArrayList<>();
    if (updaters.stream().anyMatch(GroupUpdater::hasTrustRatio)) {
      differences.add("it has no LAMB, and the file says Adam, with the same moments");
    } else if (updaters.stream().anyMatch(GroupUpdater::isPaperAdam)) {
      differences.add("its Adam adds epsilon before the second moment is corrected");
    }
    if (updaters.stream().anyMatch(it -> !PlainSchedule.isExact(it.rate()))) {
      differences.add("it has no such schedule, and the file says the learning rate reached");
    }
    return differences;
  }

  /**
   * Writes a model as {@link ModelSerializer} would.
   *
   * @param configuration changed
   * @param parameters flat
   * @param blocks of the updater, with its state
   * @param iteration of the model, for rates that stay as they are
   */
  public static void write(
      ModelConfiguration configuration,
      INDArray parameters,
      List<UpdaterBlock> blocks,
      int iteration,
      int epoch,
      OutputStream file)
      throws IOException {
    UpdaterPlace.of(configuration).stream()
        .filter(PlainModel::isOurs)
        .forEach(place -> make(place, iteration, epoch));
    Optional<INDArray> state = state(blocks, iteration, epoch);
    // The stream is the caller's: ended, not closed.
    ZipOutputStream zip = new ZipOutputStream(file);
    zip.putNextEntry(new ZipEntry(ModelSerializer.CONFIGURATION_JSON));
    zip.write(configuration.json().getBytes(StandardCharsets.UTF_8));
    write(zip, ModelSerializer.COEFFICIENTS_BIN, parameters);
    if (state.isPresent()) {
      write(zip, ModelSerializer.UPDATER_BIN, state.get());
    }
    zip.finish();
    zip.flush();
  }

  private static void write(ZipOutputStream zip, String entry, INDArray array) throws IOException {
    zip.putNextEntry(new ZipEntry(entry));
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(zip));
    Nd4j.write(array, out);
    out.flush();
  }

  private static void make(UpdaterPlace place, int iteration, int epoch) {
    GroupUpdater common = UpdaterPlace.group(place.common());
    GroupUpdater biases = Optional.ofNullable(UpdaterPlace.group(place.biases())).orElse(common);
    place.common().set().accept(common.plain(iteration, epoch));
    if (!biases.equals(common)) {
      place.biases().set().accept(biases.plain(iteration, epoch));
    }
    if (place.kind() != UpdaterPlace.Kind.NORMALIZATION) {
      addDecay(common, place.penalties());
      addDecay(biases, place.biasPenalties());
    }
  }

  private static void addDecay(
      GroupUpdater updater, UpdaterPlace.Slot<List<Regularization>> penalties) {
    if (updater.weightDecay() > 0) {
      List<Regularization> own = penalties.get().get();
      List<Regularization> all = own == null ? new ArrayList<>() : new ArrayList<>(own);
      all.add(new WeightDecay(updater.weightDecay(), true));
      penalties.set().accept(all);
    }
  }

  /** Parameters whose updaters are one in the file. */
  private record Run(IUpdater updater, List<UpdaterBlock> blocks) {}

  /**
   * The updater's state in the order of the file's configuration: Deeplearning4j keeps the first
   * moments of all neighbours that share an updater before their second ones, and groups that
   * differ only in what it cannot say share one there.
   */
  private static Optional<INDArray> state(List<UpdaterBlock> blocks, int iteration, int epoch) {
    List<Run> runs = new ArrayList<>();
    for (UpdaterBlock block : blocks) {
      IUpdater updater = plain(block, iteration, epoch);
      Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
      if (last != null
          && last.updater().equals(updater)
          && !block.isPretrainUpdaterBlock()
          && !last.blocks().get(0).isPretrainUpdaterBlock()) {
        last.blocks().add(block);
      } else {
        runs.add(new Run(updater, new ArrayList<>(List.of(block))));
      }
    }
    List<INDArray> pieces = new ArrayList<>();
    for (Run run : runs) {
      int parts = Math.toIntExact(run.updater().stateSize(1));
      for (int part = 0; part < parts; part++) {
        for (UpdaterBlock block : run.blocks()) {
          INDArray state = block.getUpdaterView().reshape(block.getUpdaterView().length());
          long length = state.length() / parts;
          pieces.add(state.get(NDArrayIndex.interval(part * length, (part + 1) * length)));
        }
      }
    }
    return pieces.isEmpty()
        ? Optional.empty()
        : Optional.of(Nd4j.concat(0, pieces.toArray(INDArray[]::new)));
  }

  private static IUpdater plain(UpdaterBlock block, int iteration, int epoch) {
    UpdaterBlock.ParamState first = block.getLayersAndVariablesInBlock().get(0);
    IUpdater updater = first.getLayer().getConfig().getUpdaterByParam(first.getParamName());
    return updater instanceof GroupUpdater ours ? ours.plain(iteration, epoch) : updater;
  }
}
