"""Invalid and unsupported requests and images."""
import json
import os
import struct
import zlib

from server import Server, picture


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(
        ">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour=0, data=None):
    """A PNG, by default with all its pixels black."""
    if data is None:
        data = zlib.compress(bytes((width + 1) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
            + chunk(b"IEND", b""))


def tiff(width, height, data, bits=8, sample=1, following=0):
    """A TIFF of one uncompressed grey page."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, 1),
            (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(data)), (339, 3, sample)]
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return (b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory
            + struct.pack("<I", following))


def endless_pages(count=20000):
    """A chain of pages, each of one tag."""
    pages = b"".join(
        struct.pack("<HHHIII", 1, 256, 3, 1, 1, 8 + 18 * page) for page in range(1, count + 1))
    return b"II*\0" + struct.pack("<I", 8) + pages


def form(*parts, boundary="edge", end="--edge--\r\n"):
    body = b"".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + data + b"\r\n"
        for name, data in parts)
    return body + end.encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def bad_bodies():
    """(name, body) of invalid and unsupported images."""
    whole, small = picture(), picture("grey8.png")
    yield "no body", b""
    yield "text", b"Is this an image?"
    yield "zeros", bytes(4096)
    yield "1 MiB of 0xFF", b"\xff" * (1 << 20)
    yield "a GIF", b"GIF89a" + bytes(20)
    yield "gzip", b"\x1f\x8b\x08" + bytes(20)
    yield "a PNG's signature", whole[:8]
    yield "a JPEG's signature", b"\xff\xd8\xff\xe0"
    yield "a TIFF's signature", b"II*\0"
    for length in range(1000, len(whole), len(whole) // 8 // 1000 * 1000):
        yield f"a PNG cut after {length}", whole[:length]
    for name in ("rgb.jpg", "grey16_big.tif", "jpeg_colour.tif", "pages.tif"):
        data = picture(name)
        yield f"{name} cut in half", data[:len(data) // 2]
    yield "a PNG with a wrong sum", small[:29] + bytes([small[29] ^ 1]) + small[30:]
    yield "a PNG of 65535×65535", png(65535, 65535, data=b"")
    yield "a PNG of 2³¹−1 columns", png(0x7FFFFFFF, 1, data=b"")
    yield "a PNG without rows", png(8, 0, data=b"")
    yield "a PNG of 8 kB that unpacks to 64 MB", png(
        8, 8, data=zlib.compress(bytes(64 << 20), 9))
    yield "a PNG of no known colour", png(8, 8, colour=5)
    yield "a TIFF of 65535×65535", tiff(65535, 65535, bytes(16))
    yield "a TIFF in a circle", tiff(2, 2, bytes(4), following=12)
    yield "a TIFF of 20,000 pages", endless_pages()
    yield "a TIFF behind its end", tiff(2, 2, bytes(4), following=0xFFFFFFF0)
    yield "not a number", tiff(2, 2, struct.pack("<4f", 1, 2, float("nan"), 3), 32, 3)
    yield "infinity", tiff(2, 2, struct.pack("<4f", 1, 2, float("inf"), 3), 32, 3)


QUERIES = [
    "nonsense=1", "stride=0", "stride=15", "stride=-1", "stride=1e1", "stride=" + "9" * 500,
    "stride=%ef%bc%94", "stride=4&stride=4", "shifts=1,1", "shifts=257", "flips=all",
    "scale=nan,1", "scale=2,1", "page=1", "page=99999999999", "model=../../etc/passwd",
    "model=dinov2_vitg14", "format=npq", "format=png", "layer=12", "%", "stride=%zz", "stride=%ff",
    "stride=%c0%b4", "%00=1", "=1", "&".join(f"a{i}=1" for i in range(65)),
    "stride=1&quality=fine&shifts=1,2,3,4,5,6,7,8&flips=both", "shifts=1,2,3,4,5,6,7,8&flips=both",
    "quality=fine&stride=1", "rotations=quarter&fit=crop&scale=0,0",
]


def bad_forms():
    image = picture("grey8.png")
    yield "a form without an image", *form(("stride", b"4"))
    yield "a form with two images", *form(("image", image), ("image", image))
    yield "a form with text", *form(("image", b"text"))
    yield "a form with an empty image", *form(("image", b""))
    yield "a form without an end", *form(("image", image), end="")
    yield "a form of another boundary", *form(("image", image), boundary="other")
    yield "a form without a boundary", form(("image", image))[0], {
        "Content-Type": "multipart/form-data"}
    yield "a form of 1,000 parts", *form(*((f"a{i}", b"1") for i in range(1000)))
    yield "a form with a bad option", *form(("image", image), ("stride", b"\xff"))


def bad_wire():
    """(name, bytes) of invalid and unsupported requests."""
    host = b"Host: x\r\n"
    post = b"POST /features HTTP/1.1\r\n" + host
    yield "random bytes", os.urandom(300)
    yield "a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60)
    yield "HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "HTTP/0.9", b"GET /\r\n\r\n"
    yield "HTTP/9.9", b"GET / HTTP/9.9\r\n" + host + b"\r\n"
    yield "no Host", b"GET /livez HTTP/1.1\r\n\r\n"
    yield "two Hosts", b"GET /livez HTTP/1.1\r\n" + host + host + b"\r\n"
    yield "lines of LF alone", b"GET /livez HTTP/1.1\nHost: x\n\n"
    yield "a blank before a colon", b"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n"
    yield "a NUL in a field", b"GET /livez HTTP/1.1\r\n" + host + b"A: \0\r\n\r\n"
    yield "no such path", b"GET /etc/passwd HTTP/1.1\r\n" + host + b"\r\n"
    yield "dots in the path", b"GET /../../etc/passwd HTTP/1.1\r\n" + host + b"\r\n"
    yield "a method not allowed", b"DELETE /features HTTP/1.1\r\n" + host + b"\r\n"
    yield "a method that nobody knows", b"BREW /features HTTP/1.1\r\n" + host + b"\r\n"
    yield "CONNECT", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
    yield "a target of 10 KiB", b"GET /" + b"a" * 10240 + b" HTTP/1.1\r\n" + host + b"\r\n"
    yield "a field of 40 KiB", b"GET / HTTP/1.1\r\n" + host + b"A: " + b"a" * 40960 + b"\r\n\r\n"
    yield "200 fields", b"GET / HTTP/1.1\r\n" + host + b"A: 1\r\n" * 200 + b"\r\n"
    yield "a negative length", post + b"Content-Length: -1\r\n\r\n"
    yield "a length of 40 digits", post + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n"
    yield "a length of 1 TB", post + b"Content-Length: 1000000000000\r\n\r\n"
    yield "two lengths", post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"
    yield "a length and chunks", (
        post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    yield "another coding", post + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
    yield "a chunk of size 0x5", post + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n"
    yield "a chunk of size −5", post + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n"
    yield "a chunk of 17 digits", (
        post + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n")
    yield "200,000 chunks of a byte", (
        post + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 200000 + b"0\r\n\r\n")
    yield "an unknown expectation", post + b"Expect: wonders\r\nContent-Length: 1\r\n\r\na"
    yield "a body that ends early", post + b"Content-Length: 100\r\n\r\nabc"


def bad_input(weights):
    """Sends every kind of bad input, and checks the answers."""
    good, wrong, kinds = 0, [], 0

    def report(name, status, body, may_close=False):
        nonlocal kinds, good
        kinds += 1
        try:
            document = json.loads(body)
            message = document["error"]
            is_sound = document["status"] == status and document["detail"] == message
        except (ValueError, KeyError, TypeError):
            message, is_sound = "(closed without an answer)" if status is None else "", False
        if status is None and may_close:
            is_sound = True
        if not is_sound or (status is not None and not (400 <= status < 500 or status in (
                501, 503, 505))):
            wrong.append(f"{name}: {status} {body[:200]!r}")
        print(f"  {status or '—':>4}  {name[:38]:<38}  {message[:110]}")

    with Server(weights) as server:
        server.ask("POST", "/features?quality=draft&output=cls", picture())
        before = server.resident()
        for name, body in bad_bodies():
            report(name, *server.ask("POST", "/features", body))
        small = picture("grey8.png")
        large = png(4000, 4000)
        for query in QUERIES:
            body = large if "fine" in query or "8&flips" in query else small
            report("?" + query, *server.ask("POST", "/features?" + query, body))
        for name, body, fields in bad_forms():
            report(name, *server.ask("POST", "/features", body, fields))
        for name, data in bad_wire():
            report(name, *server.send(data), may_close=name == "a body that ends early")
        after = server.resident()
        alive = server.process.poll() is None and server.ask("GET", "/livez")[0] == 200
        status, _ = server.ask("POST", "/features?quality=draft&output=cls", picture())
    print(f"{kinds} kinds; memory {before[0]} MiB before, {after[0]} after, {after[1]} at most; "
          f"alive: {alive}; a good request then: {status}")
    for line in wrong:
        print("WRONG", line)
    return kinds >= 60 and alive and status == 200 and not wrong
