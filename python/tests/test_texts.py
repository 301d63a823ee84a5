# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""conf/examples/texts.conf as its comment says: texts are tokenized on Spark, a transformer is trained on the tokens, and
the texts come back with a class."""

import importlib.util
import json
import os
import subprocess
import zipfile

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from conftest import ROOT

TEXTS = os.path.join(ROOT, "conf", "data", "texts.csv")
VOCABULARY = os.path.join(ROOT, "conf", "data", "texts-tokenizer.json")
MINUTES = 10


@pytest.fixture(scope="module")
def tokenize_texts():
    path = os.path.join(ROOT, "python", "examples", "tokenize_texts.py")
    spec = importlib.util.spec_from_file_location("tokenize_texts", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tokens(spark, tokenize_texts, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("texts") / "tokens")
    rows = spark.read.csv(TEXTS, header=True, escape='"')
    tokenize_texts.tokenized(spark, rows, VOCABULARY).write.parquet(path)
    return path


def cairn(command, *arguments):
    done = subprocess.run(
        [os.path.join(ROOT, "deploy", "local", "cairn"), command, "conf/examples/texts.conf", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60 * MINUTES,
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_tokens_are_those_of_the_vocabulary(spark, tokens):
    tokenizer = Tokenizer.from_file(VOCABULARY)
    rows = spark.read.parquet(tokens).collect()
    assert len(rows) == spark.read.csv(TEXTS, header=True, escape='"').count()
    lengths = {len(row.input_ids) for row in rows}
    assert len(lengths) > 5 and max(lengths) <= 32
    for row in rows[::50]:
        assert row.input_ids == tokenizer.encode(row.text).ids
        assert row.attention_mask == [1] * len(row.input_ids)


def test_texts_are_classified(spark, tokens, tmp_path):
    run, scored = tmp_path / "run", str(tmp_path / "scored")
    here = ("--set", f"data.train.path={tokens}", "--set", f"output={run}")
    cairn("train", *here)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line for line in lines if "validation" in line][-1]["validation"]["accuracy"] > 0.6

    cairn("predict", *here, "--data", tokens, "--to", scored)
    rows = spark.read.parquet(scored).collect()
    assert np.mean([row.prediction == row.kind for row in rows]) > 0.75
    assert {"text", "kind", "prediction", "probability"} <= set(rows[0].asDict())

    # Whoever serves the file that came out serves the same.
    served = onnxruntime.InferenceSession(zipfile.ZipFile(run / "model.zip").read("model.onnx"))
    for row in rows[::97]:
        feed = {"input_ids": [row.input_ids], "attention_mask": [row.attention_mask]}
        (logits,) = served.run(None, {k: np.array(v, np.int64) for k, v in feed.items()})
        powers = np.exp(logits[0] - logits[0].max())
        assert np.abs(powers / powers.sum() - row.probability).max() < 1e-6
