/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The libraries that Cairn stands on behave as it needs them to. */
package io.cairn.stack;
