/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What the pages tell people to type works, or is known not to have been tried. */
package io.cairn.docs;
