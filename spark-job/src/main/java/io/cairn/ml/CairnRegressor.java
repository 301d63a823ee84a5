/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.util.OptionalInt;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.regression.Regressor;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * Trains a Deeplearning4j network whose one output is a number, on the executors of the session.
 *
 * <p>Features are a vector or an array of numbers; the label is a number. Networks with several
 * outputs, or several numbers, are for {@link CairnEstimator}.
 *
 * <p>Threading: as Spark ML's own: a stage is changed by one thread at a time; fits of several
 * threads follow each other.
 *
 * <p>Failure: an IllegalArgumentException where params, columns, labels or the network are wrong.
 */
public final class CairnRegressor extends Regressor<Vector, CairnRegressor, CairnRegressionModel>
    implements CairnPredictorParams, CairnSetters<CairnRegressor>, DefaultParamsWritable {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final CairnParamSet params;
  private final IntArrayParam inputShape;

  /** A regressor with a uid of its own. */
  public CairnRegressor() {
    this(Identifiable$.MODULE$.randomUID("CairnRegressor"));
  }

  /** A regressor. */
  public CairnRegressor(String uid) {
    this(StageUid.begin(uid));
  }

  private CairnRegressor(StageUid begun) {
    this.uid = begun.end();
    this.params = new CairnParamSet(this);
    this.inputShape = CairnPredictorParams.inputShapeOf(this);
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
  public IntArrayParam inputShape() {
    return inputShape;
  }

  /** Shape of one example, where the network takes more than a flat vector. */
  public CairnRegressor setInputShape(int... value) {
    set(inputShape, value);
    return this;
  }

  @Override
  public StructType validateAndTransformSchema(
      StructType schema, boolean fitting, DataType featuresDataType) {
    DataType features = ColumnChecks.features(schema, getFeaturesCol());
    if (fitting) {
      ColumnChecks.training(schema, this);
    }
    return super.validateAndTransformSchema(schema, fitting, features);
  }

  @Override
  public CairnRegressionModel train(Dataset<?> dataset) {
    ModelParam model = ModelParam.of(this, ModelParam.hadoop(dataset.sparkSession()));
    NetworkShape shape = NetworkShape.of(this, model.called(), model.content());
    shape.requireNumber(this);
    CairnFit.Fitted fitted =
        new CairnFit(
                this,
                dataset,
                model,
                PredictorColumns.settings(this, OptionalInt.empty()),
                PredictorColumns.used(this))
            .run();
    return new CairnRegressionModel(uid(), FittedNetwork.of(fitted, -1, shape));
  }

  @Override
  public CairnRegressor copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Reads a saved regressor. */
  public static MLReader<CairnRegressor> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a saved regressor. */
  public static CairnRegressor load(String path) {
    return read().load(path);
  }
}
