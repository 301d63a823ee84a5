# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""An API server of Kubernetes that takes SparkApplications, and a Spark operator that lets each driver end as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlparse

APPLICATIONS = "sparkapplications"


class ApiServer:
    """`drive` is called with every application that comes, and returns its driver's exit code."""

    def __init__(self, drive: Callable[[dict], int]):
        self.applications: dict[str, dict] = {}
        self.submitted: list[dict] = []
        self.pods: dict[str, dict] = {}
        self._drive = drive
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(*server.get(urlparse(self.path).path.strip("/").split("/")))

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(201, server.create(body))

            def do_PATCH(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def do_DELETE(self):
                name = urlparse(self.path).path.rstrip("/").split("/")[-1]
                server.applications.pop(name, None)
                server.pods.pop(f"{name}-driver", None)
                self._answer(200, {"kind": "Status", "status": "Success"})

            def _answer(self, code, body):
                text = body if isinstance(body, str) else json.dumps(body)
                self.send_response(code)
                self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def write_kubeconfig(self, file: Path) -> Path:
        address = f"http://127.0.0.1:{self._http.server_address[1]}"
        named = {"name": "test"}
        file.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "test",
                    "clusters": [{**named, "cluster": {"server": address}}],
                    "users": [{**named, "user": {}}],
                    "contexts": [{**named, "context": {"cluster": "test", "user": "test"}}],
                }
            )
        )
        return file

    def create(self, application: dict) -> dict:
        name = application["metadata"]["name"]
        self.applications[name] = application
        self.submitted.append(application)
        exit_code = self._drive(application)
        self.pods[f"{name}-driver"] = driver_pod(application, exit_code)
        return application

    def get(self, path: list[str]):
        if APPLICATIONS in path:
            application = self.applications[path[path.index(APPLICATIONS) + 1]]
            return 200, {**application, "status": {"applicationState": {"state": "RUNNING"}}}
        if path[-1] == "log":
            return 200, "2026-02-01T02:00:00.000000000Z the driver's log\n"
        if path[-1] in ("pods", "events"):
            found = list(self.pods.values()) if path[-1] == "pods" else []
            return 200, {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": found}
        pod = self.pods.get(path[-1])
        return (200, pod) if pod else (404, {"kind": "Status", "status": "Failure", "code": 404})


def driver_pod(application: dict, exit_code: int) -> dict:
    """As the operator makes it, ended."""
    moment = "2026-02-01T02:00:00Z"
    name = "spark-kubernetes-driver"
    ended = {"exitCode": exit_code, "reason": "Completed" if exit_code == 0 else "Error"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": application["metadata"]["name"] + "-driver",
            "namespace": application["metadata"]["namespace"],
            "labels": {**application["spec"]["driver"].get("labels", {}), "spark-role": "driver"},
            "creationTimestamp": moment,
            "uid": "1",
        },
        "spec": {"containers": [{"name": name, "image": application["spec"]["image"]}]},
        "status": {
            "phase": "Succeeded" if exit_code == 0 else "Failed",
            "startTime": moment,
            "containerStatuses": [
                {
                    "name": name,
                    "image": "x",
                    "imageID": "x",
                    "ready": False,
                    "restartCount": 0,
                    "state": {"terminated": {**ended, "startedAt": moment, "finishedAt": moment}},
                }
            ],
        },
    }
