/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The ring over TCP: finding the neighbours, knowing them, and moving bytes.
 *
 * <p>In comes a {@link io.cairn.collective.link.RingMembership}: who takes part in which attempt,
 * and where. Out comes a connected {@link io.cairn.collective.AllReduce}. This is the only room
 * that knows the network; everything else sees it through {@link io.cairn.collective.Link}.
 *
 * <p>Imports the JDK and {@code io.cairn.collective} only.
 */
package io.cairn.collective.link;
