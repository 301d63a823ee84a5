/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Fits with real Spark. */
package io.cairn.dl4j;
