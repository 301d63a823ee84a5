/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Who takes part in a ring, and how its ranks find and recognize each other.
 *
 * <p>In comes a {@link io.cairn.collective.link.membership.RingMembership}: all members of a group,
 * where they are reached and what proves who they are. {@link
 * io.cairn.collective.link.membership.RingEndpoint} listens, connects, and gives a connected {@link
 * io.cairn.collective.AllReduce}. The ring passes through one host after the other.
 *
 * <p>Imports the JDK and all other floors of the room.
 */
package io.cairn.collective.link.membership;
