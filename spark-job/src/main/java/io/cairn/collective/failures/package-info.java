/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * How a rank finds out that another one has failed, and how all learn the first cause.
 *
 * <p>Three questions, a class each: has a rank been silent for too long ({@link
 * io.cairn.collective.failures.Liveness}); what do other ranks say, and what does it mean that a
 * connection ended ({@link io.cairn.collective.failures.PeerFailures}); and who has still to be
 * told ({@link io.cairn.collective.failures.AbortBroadcast}). What a sum still needs, they ask of
 * its two halves. Out comes a {@link io.cairn.collective.CollectiveException}.
 *
 * <p>Imports the JDK and the floors below it.
 */
package io.cairn.collective.failures;
