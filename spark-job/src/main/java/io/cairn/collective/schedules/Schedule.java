/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

/**
 * An algorithm as one rank sees it. It says which messages the rank sends and which it receives, in
 * which order, and what has to wait for what. The {@code group} does what all algorithms have in
 * common: it moves the bytes, keeps the time and handles failures.
 *
 * <p>Messages sent are numbered from 0, and so are messages received. Each sequence is worked
 * through in order. The schedules of the other ends name the same messages.
 *
 * <p>Threading: immutable.
 */
public sealed interface Schedule permits RingSchedule, DoublingSchedule {

  /** What {@link #passedOn} says of a message that carries numbers made here. */
  int NONE = -1;

  /** Of the buffer, a multiple of 8. */
  int sizeBytes();

  /** How many messages this rank sends. */
  int sends();

  /** How many messages this rank receives. */
  int receives();

  /** The message sent as number {@code message}. */
  Transfer sent(int message);

  /** The message received as number {@code message}. */
  Transfer received(int message);

  /** How many messages must have been received and worked in before this one can be sent. */
  int receivedBefore(int message);

  /**
   * How many messages must have been sent before this one, received, can be worked in: those that
   * still need what it overwrites.
   */
  int sentBefore(int message);

  /**
   * Whether each rank sends each of its numbers once, and after that passes on what others have
   * sent: only such sums can be rounded on the way.
   */
  boolean sendsEachNumberOnce();

  /** Which received message the sent message {@code message} passes on unchanged, or NONE. */
  int passedOn(int message);
}
