/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

/** What is done to a piece of a stream on its way. */
enum Tampering {
  /** It never arrives, and what follows takes its place. */
  DROP,
  /** It arrives twice. */
  DUPLICATE,
  /** What follows arrives before it. */
  SWAP,
  /** One bit of it changes. */
  FLIP,
  /** Something that was sent earlier arrives again, before it. */
  REPLAY,
  /** The connection ends after it: nothing more passes in either direction. */
  CUT,
  /** The connection breaks: what is on its way is lost as well. */
  RESET
}
