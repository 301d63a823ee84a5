/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What users copy from {@code deploy}: run here where it can be, held against facts where not. */
package io.cairn.deploy;
