/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The arrows between the rooms, checked. */
package io.cairn.architecture;
