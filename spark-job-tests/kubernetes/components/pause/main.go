// Copyright The Cairn Authors
// SPDX-License-Identifier: Apache-2.0

// The container that holds a pod's namespaces open, in place of Kubernetes' own: waits to be told to end.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGINT, syscall.SIGTERM)
	<-told
}
