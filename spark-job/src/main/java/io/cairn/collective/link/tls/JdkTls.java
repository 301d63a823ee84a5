/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * TLS by the JDK. It is there wherever Java is, and slow at AES-GCM.
 *
 * <p>Owns nothing outside the heap.
 *
 * <p>Threading: any thread.
 */
final class JdkTls extends TlsContext {

  /** AES-128 is strong enough and the fastest; the other one is for JVMs that insist. */
  private static final String[] CIPHER_SUITES = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"
  };

  private final SSLContext context;
  private final End end;

  JdkTls(End end, PrivateKey key, X509Certificate certificate, Set<Fingerprint> others)
      throws GeneralSecurityException {
    this.context = context(key, certificate, others);
    this.end = end;
  }

  /** TLS 1.3 in which this end shows {@code certificate} and accepts only {@code others}. */
  static SSLContext context(PrivateKey key, X509Certificate certificate, Set<Fingerprint> others)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance(EphemeralIdentity.PROTOCOL);
    KeyManager[] keys = {new SoleKey(key, certificate)};
    context.init(keys, new TrustManager[] {new PinnedTrust(others)}, new SecureRandom());
    return context;
  }

  @Override
  SSLEngine engine() {
    // Without the peer's name there is nothing to resume, and every connection is proved afresh.
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(end == End.CALLING);
    SSLParameters parameters =
        new SSLParameters(CIPHER_SUITES, new String[] {EphemeralIdentity.PROTOCOL});
    parameters.setUseCipherSuitesOrder(true);
    parameters.setNeedClientAuth(end == End.CALLED);
    engine.setSSLParameters(parameters);
    return engine;
  }

  @Override
  void release(SSLEngine engine) {
    // The collector's.
  }

  /** It throws. */
  @Override
  boolean breaksOff(SSLEngineResult result) {
    return false;
  }

  /** On the heap, where the JDK's AES works without copies. */
  @Override
  ByteBuffer room(int bytes) {
    return ByteBuffer.allocate(bytes);
  }

  @Override
  public void close() {
    // The collector's.
  }
}
