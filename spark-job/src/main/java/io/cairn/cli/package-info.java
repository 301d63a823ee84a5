/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The commands: parses the command line, prints, exits.
 *
 * <p>Comes in: arguments. Goes out: text for people and an exit code for schedulers.
 *
 * <p>May import every room; no room imports this one.
 */
package io.cairn.cli;
