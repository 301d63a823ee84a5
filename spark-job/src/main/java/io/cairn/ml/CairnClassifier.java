/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.util.OptionalInt;
import org.apache.spark.ml.classification.ProbabilisticClassifier;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * Trains a Deeplearning4j network that tells classes apart, on the executors of the session.
 *
 * <pre>{@code
 * CairnClassificationModel model =
 *     new CairnClassifier()
 *         .setModel("hdfs:///models/digits-mlp.json")
 *         .setNumWorkers(2)
 *         .setMicroBatchSize(32)
 *         .setAccumulationSteps(8)
 *         .setMaxEpochs(5)
 *         .fit(digits);
 * }</pre>
 *
 * <p>Features are a vector or an array of numbers; labels are whole numbers from 0 on. The network
 * has one input and one output, with a unit for each class, or a single one for two.
 *
 * <p>Threading: as Spark ML's own: a stage is changed by one thread at a time; fits of several
 * threads follow each other.
 *
 * <p>Failure: an IllegalArgumentException where params, columns, labels or the network are wrong.
 */
public final class CairnClassifier
    extends ProbabilisticClassifier<Vector, CairnClassifier, CairnClassificationModel>
    implements CairnPredictorParams, CairnSetters<CairnClassifier>, DefaultParamsWritable {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final CairnParamSet params;
  private final IntArrayParam inputShape;

  /** A classifier with a uid of its own. */
  public CairnClassifier() {
    this(Identifiable$.MODULE$.randomUID("CairnClassifier"));
  }

  /** A classifier. */
  public CairnClassifier(String uid) {
    this(StageUid.begin(uid));
  }

  private CairnClassifier(StageUid begun) {
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
  public CairnClassifier setInputShape(int... value) {
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
  public CairnClassificationModel train(Dataset<?> dataset) {
    ModelParam model = ModelParam.of(this, ModelParam.hadoop(dataset.sparkSession()));
    NetworkShape shape = NetworkShape.of(this, model.called(), model.content());
    int classes = shape.classes(this, dataset.schema().apply(getLabelCol()));
    CairnClassificationModel.requireThresholds(this, classes);
    CairnFit.Fitted fitted =
        new CairnFit(
                this,
                dataset,
                model,
                PredictorColumns.settings(this, OptionalInt.of(classes)),
                PredictorColumns.used(this))
            .run();
    return new CairnClassificationModel(uid(), FittedNetwork.of(fitted, classes, shape));
  }

  @Override
  public CairnClassifier copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Reads a saved classifier. */
  public static MLReader<CairnClassifier> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a saved classifier. */
  public static CairnClassifier load(String path) {
    return read().load(path);
  }
}
