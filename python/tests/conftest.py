# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""A session as a notebook has it, with Cairn's jar and nothing else set for it."""

import importlib.util
import os

import pytest
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession

import cairn

collect_ignore = []
# python/test installs them only where it is asked to.
if not all(importlib.util.find_spec(name) for name in ("mlflow", "tensorboard")):
    collect_ignore.append("test_trackers.py")
# Two minutes, by hand.
if os.environ.get("CAIRN_STANDALONE") != "on":
    collect_ignore.append("test_standalone.py")
# Models of others, and trainings of texts, take minutes: by hand.
if os.environ.get("CAIRN_MODELS") != "on":
    collect_ignore += ["test_onnx.py", "test_texts.py"]

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def session(master, settings=None):
    return (
        SparkSession.builder.master(master)
        .config(map=settings or {})
        .config("spark.jars", cairn.jar_path())
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )


@pytest.fixture(scope="module")
def spark():
    with session("local[2]") as spark:
        yield spark


@pytest.fixture(scope="session")
def mlp():
    return os.path.join(ROOT, "conf", "models", "digits-mlp.json")


def read_digits(spark):
    path = os.path.join(ROOT, "conf", "data", "digits.csv")
    rows = spark.read.csv(path, header=True, inferSchema=True)
    pixels = [name for name in rows.columns if name.startswith("pixel_")]
    return VectorAssembler(inputCols=pixels, outputCol="features").transform(rows)


@pytest.fixture(scope="module")
def digits(spark):
    return read_digits(spark)
