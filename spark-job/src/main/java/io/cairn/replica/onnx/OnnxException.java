/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

/** An ONNX file cannot be read; the message goes behind "NAME: ". */
final class OnnxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OnnxException(String message) {
    super(message);
  }

  OnnxException(String message, Throwable cause) {
    super(message, cause);
  }
}
