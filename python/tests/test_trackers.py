# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""What the real TensorBoard and a real MLflow server have of a run that lost an executor on its way."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import read_digits, session
from mlflow.tracking import MlflowClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_cluster import executors_of_this_driver, two_workers

import cairn._fit

LIMIT_S = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = "http://127.0.0.1:{}".format(port)
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", "sqlite:///{}/store.db".format(root), "--artifacts-destination", str(root / "artifacts"),
    ]
    environment = dict(os.environ, MLFLOW_DISABLE_TELEMETRY="true")
    with open(root / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        until = time.monotonic() + LIMIT_S
        while not answers(uri):
            assert process.poll() is None and time.monotonic() < until, (root / "log").read_text()
            time.sleep(0.2)
        yield uri
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def answers(uri):
    try:
        return urllib.request.urlopen(uri + "/health", timeout=5).status == 200
    except OSError:
        return False


def test_each_update_is_there_once_although_an_executor_was_killed(server, mlp, tmp_path, monkeypatch):
    victims = []

    def kill_once(self, progress):
        if progress and not victims and json.loads(progress)["update"] >= 45:
            victims.append(executors_of_this_driver()[0])
            os.kill(victims[0], signal.SIGKILL)

    monkeypatch.setattr(cairn._fit._Bar, "show", kill_once)
    settings = """
        data.validation.fraction = 0.15
        tracking { tensorboard = on, mlflow { uri = "%s", experiment = "digits of PySpark" } }
    """ % server
    with session("local-cluster[2,2,1024]") as spark:
        estimator = two_workers(mlp, maxEpochs=30, checkpointDir=str(tmp_path), checkpointInterval=20, settings=settings)
        summary = estimator.fit(read_digits(spark)).summary
        assert victims and summary.attempts > 1
        total = summary.totalIterations

    (metrics,) = tmp_path.rglob("metrics.jsonl")
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    updates = {line["update"]: line for line in lines if "loss" in line}
    validations = {line["update"]: line["validation"] for line in lines if "validation" in line}
    assert len(updates) == total and validations

    board = EventAccumulator(str(metrics.parent / "tensorboard"), size_guidance={"scalars": 0})
    board.Reload()
    loss = board.Scalars("loss")
    assert [point.step for point in loss] == sorted(updates)
    for point in loss:
        assert point.value == pytest.approx(updates[point.step]["loss"], rel=1e-6)
        assert point.wall_time == updates[point.step]["atMs"] / 1000
    accuracy = {point.step: point.value for point in board.Scalars("validation/accuracy")}
    assert accuracy == pytest.approx({step: it["accuracy"] for step, it in validations.items()}, rel=1e-6)

    client = MlflowClient(server)
    experiment = client.get_experiment_by_name("digits of PySpark")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["batch.workers"] == "2" and run.data.params["train.epochs"] == "30"
    loss = client.get_metric_history(run.info.run_id, "loss")
    assert sorted(point.step for point in loss) == sorted(updates)
    # The same bits: as many workers made an update again.
    assert all(point.value == updates[point.step]["loss"] for point in loss)
    steps = [point.step for point in client.get_metric_history(run.info.run_id, "validation/loss")]
    assert sorted(steps) == sorted(validations)
    sizes = {file.path: file.file_size for file in client.list_artifacts(run.info.run_id)}
    assert sizes == {name: (metrics.parent / name).stat().st_size for name in ("model.zip", "report.html")}
