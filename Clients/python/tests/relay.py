"""A relay before a server that can be told to break connections."""

import contextlib
import socket
import threading


class Relay:
    """Passes bytes on; each of the numbers in `cuts` ends one answer after so many bytes."""

    def __init__(self, port, cuts=()):
        self.target, self.cuts, self.connections = port, list(cuts), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self.target))
                cut = self.cuts.pop(0) if self.cuts else None
                threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, cut), daemon=True).start()

    def _pass(self, source, sink, left):
        with contextlib.suppress(OSError):
            while left is None or left > 0:
                data = source.recv(65536 if left is None else min(65536, left))
                if not data:
                    break
                sink.sendall(data)
                left = None if left is None else left - len(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()
