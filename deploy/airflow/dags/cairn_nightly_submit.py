# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Trains every night with spark-submit: on YARN, Kubernetes or a standalone cluster, whatever the connection cairn_spark names.

Copy this folder to your DAGs and change what is below. A night's run has the night's date in its name and its output, so a retry, or
clearing the task later, is the same run again: it goes on where it stopped, and is a no-op when it is finished.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pendulum
from airflow.sdk import dag, task
from cairn_airflow import CairnSubmitOperator

# Where the driver finds them. In client mode, on Airflow's worker.
JAR = os.environ.get("CAIRN_JAR", "/opt/cairn/cairn-spark-job.jar")
CONF = os.environ.get("CAIRN_CONF", "/opt/cairn/job/nightly.conf")
# Spark's settings: conf/spark-defaults-yarn.conf, -kubernetes.conf or -standalone.conf, made yours.
PROPERTIES = os.environ.get("CAIRN_SPARK_PROPERTIES", "/opt/cairn/spark-defaults.conf")
# On a file system that driver, executors and Airflow's workers all reach.
OUTPUTS = os.environ.get("CAIRN_OUTPUTS", "hdfs:///models/nightly")
NIGHT = "{{ logical_date | ds }}"


@dag(
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # Two nights at once would share the GPUs, and each wait for the other's.
    max_active_runs=1,
    tags=["cairn"],
)
def cairn_nightly_submit():
    train = CairnSubmitOperator(
        task_id="train",
        conn_id="cairn_spark",
        application=JAR,
        java_class="io.cairn.cli.Cairn",
        name=f"cairn-nightly-{NIGHT}",
        properties_file=PROPERTIES,
        run_output=f"{OUTPUTS}/{NIGHT}",
        application_args=[
            "train",
            CONF,
            "--set",
            f"name=nightly-{NIGHT}",
            "--set",
            f"output={OUTPUTS}/{NIGHT}",
        ],
        # Each goes on with the run. Wrong settings and data are not tried again.
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


cairn_nightly_submit()
