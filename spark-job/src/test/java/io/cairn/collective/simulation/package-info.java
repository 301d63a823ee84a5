/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The all-reduce under faults that are drawn from a seed, in virtual time and without a network:
 * what a seed does once it does again. Knows of the all-reduce only what its callers and its link
 * know.
 */
package io.cairn.collective.simulation;
