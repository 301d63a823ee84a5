/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Who sends which part of the buffer to whom, and what has to wait for what: the algorithms.
 *
 * <p>In come the size of a buffer, the number of ranks and one rank's position. Out comes a {@link
 * io.cairn.collective.schedules.Schedule}: messages in order, as that rank sends and receives them.
 * Nothing here moves a byte or knows the time. {@link
 * io.cairn.collective.schedules.AlgorithmChoice} says which algorithm a sum takes.
 *
 * <p>Imports the JDK only.
 */
package io.cairn.collective.schedules;
