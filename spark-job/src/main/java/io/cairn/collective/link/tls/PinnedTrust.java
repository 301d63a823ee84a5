/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts certificates that are known by their fingerprints, and no others, whoever has signed
 * those. That the other end has the key of its certificate is for TLS to check.
 *
 * <p>Threading: immutable.
 */
public final class PinnedTrust extends X509ExtendedTrustManager {

  private final Set<Fingerprint> expected;
  private final Function<WrongCertificateException, CertificateException> alert;

  /** Trusts these and no others. */
  public PinnedTrust(Set<Fingerprint> expected) {
    this(expected, wrong -> wrong);
  }

  /**
   * @param alert makes of a refusal what lets an engine tell the other end why
   */
  public PinnedTrust(
      Set<Fingerprint> expected, Function<WrongCertificateException, CertificateException> alert) {
    this.expected = Set.copyOf(expected);
    this.alert = alert;
  }

  /** The other end is not the one that was expected. */
  static final class WrongCertificateException extends CertificateException {
    private static final long serialVersionUID = 1L;

    WrongCertificateException(String message) {
      super(message);
    }
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    if (chain == null || chain.length == 0) {
      throw alert.apply(new WrongCertificateException("no certificate"));
    }
    Fingerprint shown;
    try {
      shown = Fingerprint.of(chain[0]);
    } catch (GeneralSecurityException e) {
      throw new CertificateException(e);
    }
    if (!expected.contains(shown)) {
      throw alert.apply(
          new WrongCertificateException("fingerprint " + shown.sha256() + " " + insteadOf()));
    }
  }

  private String insteadOf() {
    return expected.size() == 1
        ? "instead of " + expected.iterator().next().sha256()
        : "is none of the " + expected.size() + " that were published by those who may call";
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  /** None: this is not about who has signed. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
