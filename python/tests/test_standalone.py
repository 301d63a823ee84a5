# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""A notebook's session on a standalone cluster: the master and workers of deploy/standalone, encrypted."""

import os
import subprocess

import pyspark
import pytest
from conftest import ROOT, read_digits, session
from test_cluster import two_workers
from test_ml import coefficients

CLUSTER = os.path.join(ROOT, "deploy", "standalone", "cluster")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("cluster"))
    environment = dict(os.environ, SPARK_HOME=os.path.dirname(pyspark.__file__))
    subprocess.run(
        [CLUSTER, "start", folder, "--workers", "2", "--cores", "2"], env=environment, check=True
    )
    try:
        with open(os.path.join(folder, "cluster.conf")) as lines:
            yield dict(line.split(None, 1) for line in lines.read().splitlines() if line[:1] not in "#")
    finally:
        subprocess.run([CLUSTER, "stop", folder], env=environment, check=True)


def on_cluster(cluster):
    # What a site has in its spark-defaults. Tasks stay of one core: a notebook's session has them so.
    return {
        "spark.authenticate": "true",
        "spark.authenticate.secret": cluster["spark.authenticate.secret"].strip(),
        "spark.network.crypto.enabled": "true",
        "spark.network.crypto.authEngineVersion": "2",
        "spark.network.crypto.saslFallback": "false",
        "spark.executor.cores": cluster["spark.executor.cores"].strip(),
        "spark.executor.memory": cluster["spark.executor.memory"].strip(),
    }


def test_a_standalone_cluster_gives_the_bits_of_any_other(cluster, mlp, tmp_path):
    with session("local-cluster[2,2,1024]") as spark:
        near = coefficients(two_workers(mlp, maxEpochs=4).fit(read_digits(spark)), tmp_path / "near")
    with session(cluster["spark.master"].strip(), on_cluster(cluster)) as spark:
        digits = read_digits(spark)
        # What driver and executors share, only the user knows here.
        model = two_workers(mlp, maxEpochs=4, checkpointDir=str(tmp_path / "run")).fit(digits)
        assert coefficients(model, tmp_path / "far") == near
        assert model.transform(digits).where("prediction = digit").count() > 1500
