/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stores;

/** What a {@link FaultyNetwork} does to a request. */
public enum StoreFault {
  /** Nothing. */
  NONE,
  /** The answer comes late, later than the client waits. */
  SLOW,
  /** The server says that it failed; nothing was done. */
  FAILS_500,
  /** The server says that it is asked too much; nothing was done. */
  BUSY_503,
  /** The connection ends before the server has the request. */
  CUT_REQUEST,
  /** The server has done it, and nobody is told. */
  LOST_ANSWER,
  /** The connection ends in the middle of the answer. */
  CUT_ANSWER,
  /** The server refuses: the key is none. */
  REFUSED_403,
  /** The server refuses: the key is none any more. */
  EXPIRED_400
}
