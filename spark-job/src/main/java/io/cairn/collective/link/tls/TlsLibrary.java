/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;

/**
 * The libraries that encrypt. Both speak the same protocol, so two ranks may use different ones.
 */
public enum TlsLibrary {
  /** Fast, where it can be loaded. */
  BORINGSSL {
    @Override
    TlsContext context(
        TlsContext.End end, PrivateKey key, X509Certificate certificate, Set<Fingerprint> others)
        throws SSLException {
      return new BoringTls(end, key, certificate, others);
    }
  },
  /** There everywhere. */
  JDK {
    @Override
    TlsContext context(
        TlsContext.End end, PrivateKey key, X509Certificate certificate, Set<Fingerprint> others)
        throws GeneralSecurityException {
      return new JdkTls(end, key, certificate, others);
    }
  };

  private static final System.Logger LOG = System.getLogger(TlsLibrary.class.getName());

  /** An end that shows {@code certificate}; the caller closes it. */
  abstract TlsContext context(
      TlsContext.End end, PrivateKey key, X509Certificate certificate, Set<Fingerprint> others)
      throws GeneralSecurityException, SSLException;

  /** The fastest one that works in this process. */
  public static TlsLibrary best() {
    return Best.LIBRARY;
  }

  /** Tried once a process, when first asked for. */
  private static final class Best {
    private static final TlsLibrary LIBRARY = choose();

    private static TlsLibrary choose() {
      Optional<String> obstacle = BoringTls.obstacle().or(() -> failureOf(BORINGSSL));
      if (obstacle.isEmpty()) {
        LOG.log(System.Logger.Level.DEBUG, "connections are encrypted by BoringSSL");
        return BORINGSSL;
      }
      LOG.log(
          System.Logger.Level.INFO,
          "connections are encrypted by the JDK, which takes several times as long; BoringSSL"
              + " cannot be used: {0}",
          obstacle.get());
      return JDK;
    }

    /** Whatever goes wrong in a library that may be missing a part: there is another one. */
    private static Optional<String> failureOf(TlsLibrary library) {
      try {
        TlsTrial.of(library);
        return Optional.empty();
      } catch (SSLException | LinkageError | RuntimeException e) {
        return Optional.of(e.toString());
      }
    }
  }
}
