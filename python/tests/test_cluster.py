# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Executors as processes of their own: local-cluster, and one of them killed in the middle of a fit."""

import json
import os
import signal

import pytest
from conftest import read_digits, session
from test_ml import classifier, coefficients

import cairn._fit


@pytest.fixture(scope="module")
def spark():
    with session("local-cluster[2,2,1024]") as spark:
        yield spark


def two_workers(mlp, **params):
    return classifier(mlp, numWorkers=2, microBatchSize=16, accumulationSteps=4, **params)


def test_a_killed_executor_changes_no_bit(spark, mlp, tmp_path, monkeypatch):
    digits = read_digits(spark)
    undisturbed = two_workers(mlp, maxEpochs=30).fit(digits)
    victims = []

    def kill_once(self, progress):
        if progress and not victims and json.loads(progress)["update"] >= 5:
            victims.append(executors_of_this_driver()[0])
            os.kill(victims[0], signal.SIGKILL)

    monkeypatch.setattr(cairn._fit._Bar, "show", kill_once)
    survived = two_workers(mlp, maxEpochs=30).fit(digits)
    assert victims
    assert survived.summary.attempts > 1
    assert coefficients(survived, tmp_path / "a") == coefficients(undisturbed, tmp_path / "b")


def executors_of_this_driver():
    driver = os.getpid()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = open("/proc/{}/cmdline".format(pid), "rb").read()
        except OSError:
            continue
        if b"CoarseGrainedExecutorBackend" in command and descends_from(int(pid), driver):
            found.append(int(pid))
    return sorted(found)


def descends_from(pid, ancestor):
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(open("/proc/{}/stat".format(pid)).read().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False
