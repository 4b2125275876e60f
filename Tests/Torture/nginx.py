"""nginx as a process: in front of a server with the configuration that is shipped, or as a store."""
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

from server import ROOT

TEMPORARY = """client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;"""


class Daemon:
    """A server of another maker, until it is left."""

    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(command)

    def wait_for(self, address):
        """Whatever it answers."""
        for _ in range(200):
            try:
                urllib.request.urlopen(address, timeout=2)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"bin/torture: {self.command[0]} did not start")

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


class Nginx(Daemon):
    """Runs what stands in `http { … }`, until it is left."""

    def __init__(self, folder, text):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;\n"
            f"events {{ worker_connections 4096; }}\nhttp {{ access_log off;\n"
            f"{TEMPORARY.format(folder=folder)}\n{text}\n}}\n")
        super().__init__(
            [program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"])


def in_front(folder, port, behind):
    """The configuration that is shipped, without TLS, on `port` before a server on `behind`."""
    text = (ROOT / "Config/nginx.conf").read_text()
    text = re.sub(r"\n *ssl_[^\n]*", "", text)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = text.replace("server 127.0.0.1:8471;", f"server 127.0.0.1:{behind};")
    return Nginx(folder, text)


def store(folder, host, port):
    """A store by DAV, as docs/machines.md has it."""
    (folder / "store").mkdir(exist_ok=True)
    return Nginx(folder, f"""
  client_max_body_size 0;
  server {{
    listen {host}:{port};
    root {folder}/store;
    location / {{ dav_methods PUT DELETE; create_full_put_path on; }}
  }}""")
