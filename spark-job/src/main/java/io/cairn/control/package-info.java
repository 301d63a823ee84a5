/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What ranks and driver have to say to each other while an attempt runs: ranks find each other,
 * rank 0 tells how far it is and asks whether to stop.
 *
 * <p>In come and out go lines of text, whose meaning is that of the rooms above. They travel over
 * Spark's own RPC, authenticated and encrypted as Spark's is, in every session: nothing has to be
 * configured for it (docs/decisions/0031).
 *
 * <p>Knows Spark and nothing of Cairn's.
 */
package io.cairn.control;
