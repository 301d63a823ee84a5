# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Both DAGs as Airflow loads them, and the manifest that the one for Kubernetes submits."""

from __future__ import annotations

import json

import pendulum
import pytest
from airflow.models.dagbag import DagBag
from conftest import DAGS, ROOT
from jsonschema import Draft202012Validator

SCHEMA = ROOT / "spark-job-tests/src/test/resources/kubernetes/sparkapplication-v1beta2.json"


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
    problems = [error.message for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(manifest)]
    assert not problems
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
