"""Clients that read answers slowly, in a process of their own: slow_readers.py COUNT PORT RATE PATH...

They ask for the paths in turn and take RATE bytes a second each. "all came" is printed when every
one has asked; at the end of the standard input a line of JSON says what became of them.
"""
import json
import resource
import select
import socket
import sys
import time

PAUSE = 0.25


def main(count, port, rate, paths):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    readers = []
    for number in range(count):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.connect(("127.0.0.1", port))
        path = paths[number % len(paths)]
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        reader.setblocking(False)
        readers.append(reader)
    print("all came", flush=True)
    came, answered, cut = time.monotonic(), set(), []
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        for reader in list(readers):
            try:
                taken = reader.recv(max(1, int(rate * PAUSE)))
            except BlockingIOError:
                continue
            except OSError:
                taken = b""
            if taken:
                answered.add(reader)
            else:
                cut.append(round(time.monotonic() - came, 2))
                readers.remove(reader)
    print(json.dumps({"answered": len(answered), "cut": cut}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
