# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Trains every night with the Spark operator for Kubernetes.

Copy this folder to your DAGs, with a spark-application.yaml of your own (deploy/kubernetes has one) beside it, and change what is below. The
run's name, output and settings are put into the manifest here; its restartPolicy too, because Airflow is the one who tries again.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pendulum
import yaml
from airflow.sdk import dag, task
from cairn_airflow import CairnKubernetesOperator

MANIFEST = Path(os.environ.get("CAIRN_MANIFEST", Path(__file__).with_name("spark-application.yaml")))
NAMESPACE = os.environ.get("CAIRN_NAMESPACE", "cairn")
# In the driver's pod: the ConfigMap cairn-job.
CONF = os.environ.get("CAIRN_CONF", "/opt/cairn/job/nightly.conf")
# As the pods see it, and as Airflow's workers do: the same but for claims, which are mounted where you like.
OUTPUTS = os.environ.get("CAIRN_OUTPUTS", "s3a://models/nightly")
OUTPUTS_HERE = os.environ.get("CAIRN_OUTPUTS_HERE", OUTPUTS)
NIGHT = "{{ logical_date | ds }}"


def application() -> dict:
    """The manifest, with this night's run in it."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    # Airflow adds a few letters of its own, which tell tries apart.
    manifest["metadata"]["name"] = f"cairn-nightly-{NIGHT}"
    spec = manifest["spec"]
    spec["arguments"] = [
        "train",
        CONF,
        "--set",
        f"name=nightly-{NIGHT}",
        "--set",
        f"output={OUTPUTS}/{NIGHT}",
    ]
    spec["restartPolicy"] = {"type": "Never"}
    return manifest


@dag(
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["cairn"],
)
def cairn_nightly_kubernetes():
    train = CairnKubernetesOperator(
        task_id="train",
        kubernetes_conn_id="cairn_kubernetes",
        namespace=NAMESPACE,
        template_spec=application(),
        get_logs=True,
        # A pod that is still running after Airflow was restarted is found again, not started twice.
        reattach_on_restart=True,
        run_output=f"{OUTPUTS_HERE}/{NIGHT}",
        retries=3,
        retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(hours=20),
    )

    @task
    def deliver(model: str) -> str:
        """Yours: register the model, start a service with it, tell somebody."""
        print(f"the model of this night: {model}")
        return model

    deliver(train.output["model"])


cairn_nightly_kubernetes()
