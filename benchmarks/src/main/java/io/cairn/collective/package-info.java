/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The benchmark of the all-reduce's pieces, in the package of those pieces, since nobody else sees
 * them.
 */
package io.cairn.collective;
