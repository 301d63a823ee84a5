/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

/**
 * One message of a {@link Schedule}, as the rank at one of its ends sees it.
 *
 * @param partner position of the rank at the other end
 * @param phase what it is part of
 * @param round of the phase
 * @param segment of the round
 * @param startBytes where in the buffer its numbers are
 * @param lengthBytes how long they are there; may be 0
 */
public record Transfer(
    int partner, Phase phase, int round, int segment, int startBytes, int lengthBytes) {}
