"""The messages between a worker process and its parent: byte strings, each after its length."""

import socket
import struct
import time

from corpus.errors import CitelineError

_LENGTHS = struct.Struct("!QQ")
_CHUNK = 1 << 20


class ConnectionEnded(CitelineError):
    """The other end has closed the connection."""


class MessageTooLong(CitelineError):
    """A message is longer than its receiver takes."""


def send(connection: socket.socket, first: bytes, second: bytes = b"") -> None:
    """Send two byte strings; raises OSError."""
    connection.sendall(_LENGTHS.pack(len(first), len(second)) + first)
    if second:
        connection.sendall(second)


def receive(connection: socket.socket, max_bytes: int, deadline: float | None = None) -> tuple[bytes, bytes]:
    """Return the next two byte strings; `deadline` is a time of `time.monotonic()`, None waits for ever.

    Raises ConnectionEnded, MessageTooLong, TimeoutError.
    """
    first, second = _LENGTHS.unpack(_receive(connection, _LENGTHS.size, deadline))
    if first + second > max_bytes:
        raise MessageTooLong(f"A message of {first + second:,} bytes is longer than the limit of {max_bytes:,}.")
    return bytes(_receive(connection, first, deadline)), bytes(_receive(connection, second, deadline))


def _receive(connection: socket.socket, size: int, deadline: float | None) -> bytearray:
    received = bytearray(size)
    view, position = memoryview(received), 0
    while position < size:
        if deadline is not None:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
        count = connection.recv_into(view[position : position + _CHUNK])
        if count == 0:
            raise ConnectionEnded("The connection has ended.")
        position += count
    return received
