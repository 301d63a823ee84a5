/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.CertificateVerifier;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/**
 * TLS by BoringSSL, through Netty's engine. It is several times as fast as the JDK's. It is there
 * only on platforms whose library is in the job's jar, and where the system lets a library be
 * unpacked and loaded. No other class knows Netty.
 *
 * <p>Owns memory outside the heap until it is closed and its engines are released.
 *
 * <p>Threading: any thread.
 */
final class BoringTls extends TlsContext {

  /** Why it cannot be used; empty if it can. Does not fail. */
  static Optional<String> obstacle() {
    try {
      if (!OpenSsl.isAvailable()) {
        return Optional.of(rootOf(OpenSsl.unavailabilityCause()));
      }
      return SslProvider.isTlsv13Supported(SslProvider.OPENSSL_REFCNT)
          ? Optional.empty()
          : Optional.of("it does not know TLS 1.3");
    } catch (LinkageError | RuntimeException e) {
      return Optional.of(rootOf(e));
    }
  }

  /** Netty tries several names, of which the first one is what is in the jar. */
  private static String rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null || root.getSuppressed().length > 0) {
      root = root.getCause() != null ? root.getCause() : root.getSuppressed()[0];
    }
    return root.toString();
  }

  private final SslContext context;

  BoringTls(End end, PrivateKey key, X509Certificate certificate, Set<Fingerprint> others)
      throws SSLException {
    SslContextBuilder builder =
        switch (end) {
          case CALLING -> SslContextBuilder.forClient().keyManager(key, certificate);
          case CALLED ->
              SslContextBuilder.forServer(key, certificate).clientAuth(ClientAuth.REQUIRE);
        };
    // BoringSSL chooses the cipher by itself: AES-128-GCM wherever the processor helps with it. It
    // gives no tickets, so there is nothing to resume.
    this.context =
        builder
            .sslProvider(SslProvider.OPENSSL_REFCNT)
            .protocols(EphemeralIdentity.PROTOCOL)
            .trustManager(new PinnedTrust(others, BoringTls::badCertificate))
            .build();
  }

  /** Without that, the other end would be told of an internal error. */
  private static CertificateException badCertificate(CertificateException wrong) {
    return new OpenSslCertificateException(
        wrong.getMessage(), wrong, CertificateVerifier.X509_V_ERR_CERT_REJECTED);
  }

  @Override
  SSLEngine engine() {
    return context.newEngine(UnpooledByteBufAllocator.DEFAULT);
  }

  @Override
  void release(SSLEngine engine) {
    ReferenceCountUtil.release(engine);
  }

  /** Netty wants the alert to be sent first. Nothing else that arrives makes it answer at once. */
  @Override
  boolean breaksOff(SSLEngineResult result) {
    return result.getStatus() == SSLEngineResult.Status.OK
        && result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP;
  }

  /** Outside the heap, where the library works without copies. */
  @Override
  ByteBuffer room(int bytes) {
    return ByteBuffer.allocateDirect(bytes);
  }

  @Override
  public void close() {
    ReferenceCountUtil.release(context);
  }
}
