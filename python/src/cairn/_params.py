# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""The params that all of Cairn's stages have, with the setters of those that fit."""

from typing import Any, List, TypeVar

from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasHandleInvalid,
    HasSeed,
    HasValidationIndicatorCol,
    HasWeightCol,
)

C = TypeVar("C", bound="CairnParams")


def _param(name: str, doc: str, converter: Any) -> Any:
    return Param(Params._dummy(), name, doc, typeConverter=converter)


class CairnParams(HasSeed, HasWeightCol, HasValidationIndicatorCol, HasHandleInvalid):
    """Params of the network, the batch, the run and the data; each doc names the setting behind it."""

    model = _param(
        "model",
        "the network to train: the path of a Deeplearning4j configuration (.json), of a"
        " Deeplearning4j model (.zip) to go on from, or of a Keras model (.h5, .keras); or a"
        " Deeplearning4j configuration as JSON itself (model.source)",
        TypeConverters.toString,
    )
    numWorkers = _param(
        "numWorkers",
        "number of workers, each a barrier task of its own (>= 1); by default as many as the"
        " session's executors (batch.workers)",
        TypeConverters.toInt,
    )
    microBatchSize = _param(
        "microBatchSize",
        "examples of one forward and backward pass on one worker (>= 1); decides memory (batch.micro)",
        TypeConverters.toInt,
    )
    accumulationSteps = _param(
        "accumulationSteps",
        "micro-batches each worker sums before an update (>= 1); by default 1, or what"
        " effectiveBatchSize asks for (batch.steps)",
        TypeConverters.toInt,
    )
    effectiveBatchSize = _param(
        "effectiveBatchSize",
        "examples that enter one update (>= 1), numWorkers x microBatchSize x accumulationSteps; by"
        " default what these give (batch.effective)",
        TypeConverters.toInt,
    )
    maxEpochs = _param(
        "maxEpochs", "passes over the training data (>= 1) (train.epochs)", TypeConverters.toInt
    )
    maxUpdates = _param(
        "maxUpdates",
        "updates of the parameters (>= 1), instead of maxEpochs (train.updates)",
        TypeConverters.toInt,
    )
    checkpointDir = _param(
        "checkpointDir",
        "directory, on any Hadoop file system, under which each fit keeps its state, so that a fit of"
        " the same params to the same data goes on where another one stopped; by default the state is"
        " temporary (output)",
        TypeConverters.toString,
    )
    checkpointInterval = _param(
        "checkpointInterval",
        "updates between two checkpoints (>= 1) (checkpoint.every-updates)",
        TypeConverters.toInt,
    )
    scale = _param(
        "scale",
        "how input values are scaled: none, standard, min-max or a factor such as 1/255; what is"
        " fitted is fitted on the training rows and stored with the model; by default as the model"
        " says, else none (data.scale)",
        TypeConverters.toString,
    )
    clipGlobalNorm = _param(
        "clipGlobalNorm",
        "largest L2 norm of the mean gradient over all parameters (> 0); by default not clipped"
        " (train.clip-global-norm)",
        TypeConverters.toFloat,
    )
    onNonFinite = _param(
        "onNonFinite",
        "what a NaN or infinity in the gradient does: fail ends the fit, skip leaves the update out"
        " (train.on-non-finite)",
        TypeConverters.toString,
    )
    selfCheck = _param(
        "selfCheck",
        "whether the gradient is tried on a few examples before the first update (train.self-check)",
        TypeConverters.toBoolean,
    )
    computeThreads = _param(
        "computeThreads",
        "micro-batches that a worker computes side by side (>= 1); by default as many as its executor"
        " has cores, 1 on a GPU; changes nothing but time and memory (compute.threads)",
        TypeConverters.toInt,
    )
    settings = _param(
        "settings",
        "more settings, in HOCON, for what has no param of its own, such as \"data.class-weights ="
        ' balanced, recovery.max-attempts = 3"',
        TypeConverters.toString,
    )

    def getModel(self) -> str:
        """Value of :py:attr:`model` or its default."""
        return self.getOrDefault(self.model)

    def getNumWorkers(self) -> int:
        """Value of :py:attr:`numWorkers` or its default."""
        return self.getOrDefault(self.numWorkers)

    def getMicroBatchSize(self) -> int:
        """Value of :py:attr:`microBatchSize` or its default."""
        return self.getOrDefault(self.microBatchSize)

    def getAccumulationSteps(self) -> int:
        """Value of :py:attr:`accumulationSteps` or its default."""
        return self.getOrDefault(self.accumulationSteps)

    def getEffectiveBatchSize(self) -> int:
        """Value of :py:attr:`effectiveBatchSize` or its default."""
        return self.getOrDefault(self.effectiveBatchSize)

    def getMaxEpochs(self) -> int:
        """Value of :py:attr:`maxEpochs` or its default."""
        return self.getOrDefault(self.maxEpochs)

    def getMaxUpdates(self) -> int:
        """Value of :py:attr:`maxUpdates` or its default."""
        return self.getOrDefault(self.maxUpdates)

    def getCheckpointDir(self) -> str:
        """Value of :py:attr:`checkpointDir` or its default."""
        return self.getOrDefault(self.checkpointDir)

    def getCheckpointInterval(self) -> int:
        """Value of :py:attr:`checkpointInterval` or its default."""
        return self.getOrDefault(self.checkpointInterval)

    def getScale(self) -> str:
        """Value of :py:attr:`scale` or its default."""
        return self.getOrDefault(self.scale)

    def getClipGlobalNorm(self) -> float:
        """Value of :py:attr:`clipGlobalNorm` or its default."""
        return self.getOrDefault(self.clipGlobalNorm)

    def getOnNonFinite(self) -> str:
        """Value of :py:attr:`onNonFinite` or its default."""
        return self.getOrDefault(self.onNonFinite)

    def getSelfCheck(self) -> bool:
        """Value of :py:attr:`selfCheck` or its default."""
        return self.getOrDefault(self.selfCheck)

    def getComputeThreads(self) -> int:
        """Value of :py:attr:`computeThreads` or its default."""
        return self.getOrDefault(self.computeThreads)

    def getSettings(self) -> str:
        """Value of :py:attr:`settings` or its default."""
        return self.getOrDefault(self.settings)


