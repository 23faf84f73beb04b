"""Clients: one careful one, and a swarm of them in one loop.

An address is what usher.Service.address is: ("127.0.0.1", port), ("::1", port),
a path, or an abstract name that begins with NUL. Nothing here ever leaves the
machine. Every wait has a deadline."""

import collections
import errno
import os
import selectors
import socket
import time

from tap import SLOW

DEADLINE = 10 * SLOW


def _family(address):
    if not isinstance(address, tuple):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def connect(address, source=None, timeout=None, kind=socket.SOCK_STREAM):
    sock = socket.socket(_family(address), kind)
    sock.settimeout(timeout or DEADLINE)
    try:
        if source:
            sock.bind((source, 0))
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def read_all(sock):
    """To the end of file. A reset is an exception, as for any client."""
    got = []
    while True:
        chunk = sock.recv(65536)
        if not chunk:
            return b"".join(got)
        got.append(chunk)


def ask(address, request=b"", source=None, timeout=None):
    """Connect, say `request`, say no more, read the answer to its end."""
    with connect(address, source, timeout) as sock:
        if request:
            sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        return read_all(sock)


def outcome(address, request=b"", source=None, timeout=None):
    """What became of a client: its answer, 'reset', 'refused' or 'timeout'."""
    try:
        return ask(address, request, source, timeout)
    except (ConnectionResetError, BrokenPipeError):
        return "reset"
    except ConnectionRefusedError:
        return "refused"
    except (TimeoutError, socket.timeout):
        return "timeout"


def reconnected(address, server, gone):
    """What escape.c's attempt to lead its client's socket to the server comes to; gone() tells
    whether the handler is. Once it has left its client it can tell only the server."""
    with connect(address) as sock:
        sock.sendall(f"reconnect {server.getsockname()[1]}\n".encode())
        try:
            found = sock.recv(100).decode().strip()
        except ConnectionResetError:
            found = ""
        if found:
            return found
        over = time.monotonic() + DEADLINE
        while not gone() and time.monotonic() < over:
            time.sleep(0.01)
        server.setblocking(False)
        try:
            with server.accept()[0] as come:
                come.settimeout(DEADLINE)
                return come.recv(100).decode().strip()
        except BlockingIOError:
            return "nobody came"


def is_open(sock):
    """Whether the other side has neither closed nor sent anything yet."""
    sock.setblocking(False)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(DEADLINE)


class Swarm:
    """`clients` at a time, each `connections` one after the other.

    After run(): `answers` counts the replies that were as wanted, `errors` the
    others by kind. In seconds: `slowest` is the longest connection from its start
    to its end, `slowest_connect` the longest way to its acceptance by the kernel."""

    def __init__(self, address, clients, connections=1, request=b"", wanted=None, sources=None):
        self.address = address
        self.clients = clients
        self.left = clients * connections
        self.request = request
        self.wanted = wanted
        self.sources = sources or [None]
        self.answers = 0
        self.errors = collections.Counter()
        self.slowest = 0.0
        self.slowest_connect = 0.0
        self.started = 0
        self.selector = selectors.DefaultSelector()

    def run(self, deadline=None):
        end = time.monotonic() + (deadline or 3 * DEADLINE)
        while self.left or self.selector.get_map():
            while self.left and len(self.selector.get_map()) < self.clients:
                self._start()
            if time.monotonic() > end:
                self.errors["timeout"] += len(self.selector.get_map()) + self.left
                break
            for key, _ in self.selector.select(0.1):
                self._step(key.fileobj, key.data)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        return self

    def _start(self):
        self.left -= 1
        sock = socket.socket(_family(self.address), socket.SOCK_STREAM)
        sock.setblocking(False)
        source = self.sources[self.started % len(self.sources)]
        self.started += 1
        state = {"began": time.monotonic(), "got": [], "sent": False}
        try:
            if source:
                sock.bind((source, 0))
            result = sock.connect_ex(self.address)
        except OSError as error:
            result = error.errno
        if result not in (0, errno.EINPROGRESS):
            sock.close()
            self._ended(errno.errorcode.get(result, str(result)), state)
            return
        self.selector.register(sock, selectors.EVENT_WRITE | selectors.EVENT_READ, state)

    def _step(self, sock, state):
        try:
            if not state["sent"]:
                failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if failed:
                    raise OSError(failed, os.strerror(failed))
                self.slowest_connect = max(self.slowest_connect,
                                           time.monotonic() - state["began"])
                if self.request:
                    sock.sendall(self.request)
                sock.shutdown(socket.SHUT_WR)
                state["sent"] = True
                self.selector.modify(sock, selectors.EVENT_READ, state)
                return
            chunk = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self._close(sock, errno.errorcode.get(error.errno, str(error)), state)
            return
        if chunk:
            state["got"].append(chunk)
            return
        answer = b"".join(state["got"])
        right = self.wanted is None and answer or answer == self.wanted
        self._close(sock, "" if right else "wrong" if answer else "empty", state)

    def _close(self, sock, error, state):
        self.selector.unregister(sock)
        sock.close()
        self._ended(error, state)

    def _ended(self, error, state):
        self.slowest = max(self.slowest, time.monotonic() - state["began"])
        if error:
            self.errors[error] += 1
        else:
            self.answers += 1
