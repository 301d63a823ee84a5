/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.tls.EphemeralIdentity;
import io.cairn.collective.link.tls.PinnedTrust;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** Somebody who connects to a rank and is not its neighbour. */
enum Stranger {
  /** Scans ports: connects and is gone. */
  SCANNER {
    @Override
    void talk(Socket socket, Fingerprint target) {
      // Not a word.
    }
  },
  /** Speaks another protocol. */
  GARBAGE {
    @Override
    void talk(Socket socket, Fingerprint target) throws IOException {
      say(socket, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
  },
  /** Announces a record longer than any may be. */
  LONG_RECORD {
    @Override
    void talk(Socket socket, Fingerprint target) throws IOException {
      say(socket, new byte[] {22, 3, 3, (byte) 0xff, (byte) 0xff, 1, 0});
    }
  },
  /** Says all the right things, without encryption. */
  WITHOUT_TLS {
    @Override
    void talk(Socket socket, Fingerprint target) throws IOException {
      byte[] hello = new byte[Handshake.BYTES];
      new Handshake(Handshake.Verdict.HELLO, LoopbackRing.GROUP_ID, 0, 1, 2, true)
          .encode()
          .get(hello);
      say(socket, hello);
    }
  },
  /** Knows TLS only as it was. */
  OLD_TLS {
    @Override
    void talk(Socket socket, Fingerprint target) throws IOException, GeneralSecurityException {
      handshake(socket, context(EphemeralIdentity.create(), target), "TLSv1.2");
    }
  },
  /** Speaks TLS 1.3 and shows no certificate. */
  WITHOUT_CERTIFICATE {
    @Override
    void talk(Socket socket, Fingerprint target) throws IOException, GeneralSecurityException {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new PinnedTrust(Set.of(target))}, null);
      handshake(socket, context, "TLSv1.3");
    }
  },
  /** Speaks TLS 1.3 and shows a certificate of its own. */
  WRONG_CERTIFICATE {
    @Override
    void talk(Socket socket, Fingerprint target) throws IOException, GeneralSecurityException {
      handshake(socket, context(EphemeralIdentity.create(), target), "TLSv1.3");
    }
  };

  private static final int PATIENCE_MS = 20_000;

  abstract void talk(Socket socket, Fingerprint target)
      throws IOException, GeneralSecurityException;

  /** Connects to a rank, says what it has to say and hangs up once it is refused. */
  void visit(Member rank) throws IOException, GeneralSecurityException {
    try (Socket socket = connect(rank.address())) {
      talk(socket, rank.certificate().orElseThrow());
      if (this != SCANNER) {
        // An alert, half a handshake or nothing, and then the end.
        drain(socket);
      }
    }
  }

  static Socket connect(InetSocketAddress target) throws IOException {
    Socket socket = new Socket();
    socket.connect(target);
    socket.setSoTimeout(PATIENCE_MS);
    return socket;
  }

  static void say(Socket socket, byte[] words) throws IOException {
    socket.getOutputStream().write(words);
  }

  /** What a client of TLS 1.3 says first. */
  static byte[] clientHello() throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance(EphemeralIdentity.PROTOCOL);
    context.init(null, null, null);
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), record);
    return Arrays.copyOf(record.array(), record.position());
  }

  private static void drain(Socket socket) throws IOException {
    byte[] bytes = new byte[1024];
    int count = 0;
    try {
      while (count >= 0) {
        count = socket.getInputStream().read(bytes);
      }
    } catch (SocketException reset) {
      // An end as well.
      return;
    }
  }

  private static SSLContext context(EphemeralIdentity identity, Fingerprint target) {
    return identity.contextFor(Set.of(target));
  }

  /** Comes as far as it gets; in TLS 1.3 a client is through before it is judged. */
  private static void handshake(Socket socket, SSLContext context, String version)
      throws IOException {
    SSLSocket tls =
        (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", 0, false);
    tls.setEnabledProtocols(new String[] {version});
    try {
      tls.startHandshake();
      tls.getOutputStream().write(new byte[Handshake.BYTES]);
      int answer = tls.getInputStream().read();
      if (answer >= 0) {
        throw new AssertionError("a stranger was answered: " + answer);
      }
    } catch (SSLException | SocketException refused) {
      return;
    }
  }
}
