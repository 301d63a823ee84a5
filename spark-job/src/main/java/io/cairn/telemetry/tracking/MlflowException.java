/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.IOException;

/** An MLflow server refused a request, and said why. */
final class MlflowException extends IOException {

  private static final long serialVersionUID = 1L;
  private static final int BAD_REQUEST = 400;
  private static final int TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  private final int status;
  private final String code;

  /**
   * @param status of HTTP
   * @param code MLflow's own, such as RESOURCE_DOES_NOT_EXIST; empty where it gave none
   */
  MlflowException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether what was asked for is not there. */
  boolean isMissing() {
    return code.equals("RESOURCE_DOES_NOT_EXIST");
  }

  /** Whether somebody else has made it meanwhile. */
  boolean isThere() {
    return code.equals("RESOURCE_ALREADY_EXISTS");
  }

  /** Whether the same request would be refused again. */
  boolean isFinal() {
    return status >= BAD_REQUEST
        && status < SERVER_ERROR
        && status != TIMEOUT
        && status != TOO_MANY_REQUESTS;
  }
}
