"""Other servers for comparison: nginx, uvicorn, and h11 without a socket."""
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wire import Answer

# The behaviour of all of them: /livez answers 200, /features refuses invalid images.
STATUSES = {"/livez": 200, "/features": 422, "/": 404}

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_max_body_size 256m; large_client_header_buffers 4 8k; lingering_timeout 1s;
  keepalive_timeout 5s; proxy_ignore_client_abort on;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{behind}; }} }}
  server {{
    listen 127.0.0.1:{behind};
    location = /livez {{ return 200 "ok\\n"; }}
    location = /features {{ return 422 "no image\\n"; }}
    location / {{ return 404 "nothing\\n"; }}
  }}
}}
"""

APPLICATION = """
STATUSES = {"/livez": 200, "/features": 422}

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        return await send({"type": "lifespan.shutdown.complete"})
    while (event := await receive()).get("more_body"):
        pass
    if event["type"] == "http.disconnect":
        return
    status = STATUSES.get(scope["path"], 404)
    await send({"type": "http.response.start", "status": status,
                "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"ok\\n"})
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """Another server, in a separate folder."""

    def __init__(self, name, configuration=NGINX):
        self.name = name
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        folder = Path(self.folder.name)
        if name == "nginx":
            text = configuration.format(folder=folder, port=self.port, behind=free_port())
            (folder / "nginx.conf").write_text(text)
            command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-e",
                       folder / "error.log", "-c", folder / "nginx.conf"]
        else:
            (folder / "application.py").write_text(APPLICATION)
            command = [sys.executable, "-m", "uvicorn", "--http", "h11", "--port", str(self.port),
                       "--log-level", "critical", "application:application"]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        sys.exit(f"bin/torture: {self.name} did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.folder.cleanup()


def h11_answers(data):
    """The result of h11 for some bytes, and whether it would close; without socket and timeouts."""
    import h11

    found = []
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=32768)
    status = None
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return found, False
            if isinstance(event, h11.Request):
                path = event.target.split(b"?")[0].decode("ascii", "replace")
                status = STATUSES.get(path, 404)
            if isinstance(event, h11.EndOfMessage):
                found.append(Answer(status, b""))
                # Not 200, which would open CONNECT's tunnel.
                connection.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    return found, True
                connection.start_next_cycle()
            if isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                return found, True
    except h11.RemoteProtocolError as error:
        found.append(Answer(error.error_status_hint, b""))
        return found, True
