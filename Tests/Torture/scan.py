"""Checks by a scanner of TLS servers."""
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from secrecy import FOLDER
from server import Server

BAD = ("MEDIUM", "HIGH", "CRITICAL")


def scan(weights):
    """Whether testssl.sh finds nothing above low, apart from the tests' own certificate."""
    program = shutil.which("testssl") or shutil.which("testssl.sh")
    if program is None:
        print("  there is no testssl: apt-get install testssl.sh")
        return False
    options = ("--tls-certificate", FOLDER / "server.pem", "--tls-key", FOLDER / "server.key")
    with tempfile.TemporaryDirectory() as folder, Server(
            weights, *options, scheme="https") as server:
        report = Path(folder) / "report.json"
        subprocess.run(
            [program, "--warnings", "off", "--color", "0", "--add-ca", FOLDER / "authority.pem",
             "--jsonfile", report, f"localhost:{server.port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=900)
        findings = json.loads(report.read_text())
    # A scan that could not connect finds nothing bad.
    offered = {found["id"]: found["finding"] for found in findings}
    is_whole = "offered" in offered.get("TLS1_3", "") and "LUCKY13" in offered
    bad = [found for found in findings if found["severity"] in BAD]
    for found in findings:
        if found["severity"] in BAD + ("LOW", "WARN"):
            print(f"  {found['severity']} {found['id']}: {found['finding']}")
    counted = [found for found in bad if not found["id"].startswith("cert")]
    print(f"  {len(findings)} findings, {len(counted)} above low, {len(bad) - len(counted)} more "
          "about the certificate")
    return is_whole and not counted
