/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.OutputColumn.Form;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.regression.RegressionModel;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * A network whose one output is a number, made by {@link CairnRegressor}.
 *
 * <p>{@code transform} runs wherever the rows are, with the network loaded once in a process. It
 * also takes streams.
 *
 * <p>Threading: as Spark ML's own: params are changed by one thread at a time; any thread may
 * transform.
 */
public final class CairnRegressionModel extends RegressionModel<Vector, CairnRegressionModel>
    implements CairnPredictorParams, CairnFitted<CairnRegressionModel> {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final CairnParamSet params;
  private final IntArrayParam inputShape;
  private final FittedNetwork fitted;

  CairnRegressionModel(String uid, FittedNetwork fitted) {
    this(StageUid.begin(uid), fitted);
  }

  private CairnRegressionModel(StageUid begun, FittedNetwork fitted) {
    this.uid = begun.end();
    this.params = new CairnParamSet(this);
    this.inputShape = CairnPredictorParams.inputShapeOf(this);
    this.fitted = fitted;
  }

  @Override
  public String uid() {
    return uid == null ? StageUid.begun() : uid;
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
  public IntArrayParam inputShape() {
    return inputShape;
  }

  /** How many features it takes; -1 where the network does not say. */
  @Override
  public int numFeatures() {
    return fitted.features();
  }

  @Override
  public StructType validateAndTransformSchema(
      StructType schema, boolean fitting, DataType featuresDataType) {
    DataType features = ColumnChecks.features(schema, getFeaturesCol());
    return super.validateAndTransformSchema(schema, fitting, features);
  }

  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = transformSchema(dataset.schema(), true);
    if (getPredictionCol().isEmpty()) {
      logWarning(() -> uid() + ": transform() does nothing because no output columns were set.");
      return dataset.toDF();
    }
    String scores = ClassScores.COLUMN;
    Column prediction =
        functions.col(scores).as(getPredictionCol(), schema.apply(getPredictionCol()).metadata());
    return scored(dataset.toDF(), scores).withColumn(getPredictionCol(), prediction).drop(scores);
  }

  private Dataset<Row> scored(Dataset<Row> rows, String scores) {
    return fitted
        .network()
        .score(
            this,
            rows,
            PredictorColumns.settings(this, OptionalInt.empty()),
            outputs -> List.of(new OutputColumn(scores, 0, Form.NUMBER)));
  }

  /** For a vector or two; {@link #transform} is for many. */
  @Override
  public double predict(Vector features) {
    StructType schema = new StructType().add(getFeaturesCol(), SQLDataTypes.VectorType(), false);
    Dataset<Row> row =
        SparkSession.active().createDataFrame(List.of(RowFactory.create(features)), schema);
    String scores = ClassScores.COLUMN;
    return scored(row, scores).select(scores).first().getDouble(0);
  }

  @Override
  public CairnRegressionModel copy(ParamMap extra) {
    CairnRegressionModel copied = new CairnRegressionModel(uid(), fitted);
    return copyValues(copied, extra).setParent(parent());
  }

  /** Reads a saved model. */
  public static MLReader<CairnRegressionModel> read() {
    return new NetworkFolder.Reader<>(CairnRegressionModel.class, CairnRegressionModel::new);
  }

  /** Reads a saved model. */
  public static CairnRegressionModel load(String path) {
    return read().load(path);
  }

  @Override
  public String toString() {
    return "CairnRegressionModel: uid=%s, numFeatures=%d".formatted(uid(), numFeatures());
  }
}
