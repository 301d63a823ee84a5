# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Airflow's operators for Spark, with STATUS.json of Cairn's output as the truth about a run.

What spark-submit or a pod's end say about a run in cluster mode is little, and says nothing about whether trying again is of use. So
whatever way the submission ended, the status that the run left decides:

    SUCCEEDED           the task succeeds; the model's path is its XCom "model"
    exit code 2         wrong settings, data or model, or another driver has the run: the task fails, no retry
    RESUMABLE, FAILED   the task fails; a retry submits the same command, which goes on where the run stopped
    none of its own     the run did not begin: the task fails, a retry begins it

A run that is finished already is a no-op of Cairn's, and succeeds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import fsspec

from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator

EXIT_INVALID = 2
# In cluster mode on Kubernetes the driver's exit code, else that of spark-submit: of the driver itself in client mode.
_EXIT_CODES = (r"Kubernetes spark exit code is: (-?\d+)", r"Error code is: (-?\d+)")


def read_status(output: str, storage_options: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """The status that a run left in its output; None if there is none.

    `output` is a path, or an address that fsspec knows: file, s3 and s3a (needs s3fs), gs (gcsfs), abfs (adlfs), webhdfs, hdfs (needs
    pyarrow and Hadoop's native client). `storage_options` are that file system's.
    """
    address = output.rstrip("/") + "/STATUS.json"
    try:
        with fsspec.open(address, "rb", **(storage_options or {})) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def submit_exit_code(failure: BaseException | None) -> int | None:
    """The exit code that SparkSubmitHook tells in its error, which has no other place for it."""
    for pattern in _EXIT_CODES:
        found = re.search(pattern, str(failure))
        if found:
            return int(found.group(1))
    return None


def driver_exit_code(pod: Any, container: str) -> int | None:
    """The exit code of a container in a pod that has ended."""
    statuses = (pod.status.container_statuses or []) if pod is not None and pod.status else []
    for status in statuses:
        if status.name == container and status.state and status.state.terminated:
            return status.state.terminated.exit_code
    return None


def judge(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    failure: BaseException | None,
    exit_code: int | None,
    output: str,
) -> Mapping[str, Any]:
    """What came of a submission: the status of a run that is done, or an error that says whether a retry is of use.

    `before` and `after` are the status before and after it; `failure` is how the operator said that it failed.
    """
    own = after is not None and after != before
    state = after["state"] if after is not None else None
    if state == "SUCCEEDED" and (own or failure is None):
        return after
    if exit_code == EXIT_INVALID or (own and after.get("exitCode") == EXIT_INVALID):
        reason = after["reason"] if own else "see the driver's log above"
        raise AirflowFailException(f"exit code 2, which no retry mends: {reason}")
    if not own:
        ended = "without an error" if failure is None else f"with: {failure}"
        raise AirflowException(f"the run in {output} did not begin; the submission ended {ended}")
    at = f"at update {after.get('update')} of attempt {after.get('attempt')}"
    if state == "RUNNING":
        raise AirflowException(f"the driver died {at} without a last word; the next try goes on")
    raise AirflowException(f"{state} {at}: {after.get('reason')}; the next try goes on")


class _StatusDecides:
    """Mixed into an operator whose `run_output` is the run's, and whose `execute` ends when the run has."""

    run_output: str
    storage_options: Mapping[str, Any] | None

    def execute(self, context):
        before = read_status(self.run_output, self.storage_options)
        failure = None
        try:
            super().execute(context)
        except (AirflowFailException, AirflowSkipException):
            raise
        except Exception as error:
            failure = error
            self.log.warning("The submission ended with an error; the run's status decides. %s", error)
        after = read_status(self.run_output, self.storage_options)
        self.log.info("%s/STATUS.json: %s", self.run_output, after)
        try:
            judge(before, after, failure, self._exit_code(failure), self.run_output)
        except AirflowException as verdict:
            raise verdict from failure
        model = self.run_output.rstrip("/") + "/model.zip"
        context["ti"].xcom_push(key="model", value=model)


class CairnSubmitOperator(_StatusDecides, SparkSubmitOperator):
    """SparkSubmitOperator for a run whose output is `run_output` (templated), an address for `read_status`."""

    template_fields: Sequence[str] = (*SparkSubmitOperator.template_fields, "run_output")

    def __init__(self, *, run_output: str, storage_options: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_output = run_output
        self.storage_options = storage_options

    def _exit_code(self, failure: BaseException | None) -> int | None:
        return submit_exit_code(failure)


class CairnKubernetesOperator(_StatusDecides, SparkKubernetesOperator):
    """SparkKubernetesOperator for a run whose output is `run_output` (templated), an address for `read_status`."""

    template_fields: Sequence[str] = (*SparkKubernetesOperator.template_fields, "run_output")

    def __init__(self, *, run_output: str, storage_options: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_output = run_output
        self.storage_options = storage_options

    def _exit_code(self, failure: BaseException | None) -> int | None:
        return driver_exit_code(self.remote_pod, self.BASE_CONTAINER_NAME)
