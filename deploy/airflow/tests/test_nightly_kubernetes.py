# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Both DAGs as Airflow loads them, and the one for Kubernetes run against an API server of the tests'."""

from __future__ import annotations

import json
from datetime import timedelta

import pendulum
import pytest
from airflow.models.dagbag import DagBag
from api_server import ApiServer
from conftest import DAGS, ROOT
from jsonschema import Draft202012Validator

SCHEMA = ROOT / "spark-job-tests/src/test/resources/kubernetes/sparkapplication-v1beta2.json"


def problems_of(manifest):
    schema = json.loads(SCHEMA.read_text())
    return [error.message for error in Draft202012Validator(schema).iter_errors(manifest)]


@pytest.fixture
def dags(monkeypatch):
    monkeypatch.setenv("CAIRN_MANIFEST", str(ROOT / "deploy/kubernetes/spark-application.yaml"))
    monkeypatch.setenv("CAIRN_OUTPUTS", "s3a://models/nightly")
    loaded = DagBag(dag_folder=str(DAGS), include_examples=False)
    assert not loaded.import_errors
    return loaded.dags


def test_what_is_shipped_is_two_nightly_dags(dags):
    assert set(dags) == {"cairn_nightly_submit", "cairn_nightly_kubernetes"}
    for dag in dags.values():
        assert dag.catchup is False
        assert dag.max_active_runs == 1
        train = dag.get_task("train")
        assert train.retries == 3
        assert train.downstream_task_ids == {"deliver"}


def test_the_manifest_of_a_night_is_valid_and_the_nights_own(dags):
    train = dags["cairn_nightly_kubernetes"].get_task("train")
    train.render_template_fields({"logical_date": pendulum.datetime(2026, 2, 3, 2, tz="UTC")})
    manifest = train.template_spec
    assert not problems_of(manifest)
    assert manifest["metadata"]["name"] == "cairn-nightly-2026-02-03"
    assert manifest["spec"]["arguments"] == [
        "train",
        "/opt/cairn/job/nightly.conf",
        "--set",
        "name=nightly-2026-02-03",
        "--set",
        "output=s3a://models/nightly/2026-02-03",
    ]
    assert manifest["spec"]["restartPolicy"] == {"type": "Never"}
    assert train.run_output == "s3a://models/nightly/2026-02-03"
    # What the operator makes of it, it takes to the API server.
    assert train.template_body["spark"] == manifest
    assert train.create_job_name().startswith("cairn-nightly-2026-02-03")


class Driver:
    """Leaves a status and an exit code for each attempt, as a driver in a pod would."""

    def __init__(self, output, *ends):
        self.output = output
        self.ends = list(ends)

    def __call__(self, application):
        exit_code, state = self.ends.pop(0)
        if state is not None:
            self.output.mkdir(parents=True, exist_ok=True)
            attempt = 1 + len(list(self.output.glob("attempt-*")))
            (self.output / f"attempt-{attempt}").touch()
            status = {"state": state, "exitCode": exit_code, "attempt": attempt, "update": 7, "reason": "so"}
            (self.output / "STATUS.json").write_text(json.dumps(status))
        return exit_code


@pytest.fixture
def night(monkeypatch, tmp_path):
    """Runs the DAG for one night, with drivers that end as told; the run and what was submitted."""
    servers = []

    def run(day, *ends):
        driver = Driver(tmp_path / f"nightly/2026-03-{day:02}", *ends)
        servers.append(ApiServer(driver))
        config = servers[-1].write_kubeconfig(tmp_path / "kubeconfig")
        extra = json.dumps({"kube_config_path": str(config), "namespace": "cairn"})
        connection = json.dumps({"conn_type": "kubernetes", "extra": extra})
        monkeypatch.setenv("AIRFLOW_CONN_CAIRN_KUBERNETES", connection)
        monkeypatch.setenv("CAIRN_MANIFEST", str(ROOT / "deploy/kubernetes/spark-application.yaml"))
        monkeypatch.setenv("CAIRN_OUTPUTS", "/runs/nightly")
        monkeypatch.setenv("CAIRN_OUTPUTS_HERE", str(tmp_path / "nightly"))
        loaded = DagBag(dag_folder=str(DAGS / "cairn_nightly_kubernetes.py"), include_examples=False)
        assert not loaded.import_errors
        dag = loaded.dags["cairn_nightly_kubernetes"]
        dag.get_task("train").retry_delay = timedelta(seconds=1)
        done = dag.test(logical_date=pendulum.datetime(2026, 3, day, 2, tz="UTC"))
        return str(done.state), done.get_task_instance("train").try_number, servers[-1].submitted

    yield run
    for server in servers:
        server.close()


def test_a_night_is_submitted_and_done(night):
    state, tries, submitted = night(1, (0, "SUCCEEDED"))
    assert (state, tries, len(submitted)) == ("success", 1, 1)
    assert "output=/runs/nightly/2026-03-01" in submitted[0]["spec"]["arguments"]
    assert submitted[0]["metadata"]["namespace"] == "cairn"
    # Airflow's operator adds them for both pods, and here, where the API server drops them.
    assert submitted[0]["spec"].pop("labels")["dag_id"] == "cairn_nightly_kubernetes"
    assert not problems_of(submitted[0])


def test_a_stopped_driver_is_submitted_again(night):
    assert night(2, (75, "RESUMABLE"), (0, "SUCCEEDED"))[:2] == ("success", 2)


def test_a_refused_run_is_not_submitted_again(night):
    state, tries, submitted = night(3, (2, None))
    assert (state, tries, len(submitted)) == ("failed", 1, 1)


def test_data_found_wrong_by_a_worker_is_not_submitted_again(night):
    state, tries, submitted = night(4, (2, "FAILED"))
    assert (state, tries, len(submitted)) == ("failed", 1, 1)
