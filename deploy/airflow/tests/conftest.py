# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""An Airflow of the tests' own, with the DAGs as they are shipped, and a standalone Spark cluster for them.

deploy/airflow/test makes the environment that this needs: see there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DAGS = ROOT / "deploy/airflow/dags"
sys.path.insert(0, str(DAGS))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A master and two workers, daemons that know a secret, by the script that users have."""
    folder = tmp_path_factory.mktemp("cluster")
    command = [str(ROOT / "deploy/standalone/cluster")]
    subprocess.run([*command, "start", str(folder), "--port", "0"], check=True)
    yield folder
    subprocess.run([*command, "stop", str(folder)], check=True)


@pytest.fixture(scope="session")
def settings(cluster, tmp_path_factory):
    """What a user would put beside the DAGs: Spark's settings, the run's, and the connection."""
    folder = tmp_path_factory.mktemp("settings")
    defaults = (ROOT / "conf/spark-defaults-standalone.conf").read_text().splitlines()
    # As submit --cpu does.
    kept = [line for line in defaults if ".resource.gpu." not in line and ".CUDA_" not in line]
    properties = folder / "spark-defaults.conf"
    properties.write_text("\n".join(kept) + "\n" + (cluster / "cluster.conf").read_text())
    conf = folder / "nightly.conf"
    conf.write_text(
        f'include file("{ROOT}/conf/quickstart.conf")\ntrain.epochs = 40\ncheckpoint.every-updates = 20\n'
    )
    master = next(
        line.split()[1] for line in properties.read_text().splitlines() if line.startswith("spark.master")
    )
    os.environ["AIRFLOW_CONN_CAIRN_SPARK"] = f'{{"conn_type": "spark", "host": "{master}"}}'
    # The driver runs here, and takes relative paths in the settings from here.
    os.chdir(ROOT)
    return {"properties": str(properties), "conf": str(conf)}
