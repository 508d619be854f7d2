"""The program of a worker process: runs the parsers that its parent sends over a socket, one after the other.

While it waits, it imports the readers of documents, so that the first document need not wait for them. It ends with its
parent, or where one parser runs for longer than its time, and so do the programs that it has started.
"""

import fcntl
import importlib
import os
import pickle
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from corpus.errors import CitelineError, TooLarge
from corpus.isolation.messages import ConnectionEnded, receive, send
from corpus.isolation.worker import PATIENCE, as_refusal, is_out_of_memory

READERS = (
    "corpus.documents.formats",
    "corpus.documents.html",
    "corpus.documents.markdown",
    "corpus.documents.pdf.reader",
    "corpus.documents.docx",
    "corpus.feeds.xml_feeds",
    "dateparser",
)
READY = b"ready"
MAX_KEPT_MEMORY = 256 * 2**20  # bytes
_MEMORY = Path("/proc/self/statm")  # the second number is that of the resident pages
_IDLE_SECONDS = 0.03  # without a request before a reader is imported
_GRACE_SECONDS = 1.0  # the parent ends the process after its time, or the system, should the parent be gone


def main() -> None:
    """Serve requests until the parent closes the connection.

    Takes the limits of memory and output in bytes, and the descriptor of a pipe that the parent holds the other end of.
    """
    max_memory, max_output, parent = map(int, sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal, which the parent handles
    # Of a service manager, which sends it to all processes at once: the parent must not take that for a crash. This is
    # a handler since programs that readers start would inherit SIG_IGN.
    signal.signal(signal.SIGTERM, lambda *_: None)
    _limit(max_memory)
    connection = socket.socket(fileno=os.dup(0))
    # Programs that readers start would keep the connection open behind a process that crashes.
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    with suppress(ConnectionEnded, OSError):
        _end_with_parent(parent)
        send(connection, READY)
        _import_readers(connection)
        while True:
            _serve(connection, max_output)


def _limit(max_memory: int) -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (max_memory, max_memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _import_readers(connection: socket.socket) -> None:
    """Import one reader after the other until a request comes."""
    connection.settimeout(_IDLE_SECONDS)
    for name in READERS:
        with suppress(TimeoutError):
            connection.recv(1, socket.MSG_PEEK)
            break
        importlib.import_module(name)
    connection.settimeout(None)


def _serve(connection: socket.socket, max_output: int) -> None:
    """Answer one request by whether it went well, the result or the error, and whether to replace this process.

    That is all pickled; after it comes the traceback of an error that is a parser's bug.
    """
    request, data = receive(connection, sys.maxsize)
    parse, name, seconds = pickle.loads(request)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds + _GRACE_SECONDS)
    trace = ""
    try:
        reply = pickle.dumps((True, parse(data), _has_grown()), pickle.HIGHEST_PROTOCOL)
        if len(reply) > max_output:
            raise TooLarge(f"{name} is read to {len(reply):,} bytes; the limit is {max_output:,}.")
    except Exception as error:
        trace = "" if isinstance(error, CitelineError | MemoryError) else traceback.format_exc()
        reply = pickle.dumps((False, as_refusal(error, name), is_out_of_memory(error) or _has_grown()))
    for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
        signal.setitimer(timer, 0)
    send(connection, reply, trace.encode("utf-8", "replace"))


def _end_with_parent(pipe: int) -> None:
    """Have the system end the process group, with all programs in it, when the parent closes its end of a pipe.

    The parent ends the group of a process that dies; this is for a parent that is killed. PR_SET_PDEATHSIG would follow
    the thread of the parent that started the process, and not reach the programs. Nothing else happens on the pipe: the
    connection would signal also when the parent takes what was sent. Raises ConnectionEnded where it is closed already.
    """
    fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
    # SIGIO ends whatever does not handle it.
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    closed = select.poll()
    closed.register(pipe, 0)
    if closed.poll(0):
        raise ConnectionEnded("The parent has ended.")


def _has_grown() -> bool:
    """Return whether this process keeps so much memory that a new one is better; False where that is not known."""
    with suppress(OSError):  # getrusage counts the memory that the parent had at the start
        pages = int(_MEMORY.read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") > MAX_KEPT_MEMORY
    return False


if __name__ == "__main__":
    main()
