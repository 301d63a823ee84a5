/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * JSON to and from records: what processes of a run tell each other, and what a run writes into its
 * files and reads back.
 *
 * <p>In comes a record or a text; out comes the other, or an exception that says what is wrong. The
 * one place where the JSON library is set up.
 *
 * <p>Imports Jackson only.
 */
package io.cairn.json;
