/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.net;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A network interface whose packets this process sends and receives, Linux's TUN. It vanishes with
 * the process.
 *
 * <p>Threading: one reader and one writer.
 */
final class Tunnel {

  private static final int READ_AND_WRITE = 2;
  private static final NativeLong SET_INTERFACE = new NativeLong(0x400454caL);
  private static final short TUN_WITHOUT_PACKET_INFORMATION = 0x1001;
  private static final int NAME_BYTES = 16;
  private static final int REQUEST_BYTES = 40;

  private final int descriptor;
  private volatile boolean cut;

  /** The system's functions, under their own names. */
  private static final class Libc {
    static {
      Native.register("c");
    }

    static native int open(String path, int flags) throws LastErrorException;

    static native int ioctl(int descriptor, NativeLong request, ByteBuffer argument)
        throws LastErrorException;

    static native NativeLong read(int descriptor, ByteBuffer into, NativeLong count)
        throws LastErrorException;

    static native NativeLong write(int descriptor, ByteBuffer from, NativeLong count)
        throws LastErrorException;
  }

  /** Makes an interface in this process's network namespace. */
  Tunnel(String name) throws IOException {
    try {
      descriptor = Libc.open("/dev/net/tun", READ_AND_WRITE);
      ByteBuffer request = ByteBuffer.allocateDirect(REQUEST_BYTES).order(ByteOrder.nativeOrder());
      request.put(0, name.getBytes(StandardCharsets.US_ASCII));
      request.putShort(NAME_BYTES, TUN_WITHOUT_PACKET_INFORMATION);
      Libc.ioctl(descriptor, SET_INTERFACE, request);
    } catch (LastErrorException e) {
      throw new IOException("/dev/net/tun: " + e.getMessage(), e);
    }
  }

  /** Waits for a packet that leaves through the interface; it is from 0 to the limit. */
  void read(ByteBuffer packet) throws IOException {
    packet.clear();
    try {
      packet.limit(Libc.read(descriptor, packet, new NativeLong(packet.capacity())).intValue());
    } catch (LastErrorException e) {
      throw new IOException(e);
    }
  }

  /** What leaves and what arrives is lost from now on. */
  void cut() {
    cut = true;
  }

  boolean isCut() {
    return cut;
  }

  /** Lets a packet, from 0 to the limit, arrive at the interface; one that is not taken is lost. */
  void write(ByteBuffer packet) {
    if (cut) {
      return;
    }
    try {
      Libc.write(descriptor, packet, new NativeLong(packet.limit()));
    } catch (LastErrorException e) {
      // As on a real network.
      return;
    }
  }
}
