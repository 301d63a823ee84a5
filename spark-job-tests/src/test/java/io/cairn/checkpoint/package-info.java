/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The run's files on a real HDFS. */
package io.cairn.checkpoint;
