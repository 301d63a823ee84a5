# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""The estimators on local[2]: one worker in the driver's own process."""

import json
import threading
import time
import zipfile

import pytest
from pyspark.errors import IllegalArgumentException
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder

import cairn
from cairn.ml import CairnClassificationModel, CairnClassifier, CairnRegressor


def classifier(mlp, **params):
    given = dict(
        model=mlp, labelCol="digit", numWorkers=1, microBatchSize=32, accumulationSteps=4,
        maxEpochs=8, seed=7, scale="1/16",
    )
    given.update(params)
    return CairnClassifier(**given).setProgress(False)


@pytest.fixture(scope="module")
def fitted(digits, mlp):
    return classifier(mlp).fit(digits)


def test_learns_and_scores(fitted, digits):
    scored = fitted.transform(digits)
    accuracy = MulticlassClassificationEvaluator(labelCol="digit", metricName="accuracy").evaluate(scored)
    assert accuracy > 0.93
    assert set(digits.columns) < set(scored.columns)
    row = scored.select("probability", "prediction").first()
    assert abs(sum(row.probability) - 1) < 1e-5
    assert fitted.numClasses == 10 and fitted.numFeatures == 64


def test_history_is_a_pandas_frame(fitted):
    history = fitted.history()
    assert len(history) == fitted.summary.totalIterations
    assert list(history["update"]) == list(range(1, len(history) + 1))
    assert history["loss"].iloc[-1] < history["loss"].iloc[0] / 2
    assert "effective 128" in fitted.summary.plan


def test_same_bits_twice(fitted, digits, mlp, tmp_path):
    again = classifier(mlp).fit(digits)
    assert coefficients(again, tmp_path / "a") == coefficients(fitted, tmp_path / "b")


def coefficients(model, path):
    model.write().overwrite().save(str(path))
    (network,) = [p for p in path.rglob("*.zip")]
    return zipfile.ZipFile(network).read("coefficients.bin")


def test_saves_and_loads_alone_and_in_a_pipeline(fitted, digits, mlp, tmp_path):
    fitted.save(str(tmp_path / "model"))
    loaded = CairnClassificationModel.load(str(tmp_path / "model"))
    assert not loaded.hasSummary
    with pytest.raises(RuntimeError, match="No training summary available"):
        loaded.summary
    expected = fitted.transform(digits).select("probability").collect()
    assert loaded.transform(digits).select("probability").collect() == expected

    estimator = classifier(mlp, maxEpochs=1)
    estimator.save(str(tmp_path / "estimator"))
    assert CairnClassifier.load(str(tmp_path / "estimator")).getAccumulationSteps() == 4

    pipeline = Pipeline(stages=[estimator]).fit(digits)
    pipeline.save(str(tmp_path / "pipeline"))
    stage = PipelineModel.load(str(tmp_path / "pipeline")).stages[0]
    assert isinstance(stage, CairnClassificationModel)


def test_cross_validation(digits, mlp):
    estimator = classifier(mlp, maxEpochs=1)
    grid = ParamGridBuilder().addGrid(estimator.maxEpochs, [1, 4]).build()
    evaluator = MulticlassClassificationEvaluator(labelCol="digit", metricName="accuracy")
    found = CrossValidator(
        estimator=estimator, estimatorParamMaps=grid, evaluator=evaluator, numFolds=2, seed=1
    ).fit(digits)
    assert found.avgMetrics[1] > found.avgMetrics[0]


def test_python_params_are_javas(mlp):
    estimator = classifier(mlp)
    java = {p.name(): p.doc() for p in estimator._to_java().params()}
    assert {p.name for p in estimator.params} == set(java)
    for name in ("model", "microBatchSize", "checkpointDir", "scale", "settings"):
        assert estimator.getParam(name).doc == java[name]
    fresh = CairnClassifier()
    for param in fresh.params:
        if fresh.hasDefault(param):
            java_default = fresh._java_obj.getOrDefault(fresh._java_obj.getParam(param.name))
            assert fresh.getOrDefault(param) == java_default, param.name


@pytest.mark.parametrize(
    "params, named",
    [
        (dict(microBatchSize=0), "microBatchSize"),
        (dict(labelCol="absent"), "absent"),
        (dict(featuresCol="digit"), "digit"),
        (dict(model="/no/such/model.json"), "model"),
        (dict(settings="train.epochz = 3"), "train.epochz"),
    ],
)
def test_mistakes_are_told_without_a_java_stack_trace(digits, mlp, params, named):
    with pytest.raises(IllegalArgumentException) as told:
        classifier(mlp, **params).fit(digits)
    assert named in str(told.value)
    assert "\tat " not in str(told.value) and "Exception:" not in str(told.value)


def test_an_interrupted_fit_leaves_the_session_usable(digits, mlp):
    interrupted = interrupt_main_after(4)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        classifier(mlp, maxEpochs=100_000).fit(digits)
    interrupted.join()
    assert time.monotonic() - begun < 30
    assert digits.count() == 1797
    assert classifier(mlp, maxEpochs=1).fit(digits).summary.totalIterations > 0


def interrupt_main_after(seconds):
    import _thread

    thread = threading.Timer(seconds, _thread.interrupt_main)
    thread.start()
    return thread


def test_a_regressor(spark, digits, tmp_path):
    import os

    from conftest import ROOT

    path = os.path.join(ROOT, "conf", "models", "digits-mlp.json")
    network = json.load(open(path))
    last = network["confs"][-1]["layer"]
    last["nout"] = 1
    last["activationFn"] = {"@class": "org.nd4j.linalg.activations.impl.ActivationIdentity"}
    last["lossFn"] = {"@class": "org.nd4j.linalg.lossfunctions.impl.LossMSE"}
    regressor = CairnRegressor(
        model=json.dumps(network), labelCol="digit", numWorkers=1, maxEpochs=5, scale="1/16"
    ).setProgress(False)
    model = regressor.fit(digits)
    predictions = model.transform(digits).selectExpr("avg(abs(prediction - digit)) AS error")
    assert predictions.first().error < 2


def test_jar_path_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("CAIRN_JAR", "/no/such.jar")
    with pytest.raises(FileNotFoundError, match="CAIRN_JAR is /no/such.jar"):
        cairn.jar_path()


def test_a_pyspark_without_a_jar_is_named_with_those_that_have_one(monkeypatch):
    monkeypatch.delenv("CAIRN_JAR", raising=False)
    monkeypatch.setattr("pyspark.__version__", "4.1.0")
    with pytest.raises(FileNotFoundError, match=r"pyspark is 4\.1\.0, .* Spark 3\.5, 4\.0, 4\.2$"):
        cairn.jar_path()
