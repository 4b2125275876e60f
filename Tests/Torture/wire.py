"""Raw requests with their expected answers, and how to send them."""
import json
import re
import socket
from dataclasses import dataclass

from server import ROOT

FOLDER = ROOT / "Tests/Fixtures/Requests"
FILES = ("start-line", "fields", "length", "transfer-coding", "chunks", "semantics", "multipart")
GOOD = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
# A further request on a connection that must still be synchronised.
PROBE = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /smuggled "


@dataclass
class Case:
    """Bytes, the expected statuses, and the expected state of the connection."""
    file: str
    name: str
    data: bytes
    statuses: list
    end: str
    has: list
    lacks: list
    # Whether the rule is stricter than RFC 9110 and 9112 require.
    ours: bool
    # Whether 100 may precede when the bytes are sent in pieces. RFC 9110 §10.1.1.
    has_interim: bool


def piece(value):
    if isinstance(value, str):
        return value.encode("latin-1")
    return value["repeat"].encode("latin-1") * value["times"]


def cases():
    for file in FILES:
        for entry in json.loads((FOLDER / f"{file}.json").read_text()):
            send = entry["send"]
            data = b"".join(map(piece, send if isinstance(send, list) else [send]))
            words = entry["expect"].split()
            end = words.pop() if words[-1] in ("close", "wait") else "open"
            statuses = [{int(status) for status in word.split("|")} for word in words]
            yield Case(file, entry["name"], data, statuses, end, entry.get("has", []),
                       entry.get("lacks", []), entry.get("ours", False),
                       entry.get("interim", False))


@dataclass
class Answer:
    status: int
    text: bytes


def answers(data, headless=()):
    """The answers on a connection; those numbered in `headless` have no body."""
    found = []
    while b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.[01] (\d{3})", head)
        if not match:
            break
        status = int(match[1])
        body = b""
        if len(found) not in headless and status not in (204, 304) and status >= 200:
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if length:
                body, rest = rest[:int(length[1])], rest[int(length[1]):]
            elif re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
                body, rest = unchunked(rest)
            else:
                body, rest = rest, b""
        found.append(Answer(status, head + b"\r\n\r\n" + body))
        data = rest
    if data:
        found.append(Answer(0, data))
    return found


def unchunked(data):
    body = b""
    while match := re.match(rb"([0-9a-fA-F]+)[^\r\n]*\r\n", data):
        size = int(match[1], 16)
        data = data[match.end():]
        body, data = body + data[:size], data[size + 2:]
        if size == 0:
            break
    return body, data


def converse(port, data, half_closes=False, timeout=10, piece=None):
    """Sends bytes and reads to the end; None at the end when the server did not close in time."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for start in range(0, len(data), piece or max(1, len(data))):
                client.sendall(data[start:start + (piece or len(data))])
            if half_closes:
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            while part := client.recv(65536):
                received += part
        except TimeoutError:
            return received, False
        except OSError:
            pass
    return received, True


def ask(port, case, prefix=b"", piece=None, timeout=10):
    """A server's result for a case: the statuses of its answers, the last answer, the end."""
    data = prefix + case.data + (PROBE if case.end == "open" else b"")
    received, has_closed = converse(port, data, case.end == "wait", timeout, piece)
    headless = {1 if prefix else 0} if case.data.startswith(b"HEAD ") else ()
    found = answers(received, headless)
    found = found[1 if prefix else 0:]
    if case.has_interim and piece and found and found[0].status == 100:
        found = found[1:]
    return found, has_closed


def is_met(case, found, has_closed):
    """Whether the answers are those that the case requires."""
    if case.end == "open":
        if not found or found[-1].status != 200:
            return False
        found = found[:-1]
    statuses = [answer.status for answer in found]
    if not has_closed or len(statuses) != len(case.statuses) or any(
            status not in allowed for status, allowed in zip(statuses, case.statuses)):
        return False
    last = found[-1].text.decode("latin-1") if found else ""
    return all(text in last for text in case.has) and not any(text in last for text in case.lacks)
