"""Checks that answers comply with openapi.yaml."""
import os
import shutil
import subprocess
import tempfile

from server import ROOT, Server

CONTRACT = ROOT / "Tests/Fixtures/Contract"


def contract(weights):
    """Whether answers comply with openapi.yaml, for any request."""
    tool = shutil.which("schemathesis")
    if tool is None:
        print("  there is no schemathesis: pip install schemathesis")
        return False
    limits = ("--tokens", "300", "--pixels", "100000", "--side", "600", "--views", "40",
              "--max-tflop", "0.05", "--points", "1000")
    with tempfile.TemporaryDirectory() as folder, Server(weights, *limits, store=folder) as server:
        base = f"http://127.0.0.1:{server.port}"
        environment = {**os.environ, "EYEPIECE": base,
                       "SCHEMATHESIS_HOOKS": str(CONTRACT / "hooks.py")}
        done = subprocess.run(
            [tool, "--config-file", CONTRACT / "schemathesis.toml", "run", ROOT / "openapi.yaml",
             "--url", base], env=environment, cwd=folder)
        alive = server.process.poll() is None and server.ask("GET", "/livez")[0] == 200
    return done.returncode == 0 and alive
