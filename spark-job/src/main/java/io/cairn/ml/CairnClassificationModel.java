/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.OutputColumn.Form;
import io.cairn.scoring.OutputMeaning;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.ml.classification.ProbabilisticClassificationModel;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.DoubleArrayParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.Tuple3;

/**
 * A network that tells classes apart, made by {@link CairnClassifier}.
 *
 * <p>{@code probability} is what the network's output gives for each class; {@code rawPrediction}
 * is its natural logarithm, which for a softmax is what goes into it up to a constant; {@code
 * prediction} is the class with the largest, by the {@code thresholds} if there are any.
 *
 * <p>{@code transform} runs wherever the rows are, with the network loaded once in a process. It
 * also takes streams.
 *
 * <p>Threading: as Spark ML's own: params are changed by one thread at a time; any thread may
 * transform.
 */
public final class CairnClassificationModel
    extends ProbabilisticClassificationModel<Vector, CairnClassificationModel>
    implements CairnPredictorParams, CairnFitted<CairnClassificationModel> {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final CairnParamSet params;
  private final IntArrayParam inputShape;
  private final FittedNetwork fitted;

  CairnClassificationModel(String uid, FittedNetwork fitted) {
    this(StageUid.begin(uid), fitted);
  }

  private CairnClassificationModel(StageUid begun, FittedNetwork fitted) {
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

  @Override
  public int numClasses() {
    return fitted.classes();
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
    requireThresholds(this, numClasses());
    if (getRawPredictionCol().isEmpty()
        && getProbabilityCol().isEmpty()
        && getPredictionCol().isEmpty()) {
      logWarning(() -> uid() + ": transform() does nothing because no output columns were set.");
      return dataset.toDF();
    }
    String scores = ClassScores.COLUMN;
    Dataset<Row> rows = scored(dataset.toDF(), scores);
    Column values = functions.col(scores);
    Dataset<Row> result = with(rows, getRawPredictionCol(), ClassScores.raw(values), schema);
    result = with(result, getProbabilityCol(), values, schema);
    double[] thresholds = isDefined(thresholds()) ? getThresholds() : new double[0];
    return with(result, getPredictionCol(), ClassScores.prediction(values, thresholds), schema)
        .drop(scores);
  }

  private static Dataset<Row> with(
      Dataset<Row> rows, String name, Column column, StructType schema) {
    return name.isEmpty()
        ? rows
        : rows.withColumn(name, column.as(name, schema.apply(name).metadata()));
  }

  private Dataset<Row> scored(Dataset<Row> rows, String scores) {
    return fitted
        .network()
        .score(
            this,
            rows,
            PredictorColumns.settings(this, OptionalInt.of(numClasses())),
            outputs -> List.of(new OutputColumn(scores, 0, form(outputs.get(0)))));
  }

  private Form form(OutputMeaning output) {
    if (output.values() != OutputMeaning.Values.PROBABILITIES) {
      throw new IllegalArgumentException(
          "%s: output %s of the network is no probability, which a classifier's must be; CairnEstimator takes such networks"
              .formatted(uid(), output.name()));
    }
    return Form.CLASS_VECTOR;
  }

  /** For a vector or two; {@link #transform} is for many. */
  @Override
  public Vector predictRaw(Vector features) {
    StructType schema = new StructType().add(getFeaturesCol(), SQLDataTypes.VectorType(), false);
    Dataset<Row> row =
        SparkSession.active().createDataFrame(List.of(RowFactory.create(features)), schema);
    String scores = ClassScores.COLUMN;
    return scored(row, scores).select(ClassScores.raw(functions.col(scores))).first().getAs(0);
  }

  @Override
  public Vector raw2probabilityInPlace(Vector raw) {
    return ClassScores.exponentInPlace((DenseVector) raw);
  }

  /**
   * What Spark's own summaries of classifiers ask for: a model that has both columns, and their
   * names. Spark's two base classes declare it with types that no Java type fits, hence the raw
   * one.
   */
  @Override
  @SuppressWarnings({"rawtypes", "unchecked"})
  public Tuple3 findSummaryModel() {
    CairnClassificationModel named = this;
    if (getProbabilityCol().isEmpty() || getPredictionCol().isEmpty()) {
      named = copy(ParamMap.empty());
      if (getProbabilityCol().isEmpty()) {
        named.setProbabilityCol("probability_" + uid());
      }
      if (getPredictionCol().isEmpty()) {
        named.setPredictionCol("prediction_" + uid());
      }
    }
    return new Tuple3<>(named, named.getProbabilityCol(), named.getPredictionCol());
  }

  @Override
  public CairnClassificationModel copy(ParamMap extra) {
    CairnClassificationModel copied = new CairnClassificationModel(uid(), fitted);
    return copyValues(copied, extra).setParent(parent());
  }

  /** Reads a saved model. */
  public static MLReader<CairnClassificationModel> read() {
    return new NetworkFolder.Reader<>(
        CairnClassificationModel.class, CairnClassificationModel::new);
  }

  /** Reads a saved model. */
  public static CairnClassificationModel load(String path) {
    return read().load(path);
  }

  @Override
  public String toString() {
    return "CairnClassificationModel: uid=%s, numClasses=%d, numFeatures=%d"
        .formatted(uid(), numClasses(), numFeatures());
  }

  /** Thresholds there must be one a class. */
  static void requireThresholds(CairnPredictorParams stage, int classes) {
    DoubleArrayParam thresholds =
        ((org.apache.spark.ml.param.shared.HasThresholds) stage).thresholds();
    if (stage.isDefined(thresholds) && stage.getOrDefault(thresholds).length != classes) {
      throw new IllegalArgumentException(
          "%s: thresholds has %d values, and there are %d classes; one a class"
              .formatted(stage.uid(), stage.getOrDefault(thresholds).length, classes));
    }
  }
}
