/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.data.DataException;
import io.cairn.launch.TrainedModel;
import io.cairn.replica.ModelException;
import io.cairn.scoring.OnInvalid;
import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.OutputMeaning;
import io.cairn.settings.DataSettings;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsReader;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The network of a fitted model, on the driver: its file, and the scoring engine's view of it,
 * which is made when it is first used.
 *
 * <p>Threading: safe everywhere. The engine binds a network to the thread that reads it, so that
 * another thread reads it again.
 *
 * <p>Failure: an IllegalArgumentException where columns or network do not fit.
 */
final class DriverNetwork implements Serializable {
  private static final long serialVersionUID = 1L;

  private final byte[] file;

  private transient TrainedModel opened;
  private transient Thread openedBy;
  private transient Map<String, Object> openedFor;

  /**
   * @param file the Deeplearning4j file, which nobody changes
   */
  DriverNetwork(byte[] file) {
    this.file = file;
  }

  /** The Deeplearning4j file; not to be changed. */
  byte[] file() {
    return file;
  }

  /**
   * The rows with columns behind them; nothing runs until the result is used.
   *
   * @param stage whose params count
   * @param data which columns mean what, as settings
   * @param columns which columns to add, given what the outputs mean
   */
  Dataset<Row> score(
      CairnParams stage,
      Dataset<Row> rows,
      Map<String, Object> data,
      Function<List<OutputMeaning>, List<OutputColumn>> columns) {
    try {
      return open(stage, data).score(rows, "the data frame", columns, onInvalid(stage)).rows();
    } catch (DataException e) {
      throw StageErrors.of(stage, e.problems(), e);
    } catch (ModelException | SettingsException e) {
      throw StageErrors.of(stage, List.of(e.getMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stage.uid() + ": the thread was interrupted", e);
    }
  }

  private synchronized TrainedModel open(CairnParams stage, Map<String, Object> data) {
    Map<String, Object> wanted = new TreeMap<>(data);
    if (stage.isDefined(stage.scale())) {
      wanted.put("data.scale", stage.getScale());
    }
    if (opened == null || openedBy != Thread.currentThread() || !wanted.equals(openedFor)) {
      opened = TrainedModel.of("the network of " + stage.uid(), file, settings(wanted));
      openedBy = Thread.currentThread();
      openedFor = wanted;
    }
    return opened;
  }

  /** The settings' reader wants all that a run needs; of that only the data counts here. */
  private static DataSettings settings(Map<String, Object> data) {
    Map<String, Object> values = new TreeMap<>(data);
    values.put("data.train.frame", "rows");
    values.put("model.source", "given");
    values.put("train.epochs", 1);
    values.put("output", "/");
    return SettingsReader.read(values, Optional.empty(), Map.of(), batch -> List.of()).data();
  }

  private static OnInvalid onInvalid(CairnParams stage) {
    return OnInvalid.valueOf(stage.getHandleInvalid().toUpperCase(Locale.ROOT));
  }
}
