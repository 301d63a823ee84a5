/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What {@code deploy/kubernetes} gives to users: manifests held against published schemas, pods as
 * Spark itself makes them from our files, and the image's contents.
 */
package io.cairn.deploy.kubernetes;
