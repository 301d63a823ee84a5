# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Exact distributed training of Deeplearning4j models on Apache Spark, from PySpark.

``cairn.ml`` has the estimators. They work on any session that has Cairn's jar::

    spark = SparkSession.builder.config("spark.jars", cairn.jar_path()).getOrCreate()
"""

from cairn._errors import TrainingError, TrainingStopped
from cairn._jar import jar_path

__all__ = ["TrainingError", "TrainingStopped", "jar_path"]
