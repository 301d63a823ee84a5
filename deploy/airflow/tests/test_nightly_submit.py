# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""The DAG for spark-submit, run by Airflow against a standalone cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import pendulum
import pytest
from airflow.models.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from conftest import DAGS, ROOT

LIMIT_S = 300


@pytest.fixture
def dag(settings, tmp_path, monkeypatch):
    """The DAG as shipped, its places set the way its comments say, and a shorter patience."""
    monkeypatch.setenv("CAIRN_JAR", str(ROOT / "spark-job/target/cairn-spark-job.jar"))
    monkeypatch.setenv("CAIRN_CONF", settings["conf"])
    monkeypatch.setenv("CAIRN_SPARK_PROPERTIES", settings["properties"])
    monkeypatch.setenv("CAIRN_OUTPUTS", str(tmp_path / "nightly"))
    loaded = DagBag(dag_folder=str(DAGS / "cairn_nightly_submit.py"), include_examples=False)
    assert not loaded.import_errors
    dag = loaded.dags["cairn_nightly_submit"]
    dag.get_task("train").retry_delay = timedelta(seconds=1)
    return dag


def night(day: int) -> pendulum.DateTime:
    return pendulum.datetime(2026, 2, day, 2, tz="UTC")


def tries(run) -> int:
    return run.get_task_instance("train").try_number


def state(run, task: str) -> str:
    return str(run.get_task_instance(task).state)


def model_of(run, task: str, key: str) -> str:
    with create_session() as session:
        query = XComModel.get_many(
            run_id=run.run_id, key=key, task_ids=task, dag_ids=run.dag_id, limit=1
        )
        return XComModel.deserialize_value(session.execute(query.with_only_columns(XComModel)).scalar_one())


def status(output: Path) -> dict:
    return json.loads((output / "STATUS.json").read_text())


def driver_pid(output: Path) -> int:
    """The process whose command line names the output: spark-submit's, which became the driver."""
    found = subprocess.run(
        ["pgrep", "-f", f"SparkSubmit .*output={output}"], capture_output=True, text=True, check=True
    )
    return int(found.stdout.split()[0])


def kill_once_training(output: Path) -> threading.Thread:
    def kill():
        metrics = output / "metrics.jsonl"
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if metrics.exists() and metrics.read_text().count("\n") >= 60:
                os.kill(driver_pid(output), signal.SIGKILL)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_a_night_ends_in_a_model_and_is_done_once(dag, tmp_path):
    output = tmp_path / "nightly/2026-02-01"
    run = dag.test(logical_date=night(1))
    assert (str(run.state), tries(run)) == ("success", 1)
    assert status(output)["state"] == "SUCCEEDED"
    assert status(output)["name"] == "nightly-2026-02-01"
    assert model_of(run, "train", "model") == f"{output}/model.zip"
    assert model_of(run, "deliver", "return_value") == f"{output}/model.zip"
    assert (output / "model.zip").exists()

    before = (output / "STATUS.json").read_bytes()
    again = dag.test(logical_date=night(1))
    assert str(again.state) == "success"
    assert (output / "STATUS.json").read_bytes() == before, "a finished run is left as it is"
    assert model_of(again, "train", "model") == f"{output}/model.zip"


def test_a_killed_driver_is_tried_again_and_the_run_goes_on(dag, tmp_path):
    output = tmp_path / "nightly/2026-02-02"
    killer = kill_once_training(output)
    run = dag.test(logical_date=night(2))
    killer.join()
    assert (str(run.state), tries(run)) == ("success", 2)
    assert status(output)["state"] == "SUCCEEDED"
    first, second = status(output)["attempts"]
    assert first["fromUpdate"] == 0
    assert second["fromUpdate"] >= 40, "two checkpoints before the driver was killed"
    steps = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    updates = [step["update"] for step in steps if "loss" in step]
    assert updates == list(range(1, 1 + status(output)["update"]))
    assert model_of(run, "train", "model") == f"{output}/model.zip"


def test_wrong_settings_fail_at_once(dag, tmp_path):
    train = dag.get_task("train")
    train.application_args = [*train.application_args, "--set", "batch.micro=0"]
    run = dag.test(logical_date=night(3))
    assert (str(run.state), state(run, "train"), tries(run)) == ("failed", "failed", 1)
    assert state(run, "deliver") == "upstream_failed"
    assert not (tmp_path / "nightly/2026-02-03").exists()


def test_a_submission_that_does_not_get_through_is_tried_again(dag, tmp_path):
    train = dag.get_task("train")
    train.properties_file = str(tmp_path / "absent.conf")
    train.retries = 1
    run = dag.test(logical_date=night(4))
    assert (str(run.state), tries(run)) == ("failed", 2)
