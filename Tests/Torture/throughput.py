"""Small answers per second, compared with nginx and a file of two bytes."""
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from peers import Peer
from server import Server

ROUNDS = 5
CONNECTIONS = 64
SECONDS = 4

NGINX = """
daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 10000000; open_file_cache max=10;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


def asked(port, path):
    """Requests per second and the 99th percentile in ms, by wrk on one thread."""
    text = subprocess.run(
        ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", str(SECONDS), "--latency",
         f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"bin/torture: wrk had no good answers:\n{text}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit])


def throughput(weights):
    """/livez as often as 64 connections can ask, in turns with nginx's file of two bytes."""
    if shutil.which("wrk") is None:
        raise SystemExit("bin/torture: needs wrk (apt-get install wrk nginx-light)")
    with (Server(weights, "--log-level", "error") as server,
          Server(weights, log=subprocess.DEVNULL) as logging, Peer("nginx", NGINX) as nginx):
        folder = Path(nginx.folder.name)
        # The workers of root's nginx run as another user.
        folder.chmod(0o755)
        (folder / "two").write_text("ok")
        rounds = [(asked(server.port, "/livez"), asked(logging.port, "/livez"),
                   asked(nginx.port, "/two")) for _ in range(ROUNDS)]
    ratios = []
    for name, side in (("quiet", 0), ("a line of the log each", 1), ("nginx", 2)):
        often, late = (statistics.median(values) for values in
                       zip(*(sides[side] for sides in rounds)))
        ratios.append(statistics.median(sides[side][0] / sides[2][0] for sides in rounds))
        print(f"  {name}: {often:,.0f} a second, p99 {late:.2f} ms; "
              f"ratio {ratios[-1]:.2f} in the middle of {ROUNDS} rounds")
    return ratios[0] >= 0.5
