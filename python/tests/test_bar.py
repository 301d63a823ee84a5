# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""The progress bar shows the time left as the run reckons it."""

import json

from cairn._fit import _Bar


def _progress(**more):
    return json.dumps(dict(updates=100, update=60, epoch=2, loss=0.5, examplesPerSecond=1234.0, **more))


def test_time_left_is_that_of_the_run(capsys):
    with _Bar(True) as bar:
        bar.show(_progress(secondsLeft=-1.0, limited=False))
        bar.show(_progress(secondsLeft=75.0, limited=False))
        assert "<01:15, " in str(bar._bar)
        bar.show(_progress(secondsLeft=30.2, limited=True))
        assert "60/100" in str(bar._bar) and "<00:30 to train.max-time, " in str(bar._bar)
        assert "loss 0.5, 1,234 examples/s" in str(bar._bar)
    assert "to train.max-time" in capsys.readouterr().err
