/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Tests of the Spark ML stages, in a session as a user would have it. */
package io.cairn.ml;
