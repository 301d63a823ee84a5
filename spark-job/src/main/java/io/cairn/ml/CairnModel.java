/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A network of any kind, made by {@link CairnEstimator}.
 *
 * <p>{@code transform} adds a prediction for each output, and the probabilities of its classes
 * where it has some; of a sequence an array with an element a time step. It runs wherever the rows
 * are, with the network loaded once in a process, and also takes streams.
 *
 * <p>Threading: as Spark ML's own: params are changed by one thread at a time; any thread may
 * transform.
 */
public final class CairnModel extends Model<CairnModel>
    implements CairnNetworkParams, CairnFitted<CairnModel> {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final CairnParamSet params;
  private final NetworkColumns columns;
  private final FittedNetwork fitted;

  CairnModel(String uid, FittedNetwork fitted) {
    this.uid = uid;
    this.params = new CairnParamSet(this);
    this.columns = NetworkColumns.of(this);
    this.fitted = fitted;
  }

  @Override
  public String uid() {
    return uid;
  }

  @Override
  public CairnParamSet cairnParamSet() {
    return params;
  }

  @Override
  public FittedNetwork fittedNetwork() {
    return fitted;
  }

  @Override
  public NetworkColumns networkColumns() {
    return columns;
  }

  /** The network's inputs, where the columns are called otherwise than in training. */
  public CairnModel setInputs(String value) {
    set(inputs(), value);
    return this;
  }

  /** The columns of the predictions. */
  public CairnModel setPredictionCols(String... value) {
    set(predictionCols(), value);
    return this;
  }

  /** The columns of the probabilities. */
  public CairnModel setProbabilityCols(String... value) {
    set(probabilityCols(), value);
    return this;
  }

  @Override
  public StructType transformSchema(StructType schema) {
    columns.requireInputs(this, schema);
    return columns.withOutputs(this, schema, fitted.facts());
  }

  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    transformSchema(dataset.schema(), true);
    if (columns.added(this, fitted.facts()).isEmpty()) {
      logWarning(() -> uid() + ": transform() does nothing because no output columns were set.");
      return dataset.toDF();
    }
    return fitted
        .network()
        .score(
            this,
            dataset.toDF(),
            columns.settings(this),
            outputs -> columns.added(this, fitted.facts()));
  }

  @Override
  public CairnModel copy(ParamMap extra) {
    CairnModel copied = new CairnModel(uid(), fitted);
    return copyValues(copied, extra).setParent(parent());
  }

  /** Reads a saved model. */
  public static MLReader<CairnModel> read() {
    return new NetworkFolder.Reader<>(CairnModel.class, CairnModel::new);
  }

  /** Reads a saved model. */
  public static CairnModel load(String path) {
    return read().load(path);
  }
}
