/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.fasterxml.jackson.databind.JsonNode;

/** Whether a resumed run may change the value of a setting. */
enum Resume {
  /** With another value it is another run. */
  MUST_STAY,
  /** It may, since the value changes nothing about the result. */
  MAY_CHANGE,
  /** It may, to a larger number. */
  MAY_GROW,
  /** It may; a run that it has ended goes on with a larger value, or with none. */
  MAY_BE_LIFTED;

  /**
   * Whether a run may go on.
   *
   * @param was the value it had, or null
   * @param now the value that is asked for, or null
   */
  boolean allows(JsonNode was, JsonNode now) {
    if (this == MAY_CHANGE || this == MAY_BE_LIFTED) {
      return true;
    }
    if (was == null || now == null) {
      return was == null && now == null;
    }
    if (this == MAY_GROW) {
      return now.asLong() >= was.asLong();
    }
    if (was.isNumber() && now.isNumber()) {
      return was.decimalValue().compareTo(now.decimalValue()) == 0;
    }
    return was.equals(now);
  }
}
