"""A PostgreSQL server in a temporary folder, as a process."""
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def programs():
    """The folder of the newest release that Debian installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    if not found:
        sys.exit("bin/torture: PostgreSQL is needed (apt-get install postgresql)")
    return found[-1]


class Postgres:
    """A database `eyepiece` on an address of this machine; it keeps nothing after its end."""

    def __init__(self, port, addresses=("127.0.0.1",), of=None):
        self.port, self.addresses, self.process = port, addresses, None
        self.folder = tempfile.mkdtemp(prefix="eyepiece-postgres-")
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        if of:
            self.run("pg_basebackup", "-h", of.folder, "-p", str(of.port), "-U", "eyepiece", "-D",
                     f"{self.folder}/data", "-R", "-X", "stream", "-c", "fast")
            self.start()
            return
        self.run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "eyepiece")
        with open(f"{self.folder}/data/pg_hba.conf", "a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")
        self.start()
        self.run("createdb", "-h", self.folder, "-p", str(port), "-U", "eyepiece", "eyepiece")

    def command(self, name, *arguments):
        """PostgreSQL refuses to be root's."""
        mask = (["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
                if os.getuid() == 0 else [])
        return [*mask, str(programs() / name), *arguments]

    def run(self, name, *arguments):
        return subprocess.run(self.command(name, *arguments), check=True, cwd="/",
                              capture_output=True, text=True).stdout

    def start(self):
        self.process = subprocess.Popen(
            self.command("postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-c",
                         f"listen_addresses={','.join(self.addresses)}", "-c",
                         f"unix_socket_directories={self.folder}"),
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                self.query("SELECT 1", database="postgres")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.1)
        sys.exit("bin/torture: PostgreSQL did not start")

    def standby(self, port):
        """A server that follows this one."""
        return Postgres(port, self.addresses, of=self)

    def promote(self):
        self.run("pg_ctl", "promote", "-w", "-D", f"{self.folder}/data")

    def stop(self):
        """At once, as after a crash."""
        self.process.send_signal(3)
        self.process.wait()

    def query(self, sql, database="eyepiece"):
        return self.run("psql", "-h", self.folder, "-p", str(self.port), "-U", "eyepiece", "-d",
                        database, "-At", "-c", sql)

    def address(self, host="127.0.0.1"):
        return f"postgres://eyepiece@{host}:{self.port}/eyepiece"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(3)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
