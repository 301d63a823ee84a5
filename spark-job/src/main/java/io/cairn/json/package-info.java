/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * JSON for the messages between the processes of a run, and for the files that a run writes and
 * reads back.
 *
 * <p>In: a record or a text. Out: the other of the two, or an exception that says what is wrong. No
 * other room sets up the JSON library for these.
 *
 * <p>Imports Jackson only.
 */
package io.cairn.json;
