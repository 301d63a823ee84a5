/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * One group of ranks, and one sum under way in it.
 *
 * <p>{@link io.cairn.collective.group.GroupAllReduce} is the loop: it receives, adds and sends
 * whatever is possible now, and sleeps when nothing is. {@code Incoming} and {@code Outgoing} are
 * the two halves of a sum; what they share is a {@code ReduceJob}. In comes a connected {@link
 * io.cairn.collective.Link}, out comes an {@link io.cairn.collective.AllReduce}.
 *
 * <p>Imports the JDK and the floors below it; no sockets.
 */
package io.cairn.collective.group;
