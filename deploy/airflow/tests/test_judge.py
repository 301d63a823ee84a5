# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""What decides about a retry, case by case."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import fsspec
import pytest
from airflow.exceptions import AirflowException, AirflowFailException
from moto.server import ThreadedMotoServer

from cairn_airflow import driver_exit_code, judge, read_status, submit_exit_code

FAILURE = AirflowException("Cannot execute: spark-submit. Error code is: 1.")


def of(state, exit_code=None, attempt=1, reason=""):
    return {"state": state, "exitCode": exit_code, "attempt": attempt, "update": 7, "reason": reason}


def verdict(before, after, failure=FAILURE, exit_code=1):
    return judge(before, after, failure, exit_code, "runs/x")


def retried(before, after, **given):
    with pytest.raises(AirflowException) as error:
        verdict(before, after, **given)
    assert not isinstance(error.value, AirflowFailException)
    return str(error.value)


def final(before, after, **given):
    with pytest.raises(AirflowFailException) as error:
        verdict(before, after, **given)
    return str(error.value)


def test_done_is_done_whatever_the_submission_says():
    done = of("SUCCEEDED", 0)
    assert verdict(None, done, failure=None, exit_code=None) == done
    assert verdict(of("RESUMABLE", 75), done) == done, "YARN calls a driver that exits a failure"
    assert verdict(done, done, failure=None, exit_code=None) == done, "a finished run is a no-op"


def test_an_old_success_does_not_hide_a_new_failure():
    done = of("SUCCEEDED", 0)
    assert "did not begin" in retried(done, done)


def test_stopped_and_failed_runs_are_tried_again():
    assert "RESUMABLE at update 7" in retried(None, of("RESUMABLE", 75, reason="SIGTERM"), exit_code=75)
    assert "executor lost" in retried(of("RESUMABLE", 75), of("FAILED", 1, 2, "executor lost"))
    assert "without a last word" in retried(None, of("RUNNING"))


def test_what_did_not_begin_is_tried_again():
    assert "did not begin" in retried(None, None)
    assert "did not begin" in retried(of("RESUMABLE", 75), of("RESUMABLE", 75))
    assert "without an error" in retried(None, None, failure=None, exit_code=None)


def test_mistakes_are_not_tried_again():
    assert "no label" in final(None, of("FAILED", 2, reason="no label"))
    assert "driver's log" in final(None, None, exit_code=2)
    assert "driver's log" in final(of("RESUMABLE", 75), of("RESUMABLE", 75), exit_code=2)


def test_exit_codes_are_found_where_the_operators_have_them():
    both = AirflowException("Cannot execute: x. Error code is: 0. Kubernetes spark exit code is: 75\nLast")
    assert submit_exit_code(both) == 75
    assert submit_exit_code(AirflowException("Cannot execute: x. Error code is: -9.")) == -9
    assert submit_exit_code(RuntimeError("Driver d exited with status FAILED")) is None
    assert submit_exit_code(None) is None
    from kubernetes.client import models as k8s

    ended = k8s.V1ContainerState(terminated=k8s.V1ContainerStateTerminated(exit_code=2))
    container = SimpleNamespace(name="spark-kubernetes-driver", state=ended)
    pod = k8s.V1Pod(status=k8s.V1PodStatus(container_statuses=[container]))
    assert driver_exit_code(pod, "spark-kubernetes-driver") == 2
    assert driver_exit_code(pod, "sidecar") is None
    assert driver_exit_code(None, "spark-kubernetes-driver") is None


def test_a_status_is_read_from_any_file_system(tmp_path):
    assert read_status(str(tmp_path / "absent")) is None
    (tmp_path / "STATUS.json").write_text('{"state": "RUNNING"}')
    assert read_status(str(tmp_path)) == {"state": "RUNNING"}
    assert read_status(f"file://{tmp_path}/") == {"state": "RUNNING"}
    with fsspec.open("memory://bucket/run/STATUS.json", "w") as file:
        file.write('{"state": "FAILED"}')
    assert read_status("memory://bucket/run") == {"state": "FAILED"}
    assert read_status("memory://bucket/other") is None


def test_a_status_is_read_from_s3(monkeypatch):
    """As Spark names it, from a server that speaks S3."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        store = boto3.client("s3", endpoint_url=address)
        store.create_bucket(Bucket="models")
        options = {"client_kwargs": {"endpoint_url": address}}
        assert read_status("s3a://models/nightly/2026-02-01", options) is None
        store.put_object(Bucket="models", Key="nightly/2026-02-01/STATUS.json", Body=b'{"state": "RUNNING"}')
        assert read_status("s3a://models/nightly/2026-02-01", options) == {"state": "RUNNING"}
        store.put_object(Bucket="models", Key="nightly/2026-02-01/STATUS.json", Body=b'{"state": "SUCCEEDED"}')
        assert read_status("s3a://models/nightly/2026-02-01", options) == {"state": "SUCCEEDED"}
    finally:
        server.stop()
