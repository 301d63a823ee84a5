// Copyright The Cairn Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcd runs the API server's memory, one member, until it fails: etcd FOLDER CLIENTS-URL PEERS-URL. It does not wait
// for the disk, since nobody will want what it remembers when this machine has lost its power.
func etcd(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: etcd FOLDER CLIENTS-URL PEERS-URL")
	}
	clients, err := url.Parse(args[1])
	if err != nil {
		return err
	}
	peers, err := url.Parse(args[2])
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir = args[0]
	config.UnsafeNoFsync = true
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clients}, []url.URL{*clients}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peers}, []url.URL{*peers}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel = "warn"
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	return <-server.Err()
}
