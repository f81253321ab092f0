#!/usr/bin/env python3
"""A server on this machine that plays a data source: answers as told, misbehaves as told, and notes what it was asked.

It prints one line, {"port": N}, and then obeys one line of JSON at a time on its standard input, answering each with a line:

  {"routes": [ROUTE, ...]}  takes these routes in place of those before, and forgets what was asked
  {"requests": true}        prints what was asked so far: [{method, path, query, headers, body}, ...]
  {"release": true}         lets go what is held, and holds nothing from now on

With two arguments, files of a certificate and of its key, it speaks TLS.

It ends when its standard input is closed, so it never outlives who started it. The first route that fits a request
answers it; replies are given in turn, the last of them again and again. No route: 404.

ROUTE: {"method": "GET", "path": REGEX, "query": {NAME: REGEX}, "headers": {NAME: REGEX}, "cookies": {NAME: REGEX},
        "body": REGEX, "replies": [REPLY, ...]}; every part but replies may be absent; a REGEX must match as a whole.
REPLY: status   200
       headers  {NAME: VALUE or [VALUE, ...]}
       body     text; or body_base64; or file, a path
       gzip     true packs the body
       cut_packed  N leaves N bytes of the packed body, and announces that many
       cut      N sends N bytes of the body, announces all and closes
       chunked  true sends the body in chunks; with cut the end is missing
       delay    seconds before the reply
       hold     true answers only when released
       drip     seconds between two bytes of the body
       socket   [STEP, ...] answers a WebSocket's handshake and plays these, see replay_socket.py; what the client sends is noted as
                a request of the method "SOCKET"
       events   [STEP, ...] answers with a stream of server-sent events, in chunks: {"send": TEXT}; {"wait": SECONDS}; {"hold": true} waits
                to be released; {"reset": true}; {"silent": true} sends nothing until the client leaves; after the last the stream ends
       fault    "close": closes without a reply; "reset": resets without a reply; "reset_within": resets after the head;
                "hang": never answers; "garbage": answers with what is no HTTP
"""

import base64
import gzip
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from replay_socket import ReplaySocket


class Book:
    """Routes and what was asked, shared by all connections."""

    def __init__(self):
        self.lock = threading.Lock()
        self.routes = []
        self.requests = []
        self.released = threading.Event()

    def take(self, routes):
        with self.lock:
            self.routes = [dict(route, given=0) for route in routes]
            self.requests = []

    def note(self, method, path, body):
        with self.lock:
            self.requests.append({"method": method, "path": path, "query": [], "headers": [], "body": body})

    def answer(self, asked):
        with self.lock:
            self.requests.append(asked)
            for route in self.routes:
                if fits(route, asked):
                    replies = route["replies"]
                    reply = replies[min(route["given"], len(replies) - 1)]
                    route["given"] += 1
                    return reply
        return {"status": 404, "body": "no route"}


def fits(route, asked):
    if route.get("method", asked["method"]) != asked["method"]:
        return False
    if "path" in route and not re.fullmatch(route["path"], asked["path"]):
        return False
    if "body" in route and not re.fullmatch(route["body"], asked["body"], re.DOTALL):
        return False
    headers = {name.lower(): value for name, value in asked["headers"]}
    jar = {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    wanted = (
        [(dict(asked["query"]), name, rule) for name, rule in route.get("query", {}).items()]
        + [(headers, name.lower(), rule) for name, rule in route.get("headers", {}).items()]
        + [(jar, name, rule) for name, rule in route.get("cookies", {}).items()]
    )
    return all(name in found and re.fullmatch(rule, found[name]) for found, name, rule in wanted)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        asked = {
            "method": self.command,
            "path": unquote(parts.path),
            "query": parse_qsl(parts.query, keep_blank_values=True),
            "headers": list(self.headers.items()),
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        reply = self.server.book.answer(asked)
        if "socket" in reply and "Sec-WebSocket-Key" in self.headers:
            self.close_connection = True
            return ReplaySocket(self, asked["path"]).play(reply["socket"])
        try:
            self.give(reply)
        except OSError:
            self.close_connection = True

    def give(self, reply):
        time.sleep(reply.get("delay", 0))
        if reply.get("hold"):
            self.server.book.released.wait()
        fault = reply.get("fault")
        if fault:
            self.close_connection = True
        if fault == "close":
            return
        if fault == "hang":
            self.connection.recv(1)
            return
        if fault == "garbage":
            self.wfile.write(b"\x00\x01\x02 this is not HTTP\r\n\r\n")
            return
        if fault == "reset":
            return self.reset()
        if "events" in reply:
            return self.play(reply)
        body = content(reply)
        sent = body[: reply["cut"]] if "cut" in reply else body
        self.head(reply, len(body))
        if fault == "reset_within":
            return self.reset()
        self.send(sent, reply)

    def play(self, reply):
        headers = {"Content-Type": "text/event-stream", **reply.get("headers", {})}
        self.head({**reply, "headers": headers, "chunked": True}, 0)
        self.close_connection = True
        for step in reply["events"]:
            if "send" in step:
                content = step["send"].encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
                self.wfile.flush()
            elif "wait" in step:
                time.sleep(step["wait"])
            elif "hold" in step:
                self.server.book.released.wait()
            elif "reset" in step:
                return self.reset()
            elif "silent" in step:
                self.connection.recv(1)
                return
        self.wfile.write(b"0\r\n\r\n")

    def head(self, reply, length):
        self.send_response(reply.get("status", 200))
        headers = dict(reply.get("headers", {}))
        if reply.get("gzip"):
            headers.setdefault("Content-Encoding", "gzip")
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if reply.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        if "cut" in reply:
            self.close_connection = True
        self.end_headers()

    def send(self, body, reply):
        if "drip" in reply:
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply["drip"])
        elif reply.get("chunked"):
            for start in range(0, len(body), 1000):
                piece = body[start : start + 1000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if "cut" not in reply:
                self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(body)

    def reset(self):
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Both files hold the socket; closing the connection alone would leave it open.
        self.rfile.close()
        self.connection.close()


def content(reply):
    if "file" in reply:
        with open(reply["file"], "rb") as file:
            body = file.read()
    elif "body_base64" in reply:
        body = base64.b64decode(reply["body_base64"])
    else:
        body = reply.get("body", "").encode()
    if reply.get("gzip"):
        body = gzip.compress(body)
    return body[: reply["cut_packed"]] if "cut_packed" in reply else body


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        pass


def main():
    server = Server(("127.0.0.1", 0), Handler)
    server.book = Book()
    if len(sys.argv) == 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[1:])
        # Each connection shakes hands on its own thread.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "routes" in order:
            server.book.take(order["routes"])
            print("{}", flush=True)
        elif "release" in order:
            server.book.released.set()
            print("{}", flush=True)
        else:
            with server.book.lock:
                asked = list(server.book.requests)
            print(json.dumps(asked), flush=True)


if __name__ == "__main__":
    main()
