/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Several hosts on one machine: network namespaces, and a network between them with a delay and a
 * bandwidth. Linux only, and only where a user may make namespaces.
 */
package io.cairn.collective.net;
