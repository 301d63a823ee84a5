#!/usr/bin/env bash
# What Kubernetes runs in an executor's pod before it ends it, where spark.decommission.enabled is on: tells the executor by SIGPWR, and
# waits for its end, as long as the pod's grace period lets it.
set -euo pipefail
# One that has ended has nothing to be told.
executor=$(pgrep -x java) || exit 0
kill -s PWR "$executor"
timeout 60 tail "--pid=$executor" -f /dev/null
