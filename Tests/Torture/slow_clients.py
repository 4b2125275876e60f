"""Slow clients in a process of their own: slow_clients.py headers|bodies|reading COUNT PORT."""
import resource
import select
import socket
import sys
import time

BEGINNINGS = {
    "headers": b"GET /livez HTTP/1.1\r\nHost: a\r\nX: ",
    "bodies": b"POST /features HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx",
    "reading": b"GET /openapi.yaml HTTP/1.1\r\nHost: a\r\n\r\n",
}


def main(mode, count, port):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    clients = {}
    poll = select.epoll()
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(("127.0.0.1", port))
        client.sendall(BEGINNINGS[mode])
        clients[client.fileno()] = client
        # A client that does not read notices only the end of the connection.
        poll.register(client, select.EPOLLHUP if mode == "reading" else select.EPOLLIN)
    if mode == "reading":
        # A few bytes, so that each is known to have been answered.
        for client in clients.values():
            client.recv(1)
    print("all came", flush=True)
    next_drop = time.monotonic() + 3
    while clients and time.monotonic() < next_drop + 60:
        for number, _ in poll.poll(0.5):
            poll.unregister(number)
            clients.pop(number).close()
        if mode != "reading" and time.monotonic() > next_drop:
            next_drop += 3
            for client in list(clients.values()):
                try:
                    client.sendall(b"x")
                except OSError:
                    pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