class CairnSetters(CairnParams):
    """Setters of the params, for what fits."""

    def setModel(self: C, value: str) -> C:
        """Sets :py:attr:`model`."""
        return self._set(model=value)

    def setNumWorkers(self: C, value: int) -> C:
        """Sets :py:attr:`numWorkers`."""
        return self._set(numWorkers=value)

    def setMicroBatchSize(self: C, value: int) -> C:
        """Sets :py:attr:`microBatchSize`."""
        return self._set(microBatchSize=value)

    def setAccumulationSteps(self: C, value: int) -> C:
        """Sets :py:attr:`accumulationSteps`."""
        return self._set(accumulationSteps=value)

    def setEffectiveBatchSize(self: C, value: int) -> C:
        """Sets :py:attr:`effectiveBatchSize`."""
        return self._set(effectiveBatchSize=value)

    def setMaxEpochs(self: C, value: int) -> C:
        """Sets :py:attr:`maxEpochs`."""
        return self._set(maxEpochs=value)

    def setMaxUpdates(self: C, value: int) -> C:
        """Sets :py:attr:`maxUpdates`."""
        return self._set(maxUpdates=value)

    def setCheckpointDir(self: C, value: str) -> C:
        """Sets :py:attr:`checkpointDir`."""
        return self._set(checkpointDir=value)

    def setCheckpointInterval(self: C, value: int) -> C:
        """Sets :py:attr:`checkpointInterval`."""
        return self._set(checkpointInterval=value)

    def setScale(self: C, value: str) -> C:
        """Sets :py:attr:`scale`."""
        return self._set(scale=value)

    def setClipGlobalNorm(self: C, value: float) -> C:
        """Sets :py:attr:`clipGlobalNorm`."""
        return self._set(clipGlobalNorm=value)

    def setOnNonFinite(self: C, value: str) -> C:
        """Sets :py:attr:`onNonFinite`."""
        return self._set(onNonFinite=value)

    def setSelfCheck(self: C, value: bool) -> C:
        """Sets :py:attr:`selfCheck`."""
        return self._set(selfCheck=value)

    def setComputeThreads(self: C, value: int) -> C:
        """Sets :py:attr:`computeThreads`."""
        return self._set(computeThreads=value)

    def setSettings(self: C, value: str) -> C:
        """Sets :py:attr:`settings`."""
        return self._set(settings=value)

    def setSeed(self: C, value: int) -> C:
        """Sets :py:attr:`seed`."""
        return self._set(seed=value)

    def setWeightCol(self: C, value: str) -> C:
        """Sets :py:attr:`weightCol`."""
        return self._set(weightCol=value)

    def setValidationIndicatorCol(self: C, value: str) -> C:
        """Sets :py:attr:`validationIndicatorCol`."""
        return self._set(validationIndicatorCol=value)

    def setHandleInvalid(self: C, value: str) -> C:
        """Sets :py:attr:`handleInvalid`."""
        return self._set(handleInvalid=value)


class CairnPredictorParams(CairnParams):
    """Params of stages with one column of features."""

    inputShape = _param(
        "inputShape",
        "lengths of the array that the features of one example make, such as 1, 28, 28; "
        "by default one flat vector (data.inputs.shape)",
        TypeConverters.toListInt,
    )

    def getInputShape(self) -> List[int]:
        """Value of :py:attr:`inputShape` or its default."""
        return self.getOrDefault(self.inputShape)


class CairnNetworkParams(CairnParams):
    """Params of stages with any number of inputs and outputs."""

    inputs = _param(
        "inputs",
        "a list with one entry a network's input, in its order, such as [{ columns = [a, b] }, {"
        " columns = words, max-steps = 20 }]: columns, shape, max-steps, scale, image (data.inputs)",
        TypeConverters.toString,
    )
    outputs = _param(
        "outputs",
        "a list with one entry a network's output, in its order, such as [{ columns = digit, classes ="
        " 10 }, { columns = [x, y] }]: columns, shape, max-steps, classes (data.outputs)",
        TypeConverters.toString,
    )
    predictionCols = _param(
        "predictionCols",
        "names of the columns of predictions, one an output, empty to leave one out: of an output with"
        " classes the class, else the number or a vector of the numbers; by default prediction, with an"
        " underscore and the output's first column behind it where there are several",
        TypeConverters.toListString,
    )
    probabilityCols = _param(
        "probabilityCols",
        "names of the columns of the classes' probabilities, one an output, empty to leave one out; by"
        " default as predictionCols, with probability; an output without classes has none",
        TypeConverters.toListString,
    )

    def getInputs(self) -> str:
        """Value of :py:attr:`inputs` or its default."""
        return self.getOrDefault(self.inputs)

    def getOutputs(self) -> str:
        """Value of :py:attr:`outputs` or its default."""
        return self.getOrDefault(self.outputs)

    def getPredictionCols(self) -> List[str]:
        """Value of :py:attr:`predictionCols` or its default."""
        return self.getOrDefault(self.predictionCols)

    def getProbabilityCols(self) -> List[str]:
        """Value of :py:attr:`probabilityCols` or its default."""
        return self.getOrDefault(self.probabilityCols)
