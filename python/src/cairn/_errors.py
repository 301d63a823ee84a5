# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""What a fit can end with, apart from a mistake in its parameters or data."""


class TrainingError(RuntimeError):
    """A fit failed; the message names the first cause. Java's stack trace is in the driver's log."""


class TrainingStopped(TrainingError):
    """A fit was stopped before its end; with a ``checkpointDir`` the same fit goes on from there."""
