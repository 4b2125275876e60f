"""Checks of small input that announces large data."""
import json
import re
import socket
import time
from pathlib import Path

from bad_input import form
from huge_images import huge_images
from server import Server, picture


def chunked(chunks, path="/features"):
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + chunks)


def posted(body, path="/features", fields={}):
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
    return head.encode() + body


def bombs_for(field):
    """(name, bytes) of small input that announces large data."""
    for name, image in huge_images():
        yield name, posted(image)
    yield "10⁶ chunks of a byte", chunked(b"1\r\na\r\n" * 1_000_000 + b"0\r\n\r\n")
    yield "1 MiB of chunk extension", chunked(b"1;" + b"a" * (1 << 20) + b"\r\na\r\n0\r\n\r\n")
    yield "10⁴ parts", posted(*(lambda body, fields: (body, "/features", fields))(
        *form(*((f"a{i}", b"1") for i in range(10_000)))))
    yield "1 MiB of part header", posted(
        b"--edge\r\n" + b"x" * (1 << 20), fields=form()[1])
    deep = b'{"points": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "JSON of 100,000 brackets", posted(deep, f"/fields/{field}/sample")
    many = b"[70000, 70000], " * 999_999
    yield "10⁶ points in JSON", posted(
        b'{"points": [' + many + b"[70000, 70000]]}", f"/fields/{field}/sample")
    yield "1 GiB promised, a byte sent", (
        b"POST /features HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\nx")
    yield "10,000 parameters", posted(b"x", "/features?" + "&".join(["a=1"] * 1500))


def most(server):
    """The process's peak memory since the last call, in MiB."""
    folder = Path(f"/proc/{server.process.pid}")
    peak = int(re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())[1])
    (folder / "clear_refs").write_text("5")
    return peak / 1024


def bombs(weights):
    """Whether input that announces too much is refused at once and cheaply."""
    is_kept = True
    with Server(weights) as server:
        status, body = server.ask("POST", "/fields?quality=draft", picture("grey8.png"))
        field = json.loads(body)["id"]
        for name, data in bombs_for(field):
            most(server)
            before = server.resident()[0]
            start = time.monotonic()
            with socket.create_connection(("127.0.0.1", server.port), 20) as client:
                try:
                    client.sendall(data)
                    sent = time.monotonic()
                    answer = client.recv(4096)
                except OSError:
                    answer = b""
                took = 1000 * (time.monotonic() - start)
                thought = 1000 * (time.monotonic() - sent)
            more = most(server) - before
            status = int(answer[9:12]) if answer[:5] == b"HTTP/" else 0
            is_refused = 400 <= status < 500 and thought < 100 and more < 64
            is_kept &= is_refused
            print(f"  {status:>3}  {name:<28} {len(data):>9} bytes, {took:7.1f} ms with the "
                  f"sending, {thought:6.1f} ms after it, {more:5.1f} MiB more"
                  f"{'' if is_refused else '  BROKEN'}")
        # An announcement within the limits costs the bytes sent, until it is refused.
        most(server)
        before = server.resident()[0]
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        for client in clients:
            client.sendall(
                b"POST /features HTTP/1.1\r\nHost: a\r\nContent-Length: 268435456\r\n\r\nx")
        time.sleep(1)
        more = most(server) - before
        print(f"       100 times 256 MiB promised and a byte sent: {more:.1f} MiB more")
        is_kept &= more < 64
        alive = server.ask("GET", "/livez")[0] == 200
    return is_kept and alive
