"""A WebSocket client that can break every rule: frames as they are told. Python's standard library alone."""

import base64
import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Closed(Exception):
    """The other side ended the connection: with a code, or without a word (None)."""

    def __init__(self, code=None, reason=""):
        super().__init__(f"closed {code} {reason}".strip())
        self.code, self.reason = code, reason


def frame(opcode, payload=b"", fin=True, reserved=0, masked=True, length=None):
    """The bytes of one frame. `length` is what the frame claims instead of the true length."""
    size = len(payload) if length is None else length
    first = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head = first + bytes([mask_bit | size])
    elif size < 65536:
        head = first + bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        head = first + bytes([mask_bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    masked_payload = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
    return head + mask + masked_payload


class WebSocket:
    def __init__(self, port, token, protocol="inferno.v1.json", extra_headers="", receive_buffer=None, timeout=30):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self._unread = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n"
            f"Sec-WebSocket-Protocol: {protocol}\r\n{extra_headers}\r\n".encode()
        )
        while b"\r\n\r\n" not in self._unread:
            self._receive()
        self.answer, _, self._unread = self._unread.partition(b"\r\n\r\n")
        if b" 101 " not in self.answer.split(b"\r\n")[0]:
            raise Closed(None, self.answer.split(b"\r\n")[0].decode())

    def _receive(self):
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionError as error:
            raise Closed(None, str(error)) from error
        if not data:
            raise Closed(None, "end of stream")
        self._unread += data

    def _exactly(self, size):
        while len(self._unread) < size:
            self._receive()
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except ConnectionError as error:
            raise Closed(None, str(error)) from error

    def send(self, payload, opcode=TEXT):
        self.send_raw(frame(opcode, payload.encode() if isinstance(payload, str) else payload))

    def receive_frame(self):
        """(opcode, fin, payload); raises Closed for a close frame or an end."""
        first, second = self._exactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._exactly(8))[0]
        payload = self._exactly(size)
        if first & 0x0F == CLOSE:
            code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
            raise Closed(code, payload[2:].decode("utf-8", "replace"))
        return first & 0x0F, bool(first & 0x80), payload

    def receive(self):
        """The next message; answers pings in between."""
        message = b""
        while True:
            opcode, fin, payload = self.receive_frame()
            if opcode == PING:
                self.send(payload, PONG)
            elif opcode in (CONTINUATION, TEXT, BINARY):
                message += payload
                if fin:
                    return message

    def close(self):
        self.socket.close()
