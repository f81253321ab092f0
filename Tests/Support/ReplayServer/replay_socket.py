"""The WebSocket side of the replay server (RFC 6455): plays steps, misbehaves as told, and notes what the client sends.

STEP is one of
  {"send": TEXT}             sends a message
  {"parts": [TEXT, ...]}     sends one message in as many fragments, a ping between them
  {"file": PATH}             sends each line of a file, packed or not, as a message; a number before the first brace is left out;
                             "from" and "to" choose lines, counted from 0
  {"expect": REGEX}          waits for a message of the client in which this is found
  {"ping": TEXT}             sends a ping and waits for its answer
  {"wait": SECONDS}          waits
  {"hold": true}             waits to be released
  {"close": CODE, "reason": TEXT}   closes
  {"reset": true}            resets the connection
  {"half": TEXT}             sends half a frame and ends the connection
  {"garbage": true}          sends what is no WebSocket
  {"silent": true}           answers no ping from now on, and sends nothing more

After the last step it stays, answers pings, and goes when the client goes.
"""

import base64
import gzip
import hashlib
import queue
import re
import select
import socket
import ssl
import struct
import threading
import time


class ReplaySocket:
    def __init__(self, handler, path):
        self.handler = handler
        self.path = path
        self.book = handler.server.book
        self.connection = handler.connection
        self.lock = threading.Lock()
        self.heard = queue.Queue()
        self.pongs = queue.Queue()
        self.is_tls = isinstance(self.connection, ssl.SSLSocket)
        self.is_silent = False
        self.is_over = False

    def play(self, steps):
        key = self.handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.handler.send_response(101)
        for name, value in (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()),
        ):
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.flush()
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        try:
            for step in steps:
                if self.perform(step):
                    return
        except (OSError, EOFError):
            pass
        self.listener.join()

    def perform(self, step):
        """Performs a step; returns whether it was the last the connection lives through."""
        if "send" in step:
            self.frame(1, step["send"].encode())
        elif "parts" in step:
            parts = [part.encode() for part in step["parts"]]
            for place, part in enumerate(parts):
                self.frame(0 if place else 1, part, is_last=place == len(parts) - 1)
                if place == 0:
                    self.frame(9, b"between")
        elif "file" in step:
            for line in lines(step):
                self.frame(1, line)
        elif "expect" in step:
            while not re.search(step["expect"], self.next(self.heard)):
                pass
        elif "ping" in step:
            self.frame(9, step["ping"].encode())
            while self.next(self.pongs) != step["ping"]:
                pass
        elif "wait" in step:
            time.sleep(step["wait"])
        elif "hold" in step:
            self.book.released.wait()
        elif "silent" in step:
            self.is_silent = True
        elif "garbage" in step:
            self.raw(b"\xff\xff this is no frame " * 4)
        elif "close" in step:
            self.frame(8, struct.pack(">H", step["close"]) + step.get("reason", "").encode())
        elif "half" in step:
            self.raw(head(1, 2 * len(step["half"])) + step["half"].encode())
            self.connection.shutdown(socket.SHUT_RDWR)
            return True
        elif "reset" in step:
            # A read that waits would keep the connection from being reset.
            self.is_over = True
            self.listener.join()
            self.handler.reset()
            return True
        return False

    def next(self, arrived):
        item = arrived.get()
        if item is None:
            arrived.put(None)
            raise EOFError
        return item

    def listen(self):
        """Notes what the client sends until it goes."""
        try:
            while True:
                opcode, content = self.read()
                if opcode == 1:
                    self.book.note("SOCKET", self.path, content.decode("utf-8", "replace"))
                    self.heard.put(content.decode("utf-8", "replace"))
                elif opcode == 8:
                    code = struct.unpack(">H", content[:2])[0] if len(content) >= 2 else 1005
                    self.book.note("CLOSE", self.path, str(code))
                    break
                elif opcode == 9 and not self.is_silent:
                    self.frame(10, content)
                elif opcode == 10:
                    self.pongs.put(content.decode("utf-8", "replace"))
        except (OSError, EOFError, ValueError):
            pass
        self.heard.put(None)
        self.pongs.put(None)

    def read(self):
        first, second = self.exactly(2)
        if not second & 0x80:
            raise EOFError
        length = second & 0x7F
        if length == 126:
            length = struct.unpack(">H", self.exactly(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self.exactly(8))[0]
        mask = self.exactly(4)
        return first & 0x0F, bytes(byte ^ mask[place & 3] for place, byte in enumerate(self.exactly(length)))

    def exactly(self, count):
        content = b""
        while len(content) < count:
            if self.is_over:
                raise EOFError
            # The client says nothing before the handshake is done, so nothing waits in the handler's buffer.
            if self.is_tls and self.connection.pending() or select.select([self.connection], [], [], 0.05)[0]:
                piece = self.receive(count - len(content))
                if not piece:
                    raise EOFError
                content += piece
        return content

    def receive(self, count):
        if not self.is_tls:
            return self.connection.recv(count)
        # OpenSSL does not read and write one connection at a time.
        with self.lock:
            return self.connection.recv(count)

    def frame(self, opcode, content, is_last=True):
        self.raw(head(opcode, len(content), is_last) + content)

    def raw(self, content):
        with self.lock:
            self.connection.sendall(content)


def head(opcode, length, is_last=True):
    first = bytes([opcode | (0x80 if is_last else 0)])
    if length < 126:
        return first + bytes([length])
    return first + (struct.pack(">BH", 126, length) if length < 65536 else struct.pack(">BQ", 127, length))


def lines(step):
    opener = gzip.open if step["file"].endswith(".gz") else open
    with opener(step["file"], "rb") as file:
        for number, line in enumerate(file):
            if step.get("from", 0) <= number < step.get("to", 1 << 60):
                yield line[line.index(b"{") :].rstrip()
