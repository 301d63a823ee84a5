/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * SameDiff graphs: reads them without trusting the file, finds out what goes in and what comes out,
 * adds a loss where the file has none, and computes passes.
 *
 * <p>In: the bytes of a file that {@code SameDiff.save} wrote, and what the settings say of it.
 * Out: a graph with its roles, sessions that compute outputs and gradient sums, and the same file
 * again.
 *
 * <p>A floor of {@code io.cairn.replica}, which alone calls it. It must not import what that room
 * must not.
 */
package io.cairn.replica.samediff;
