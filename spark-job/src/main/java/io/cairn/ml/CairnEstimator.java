/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.util.Map;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructType;

/**
 * Trains a Deeplearning4j network of any kind on the executors of the session: several inputs and
 * outputs, shapes, sequences, pictures. Columns are named as the settings {@code data.inputs} and
 * {@code data.outputs} name them.
 *
 * <pre>{@code
 * CairnModel model =
 *     new CairnEstimator()
 *         .setModel("hdfs:///models/two-heads.json")
 *         .setInputs("[{ columns = [\"pixel_*\"], shape = [1, 28, 28] }, { columns = age }]")
 *         .setOutputs("[{ columns = kind, classes = 5 }, { columns = price }]")
 *         .setMaxEpochs(5)
 *         .fit(rows);
 * }</pre>
 *
 * <p>Threading: as Spark ML's own: a stage is changed by one thread at a time; fits of several
 * threads follow each other.
 *
 * <p>Failure: an IllegalArgumentException where params, columns, labels or the network are wrong.
 */
public final class CairnEstimator extends Estimator<CairnModel>
    implements CairnNetworkParams, CairnSetters<CairnEstimator>, DefaultParamsWritable {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final CairnParamSet params;
  private final NetworkColumns columns;

  /** An estimator with a uid of its own. */
  public CairnEstimator() {
    this(Identifiable$.MODULE$.randomUID("CairnEstimator"));
  }

  /** An estimator. */
  public CairnEstimator(String uid) {
    this.uid = uid;
    this.params = new CairnParamSet(this);
    this.columns = NetworkColumns.of(this);
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
  public NetworkColumns networkColumns() {
    return columns;
  }

  /** The network's inputs. */
  public CairnEstimator setInputs(String value) {
    set(inputs(), value);
    return this;
  }

  /** The network's outputs. */
  public CairnEstimator setOutputs(String value) {
    set(outputs(), value);
    return this;
  }

  /** The columns of the predictions. */
  public CairnEstimator setPredictionCols(String... value) {
    set(predictionCols(), value);
    return this;
  }

  /** The columns of the probabilities. */
  public CairnEstimator setProbabilityCols(String... value) {
    set(probabilityCols(), value);
    return this;
  }

  @Override
  public StructType transformSchema(StructType schema) {
    columns.used(this, schema);
    ColumnChecks.training(schema, this);
    return columns.withOutputs(this, schema, columns.numbers(this, schema));
  }

  @Override
  public CairnModel fit(Dataset<?> dataset) {
    StructType schema = dataset.schema();
    transformSchema(schema, true);
    ModelParam model = ModelParam.of(this, ModelParam.hadoop(dataset.sparkSession()));
    CairnFit.Fitted fitted =
        new CairnFit(this, dataset, model, columns.settings(this), columns.used(this, schema))
            .run();
    Map<String, Integer> numbers = columns.numbers(this, schema);
    CairnModel made =
        new CairnModel(uid(), new FittedNetwork(fitted.network(), numbers, fitted.summary()));
    return copyValues(made, ParamMap.empty()).setParent(this);
  }

  @Override
  public CairnEstimator copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Reads a saved estimator. */
  public static MLReader<CairnEstimator> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a saved estimator. */
  public static CairnEstimator load(String path) {
    return read().load(path);
  }
}
