# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""What FourDoorsIT does in Java, in Python: fits on two executors and saves the model."""

import sys

from pyspark.sql import SparkSession

import cairn
from cairn.ml import CairnClassifier

data, network, folder = sys.argv[1:]
builder = SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.jars", cairn.jar_path())
with builder.config("spark.ui.enabled", "false").getOrCreate() as spark:
    rows = spark.read.format("libsvm").option("numFeatures", "4").load(data)
    classifier = CairnClassifier(
        model=network, numWorkers=2, microBatchSize=8, accumulationSteps=3, maxEpochs=3, seed=7
    )
    classifier.setProgress(False).fit(rows).save(folder)
