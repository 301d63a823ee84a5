/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Identifies a certificate. Ranks publish the fingerprints of theirs, so that each recognizes the
 * certificates of those it connects with. A fingerprint is no secret.
 *
 * <p>Threading: immutable.
 *
 * @param sha256 of the certificate's DER encoding, 64 lower-case hexadecimal digits
 */
public record Fingerprint(String sha256) {

  private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

  public Fingerprint {
    if (sha256 == null || !FORM.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "a fingerprint has 64 lower-case hexadecimal digits: " + sha256);
    }
  }

  /** That of {@code certificate}. */
  public static Fingerprint of(X509Certificate certificate) throws GeneralSecurityException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
    return new Fingerprint(HexFormat.of().formatHex(digest));
  }
}
