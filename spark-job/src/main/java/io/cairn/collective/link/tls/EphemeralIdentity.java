/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The identity of one endpoint, for as long as that lives: a fresh P-256 key pair, and a
 * certificate signed with it. The private key never leaves this process. What is published is the
 * fingerprint of the certificate.
 *
 * <p>Keys and signatures are the JDK's. The JDK cannot make a certificate, so that is Bouncy
 * Castle's.
 *
 * <p>Threading: immutable.
 *
 * <p>Failing means that this JVM lacks algorithms that every JDK has since 17.
 */
public final class EphemeralIdentity {

  /** The only version that is spoken. */
  public static final String PROTOCOL = "TLSv1.3";

  private static final String CURVE = "secp256r1";
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final X500Name NAME = new X500Name("CN=cairn");
  private static final int SERIAL_BITS = 128;

  /**
   * A self-signed certificate's dates say nothing to those who know its fingerprint; clocks may
   * differ, and an attempt may take long.
   */
  private static final Duration VALID_BEFORE = Duration.ofDays(1);

  private static final Duration VALID_AFTER = Duration.ofDays(365);

  private final PrivateKey key;
  private final X509Certificate certificate;
  private final Fingerprint fingerprint;

  private EphemeralIdentity(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    this.key = key;
    this.certificate = certificate;
    this.fingerprint = Fingerprint.of(certificate);
  }

  /** A new key pair, and the certificate for it. */
  public static EphemeralIdentity create() {
    try {
      SecureRandom random = new SecureRandom();
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(CURVE), random);
      KeyPair pair = generator.generateKeyPair();
      Instant now = Instant.now();
      X509CertificateHolder signed =
          new JcaX509v3CertificateBuilder(
                  NAME,
                  new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE),
                  Date.from(now.minus(VALID_BEFORE)),
                  Date.from(now.plus(VALID_AFTER)),
                  NAME,
                  pair.getPublic())
              .build(new JcaContentSignerBuilder(SIGNATURE).build(pair.getPrivate()));
      return new EphemeralIdentity(
          pair.getPrivate(), new JcaX509CertificateConverter().getCertificate(signed));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw unable(e);
    }
  }

  /** What the other ranks are told. */
  public Fingerprint fingerprint() {
    return fingerprint;
  }

  /** The JDK's TLS 1.3 in which this end shows its certificate and accepts only {@code others}. */
  public SSLContext contextFor(Set<Fingerprint> others) {
    try {
      return JdkTls.context(key, certificate, others);
    } catch (GeneralSecurityException e) {
      throw unable(e);
    }
  }

  /** One end of connections with {@code others}, whose engines are by {@code library}. */
  public TlsContext tls(TlsLibrary library, TlsContext.End end, Set<Fingerprint> others) {
    try {
      return library.context(end, key, certificate, others);
    } catch (GeneralSecurityException | SSLException e) {
      throw unable(e);
    }
  }

  private static IllegalStateException unable(Exception e) {
    return new IllegalStateException("this JVM cannot make what TLS 1.3 needs: " + e, e);
  }
}
