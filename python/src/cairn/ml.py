# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Spark ML's way in: a classifier and a regressor that train a Deeplearning4j network exactly.

They are stages like Spark's own: params by keyword, pipelines, cross-validation, saving and loading.

Examples
--------
>>> from cairn.ml import CairnClassifier
>>> classifier = CairnClassifier(model="mlp.json", microBatchSize=32, accumulationSteps=8, maxEpochs=5)
>>> model = classifier.fit(train)
>>> model.history().plot(x="update", y="loss")
>>> scored = model.transform(test)
"""

import json
import sys
from typing import Any, Dict, Generic, List, Optional, TypeVar

from pyspark import keyword_only
from pyspark.ml.classification import (
    _JavaProbabilisticClassificationModel,
    _JavaProbabilisticClassifier,
)
from pyspark.ml.regression import _JavaRegressionModel, _JavaRegressor
from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable
from pyspark.ml.wrapper import JavaEstimator, JavaModel, JavaParams, JavaWrapper
from pyspark.sql import DataFrame

from cairn import _fit
from cairn._jar import HOW_TO_ADD
from cairn._params import CairnNetworkParams, CairnParams, CairnPredictorParams, CairnSetters

__all__ = [
    "CairnClassificationModel",
    "CairnClassifier",
    "CairnEstimator",
    "CairnModel",
    "CairnRegressionModel",
    "CairnRegressor",
    "CairnTrainingSummary",
]

_JAVA_PACKAGE = "io.cairn.ml"

# Where a pipeline is loaded, PySpark imports a stage's class by the name of its Java class.
sys.modules[_JAVA_PACKAGE] = sys.modules[__name__]

S = TypeVar("S")


def _java_name(cls: type) -> str:
    return "{}.{}".format(_JAVA_PACKAGE, cls.__name__)


def _new_java(cls: type, uid: str) -> Any:
    try:
        return JavaParams._new_java_obj(_java_name(cls), uid)
    except TypeError as missing:
        if "JavaPackage" not in str(missing):
            raise
        raise RuntimeError(
            "this Spark session has no Cairn: its jar is not on the class path. " + HOW_TO_ADD
        ) from None


class _Reader(JavaMLReader[S]):
    @classmethod
    def _java_loader_class(cls, clazz: Any) -> str:
        return _java_name(clazz)


class _Readable(JavaMLReadable[S]):
    @classmethod
    def read(cls) -> _Reader[S]:
        """Returns a reader for this class."""
        return _Reader(cls)


class _Fits(CairnSetters):
    """What the estimators share: a fit that can be watched and interrupted."""

    _progress = True

    def setProgress(self: S, shown: bool) -> S:
        """Whether :py:meth:`fit` shows a progress bar; it does by default."""
        self._progress = shown  # type: ignore[attr-defined]
        return self

    def _fit_java(self, dataset: DataFrame) -> Any:
        self._transfer_params_to_java()  # type: ignore[attr-defined]
        started = JavaWrapper._new_java_obj(
            _JAVA_PACKAGE + ".RunningFit.start", self._java_obj, dataset._jdf  # type: ignore[attr-defined]
        )
        return _fit.run(started, self._progress)

    def _start(self, cls: type, given: Any) -> None:
        self._java_obj = _new_java(cls, self.uid)  # type: ignore[attr-defined]
        self._setDefault(
            microBatchSize=32,
            maxEpochs=10,
            seed=1,
            checkpointInterval=100,
            onNonFinite="fail",
            selfCheck=True,
            handleInvalid="error",
        )
        self._set(**given)


class CairnTrainingSummary(JavaWrapper):
    """How a fit went."""

    @property
    def objectiveHistory(self) -> List[float]:
        """Mean loss of each update over its examples, with the regularisation score."""
        return list(self._call_java("objectiveHistory"))

    @property
    def totalIterations(self) -> int:
        """How many updates were made."""
        return int(self._call_java("totalIterations"))

    @property
    def totalTimeMs(self) -> int:
        """How long the fit took, reading the data included, in milliseconds."""
        return int(self._call_java("totalTimeMs"))

    @property
    def plan(self) -> str:
        """Workers x micro-batch x accumulation steps = effective batch, as a text."""
        return str(self._java_obj.plan().toString())

    @property
    def attempts(self) -> int:
        """How many attempts it took; more than one where a machine failed on the way."""
        return int(self._java_obj.attempts().size())

    def updates(self) -> Any:
        """A pandas frame with a row an update: loss, learning rate, gradient norm, speed, times."""
        return _frame(self._java_obj.updatesJson())

    def validations(self) -> Any:
        """A pandas frame with a row a validation; empty where no rows are for validation."""
        return _frame(self._java_obj.validationsJson())


def _frame(lines: str) -> Any:
    try:
        import pandas
    except ImportError:
        raise ImportError("the history is a pandas frame: pip install pandas") from None
    return pandas.DataFrame([_row(json.loads(line)) for line in lines.splitlines()])


def _row(line: Dict[str, Any]) -> Dict[str, Any]:
    """A line of metrics.jsonl without its nesting, and with numbers that JSON does not have."""
    row: Dict[str, Any] = {}
    for key, value in line.items():
        row.update(_row(value) if isinstance(value, dict) else {key: _number(value)})
    return row


def _number(value: Any) -> Any:
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


class _Fitted(CairnParams, Generic[S]):
    """What the models share."""

    @property
    def hasSummary(self) -> bool:
        """Whether this model was fitted in this session, and not loaded."""
        return bool(self._call_java("hasSummary"))  # type: ignore[attr-defined]

    @property
    def summary(self) -> CairnTrainingSummary:
        """How the fit went.

        Raises
        ------
        RuntimeError
            If the model was loaded: a saved model holds no history.
        """
        if not self.hasSummary:
            raise RuntimeError("No training summary available for this {}".format(type(self).__name__))
        return CairnTrainingSummary(self._java_obj.summary())  # type: ignore[attr-defined]

    def history(self) -> Any:
        """The updates of the fit, as a pandas frame."""
        return self.summary.updates()

    def setHandleInvalid(self: S, value: str) -> S:
        """Sets what transform does with rows that cannot be scored: error, skip or keep."""
        return self._set(handleInvalid=value)  # type: ignore[attr-defined]


class CairnClassifier(
    CairnPredictorParams,
    _Fits,
    _JavaProbabilisticClassifier["CairnClassificationModel"],
    JavaMLWritable,
    _Readable["CairnClassifier"],
):
    """Trains a network whose output is a probability for each class.

    Labels are class indices 0, 1, ... as numbers; features a vector or array column. Effective
    batch = ``numWorkers`` x ``microBatchSize`` x ``accumulationSteps``; the result is that of one
    big batch, however it is split.

    Parameters
    ----------
    model : str
        Path of a Deeplearning4j configuration or model or of a Keras model, or a configuration as
        JSON itself.
    """

    @keyword_only
    def __init__(
        self,
        *,
        featuresCol: str = "features",
        labelCol: str = "label",
        predictionCol: str = "prediction",
        probabilityCol: str = "probability",
        rawPredictionCol: str = "rawPrediction",
        thresholds: Optional[List[float]] = None,
        weightCol: Optional[str] = None,
        validationIndicatorCol: Optional[str] = None,
        inputShape: Optional[List[int]] = None,
        model: Optional[str] = None,
        numWorkers: Optional[int] = None,
        microBatchSize: int = 32,
        accumulationSteps: Optional[int] = None,
        effectiveBatchSize: Optional[int] = None,
        maxEpochs: int = 10,
        maxUpdates: Optional[int] = None,
        seed: int = 1,
        checkpointDir: Optional[str] = None,
        checkpointInterval: int = 100,
        scale: Optional[str] = None,
        clipGlobalNorm: Optional[float] = None,
        onNonFinite: str = "fail",
        selfCheck: bool = True,
        computeThreads: Optional[int] = None,
        settings: Optional[str] = None,
        handleInvalid: str = "error",
    ):
        super().__init__()
        self._start(CairnClassifier, self._input_kwargs)

    @keyword_only
    def setParams(self, **kwargs: Any) -> "CairnClassifier":
        """Sets params by keyword, as the constructor does."""
        return self._set(**self._input_kwargs)

    def _create_model(self, java_model: Any) -> "CairnClassificationModel":
        return CairnClassificationModel(java_model)


class CairnClassificationModel(
    _JavaProbabilisticClassificationModel[Any],
    CairnPredictorParams,
    _Fitted["CairnClassificationModel"],
    JavaMLWritable,
    _Readable["CairnClassificationModel"],
):
    """A trained classifier. Saved, it holds the network as a plain Deeplearning4j file."""


class CairnRegressor(
    CairnPredictorParams,
    _Fits,
    _JavaRegressor["CairnRegressionModel"],
    JavaMLWritable,
    _Readable["CairnRegressor"],
):
    """Trains a network whose output is one number. See :py:class:`CairnClassifier`."""

    @keyword_only
    def __init__(
        self,
        *,
        featuresCol: str = "features",
        labelCol: str = "label",
        predictionCol: str = "prediction",
        weightCol: Optional[str] = None,
        validationIndicatorCol: Optional[str] = None,
        inputShape: Optional[List[int]] = None,
        model: Optional[str] = None,
        numWorkers: Optional[int] = None,
        microBatchSize: int = 32,
        accumulationSteps: Optional[int] = None,
        effectiveBatchSize: Optional[int] = None,
        maxEpochs: int = 10,
        maxUpdates: Optional[int] = None,
        seed: int = 1,
        checkpointDir: Optional[str] = None,
        checkpointInterval: int = 100,
        scale: Optional[str] = None,
        clipGlobalNorm: Optional[float] = None,
        onNonFinite: str = "fail",
        selfCheck: bool = True,
        computeThreads: Optional[int] = None,
        settings: Optional[str] = None,
        handleInvalid: str = "error",
    ):
        super().__init__()
        self._start(CairnRegressor, self._input_kwargs)

    @keyword_only
    def setParams(self, **kwargs: Any) -> "CairnRegressor":
        """Sets params by keyword, as the constructor does."""
        return self._set(**self._input_kwargs)

    def _create_model(self, java_model: Any) -> "CairnRegressionModel":
        return CairnRegressionModel(java_model)


class CairnRegressionModel(
    _JavaRegressionModel[Any],
    CairnPredictorParams,
    _Fitted["CairnRegressionModel"],
    JavaMLWritable,
    _Readable["CairnRegressionModel"],
):
    """A trained regressor. Saved, it holds the network as a plain Deeplearning4j file."""


class CairnEstimator(
    CairnNetworkParams,
    _Fits,
    JavaEstimator["CairnModel"],
    JavaMLWritable,
    _Readable["CairnEstimator"],
):
    """Trains a network with any number of inputs and outputs, pictures and sequences among them."""

    @keyword_only
    def __init__(
        self,
        *,
        inputs: Optional[str] = None,
        outputs: Optional[str] = None,
        predictionCols: Optional[List[str]] = None,
        probabilityCols: Optional[List[str]] = None,
        weightCol: Optional[str] = None,
        validationIndicatorCol: Optional[str] = None,
        model: Optional[str] = None,
        numWorkers: Optional[int] = None,
        microBatchSize: int = 32,
        accumulationSteps: Optional[int] = None,
        effectiveBatchSize: Optional[int] = None,
        maxEpochs: int = 10,
        maxUpdates: Optional[int] = None,
        seed: int = 1,
        checkpointDir: Optional[str] = None,
        checkpointInterval: int = 100,
        scale: Optional[str] = None,
        clipGlobalNorm: Optional[float] = None,
        onNonFinite: str = "fail",
        selfCheck: bool = True,
        computeThreads: Optional[int] = None,
        settings: Optional[str] = None,
        handleInvalid: str = "error",
    ):
        super().__init__()
        self._start(CairnEstimator, self._input_kwargs)

    @keyword_only
    def setParams(self, **kwargs: Any) -> "CairnEstimator":
        """Sets params by keyword, as the constructor does."""
        return self._set(**self._input_kwargs)

    def _create_model(self, java_model: Any) -> "CairnModel":
        return CairnModel(java_model)


class CairnModel(
    JavaModel,
    CairnNetworkParams,
    _Fitted["CairnModel"],
    JavaMLWritable,
    _Readable["CairnModel"],
):
    """A trained network. Saved, it holds the network as a plain Deeplearning4j file."""
