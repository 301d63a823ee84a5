/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What goes over the streams between ranks: frames of a header and a payload.
 *
 * <p>In come bytes from a {@link io.cairn.collective.Link}, in whatever pieces. Out come headers
 * that verify, payloads, and failures that other ranks report. For each rank at the other end of a
 * stream there is a {@link io.cairn.collective.messages.Source} or a {@link
 * io.cairn.collective.messages.Target}, which says what is known of it.
 *
 * <p>Imports the JDK, the words of {@code io.cairn.collective} and, to name a message for a person,
 * its schedules.
 */
package io.cairn.collective.messages;
