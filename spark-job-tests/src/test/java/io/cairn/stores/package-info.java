/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** An S3 server of this machine, and a network to it that loses, delays and refuses. */
package io.cairn.stores;
