"""Checks of TLS with OpenSSL's own clients."""
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from server import ROOT, Server

FOLDER = ROOT / "Tests/Fixtures/TLS"
REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def context(version=None, authority="authority", protocols=None, identity=None):
    made = ssl.create_default_context(cafile=FOLDER / f"{authority}.pem")
    if version:
        made.minimum_version = made.maximum_version = version
    if protocols:
        made.set_alpn_protocols(protocols)
    if identity:
        made.load_cert_chain(FOLDER / f"{identity}.pem", FOLDER / f"{identity}.key")
    return made


def ask(port, made, data=REQUEST):
    """The answer, and how the connection ended."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as plain, made.wrap_socket(
                plain, server_hostname="localhost", suppress_ragged_eofs=False) as client:
            client.sendall(data)
            answer = b""
            while part := client.recv(65536):
                answer += part
            # The server's closure alert ended the loop: without it, recv would have raised.
            return f"{client.version()} {client.selected_alpn_protocol()}", answer[9:12].decode()
    except ssl.SSLError as error:
        return "refused", error.reason or type(error).__name__
    except OSError as error:
        return "refused", type(error).__name__


def renegotiation(port):
    """Whether a client of TLS 1.2 may renegotiate."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-CAfile",
         FOLDER / "authority.pem"], input=b"R\nGET /livez HTTP/1.1\r\n\r\n", timeout=20,
        capture_output=True)
    return b"no renegotiation" in done.stdout + done.stderr


def secrecy(weights):
    """Whether TLS is configured as it should be."""
    if shutil.which("openssl") is None:
        print("  there is no openssl: apt-get install openssl")
        return False
    failed = []

    def check(name, found, wanted):
        print(f"  {name}: {found}")
        if found != wanted:
            failed.append(f"{name}: {found}, not {wanted}")

    with tempfile.TemporaryDirectory() as folder:
        for part in ("pem", "key"):
            shutil.copy(FOLDER / f"server.{part}", f"{folder}/now.{part}")
        options = ("--tls-certificate", f"{folder}/now.pem", "--tls-key", f"{folder}/now.key")
        with Server(weights, *options, scheme="https") as server:
            port = server.port
            check("TLS 1.3", ask(port, context(ssl.TLSVersion.TLSv1_3)), ("TLSv1.3 None", "200"))
            check("TLS 1.2", ask(port, context(ssl.TLSVersion.TLSv1_2)), ("TLSv1.2 None", "200"))
            check("h2 or http/1.1", ask(port, context(protocols=["h2", "http/1.1"])),
                  ("TLSv1.3 http/1.1", "200"))
            check("h2 alone", ask(port, context(protocols=["h2"]))[0], "refused")
            with_old = context()
            with_old.minimum_version = ssl.TLSVersion.TLSv1
            with_old.maximum_version = ssl.TLSVersion.TLSv1_1
            check("TLS 1.1", ask(port, with_old)[0], "refused")
            weak = context(ssl.TLSVersion.TLSv1_2)
            weak.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA")
            check("no forward secrecy", ask(port, weak)[0], "refused")
            check("renegotiation refused", renegotiation(port), True)
            clear = socket.create_connection(("127.0.0.1", port), 10)
            clear.sendall(REQUEST)
            try:
                answer = clear.recv(4096)
            except OSError:
                answer = b""
            check("in the clear, an answer", answer[:4] == b"HTTP", False)
            curl = subprocess.run(
                ["curl", "-sS", "--http2", "--cacert", FOLDER / "authority.pem",
                 f"https://localhost:{port}/livez"], capture_output=True)
            check("curl", curl.stdout, b"ok\n")
            kept = http.client.HTTPSConnection("localhost", port, context=context(), timeout=10)
            kept.request("GET", "/livez")
            kept.getresponse().read()
            for part in ("pem", "key"):
                shutil.copy(FOLDER / f"stranger.{part}", f"{folder}/now.{part}")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(1)
            stranger = context(authority="stranger")
            stranger.check_hostname = False
            check("another certificate after SIGHUP", ask(port, stranger)[1], "200")
            kept.request("GET", "/livez")
            check("who came before goes on", kept.getresponse().status, 200)
            os.remove(f"{folder}/now.pem")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(1)
            check("a certificate that is gone changes nothing", ask(port, stranger)[1], "200")
    options = ("--tls-certificate", FOLDER / "server.pem", "--tls-key", FOLDER / "server.key",
               "--tls-clients", FOLDER / "authority.pem")
    with Server(weights, *options, scheme="https") as server:
        check("no client certificate", ask(server.port, context())[0], "refused")
        check("a stranger's", ask(server.port, context(identity="stranger"))[0], "refused")
        check("one of ours", ask(server.port, context(identity="client")), ("TLSv1.3 None", "200"))
    for line in failed:
        print("  FAILED", line)
    return not failed
