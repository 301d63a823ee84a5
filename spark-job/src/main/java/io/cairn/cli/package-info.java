/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The commands: they parse the command line, print, and exit.
 *
 * <p>In: command line arguments. Out: text for people, and an exit code for schedulers.
 *
 * <p>May import every room; no room imports this one.
 */
package io.cairn.cli;
