/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What {@code deploy/kubernetes} gives to users: manifests held against published schemas, pods as
 * Spark itself makes them from our files, the image's contents; and, on demand, all of it on a real
 * Kubernetes.
 */
package io.cairn.deploy.kubernetes;
