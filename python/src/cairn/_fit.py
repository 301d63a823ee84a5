# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""A fit under way: shown while it lasts, and stopped when the user interrupts it."""

import json
import threading
from typing import Any, Dict, Optional

from tqdm.auto import tqdm

from cairn._errors import TrainingError, TrainingStopped

_LOOK_EVERY_SECONDS = 0.2


def run(java_fit: Any, progress: bool) -> Any:
    """Waits for a fit that was started, with a progress bar, and returns the Java model.

    Another thread asks Java how far it is. The calling thread waits in Python, so that an interrupted
    cell or Ctrl-C reaches it at once and not in the middle of a call to Java. The fit is then stopped
    after the update under way, and the session can be used again when this raises.

    Parameters
    ----------
    java_fit : JavaObject
        ``io.cairn.ml.RunningFit``, started.
    progress : bool
        Whether to show a bar.
    """
    watch = _Watch(java_fit)
    try:
        with _Bar(progress) as bar:
            while not watch.ended.wait(_LOOK_EVERY_SECONDS):
                bar.show(watch.progress)
            bar.show(watch.progress)
    except BaseException:
        java_fit.stop("interrupted")
        watch.ended.wait()
        raise
    watch.raise_error()
    return _model(java_fit)


class _Watch(threading.Thread):
    """Asks Java how far a fit is until it has ended."""

    def __init__(self, java_fit: Any) -> None:
        super().__init__(name="cairn-fit", daemon=True)
        self.ended = threading.Event()
        self.progress: Optional[str] = None
        self._java_fit = java_fit
        self._error: Optional[BaseException] = None
        self.start()

    def run(self) -> None:
        try:
            while not self._java_fit.awaitEnd(int(_LOOK_EVERY_SECONDS * 1000)):
                self.progress = self._java_fit.progress()
            self.progress = self._java_fit.progress()
        except BaseException as error:  # told by the thread that waits
            self._error = error
        finally:
            self.ended.set()

    def raise_error(self) -> None:
        if self._error is not None:
            raise self._error


def _model(java_fit: Any) -> Any:
    failure = java_fit.failure()
    if failure is None:
        return java_fit.model()
    kind, message = failure.kind(), failure.message()
    if kind == "INVALID":
        from pyspark.errors import IllegalArgumentException

        raise IllegalArgumentException(message) from None
    if kind == "STOPPED":
        raise TrainingStopped(message) from None
    raise TrainingError(message) from None


class _Bar:
    """A line with the share of updates that is done, the newest loss and the speed."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._bar: Optional[tqdm] = None
        self._note = ""

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *unused: Any) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, text: Optional[str]) -> None:
        if not self._wanted or not text:
            return
        now: Dict[str, Any] = json.loads(text)
        if not now.get("updates"):
            return
        if self._bar is None:
            self._bar = tqdm(total=now["updates"], unit="update", dynamic_ncols=True, mininterval=0.2)
        self._bar.bar_format = self._format(now)
        self._bar.update(now["update"] - self._bar.n)
        if now.get("loss") is not None:
            self._bar.set_postfix_str(
                "epoch {}, loss {:.4g}, {:,.0f} examples/s".format(
                    now["epoch"], now["loss"], now["examplesPerSecond"]
                ),
                refresh=True,
            )

    @staticmethod
    def _format(now: Dict[str, Any]) -> Optional[str]:
        """The usual bar with the time left as the run reckons it: updates may differ in size, and time be limited."""
        seconds = now.get("secondsLeft", -1)
        if seconds < 0:
            return None
        left = tqdm.format_interval(seconds) + (" to train.max-time" if now["limited"] else "")
        return "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<" + left + ", {rate_fmt}{postfix}]"
