"""Connections, refusals, repetitions."""

import http.server
import os
import socket
import socketserver
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from relay import Relay

import eyepiece
from eyepiece._transport import query


def test_options_are_written_as_the_server_reads_them():
    assert query({"region": (0, 1, 2, 3), "points": np.array([[3, 7], [5, 4]]), "for_": "ab", "x": None}) == (
        "region=0,1,2,3&points=3,7;5,4&for=ab")
    assert query({"clean": "guided:8,0.001;area:50", "layer": [8, "last"]}) == (
        "clean=guided:8,0.001;area:50&layer=8,last")
    assert query({"name": "a&b=ü"}) == "name=a%26b%3D%C3%BC"


def test_a_refusal_is_told_by_name(client, picture):
    with pytest.raises(eyepiece.Problem) as refusal:
        client.field(picture, quality="best")
    problem = refusal.value
    assert (problem.status, problem.name) == (400, "invalid-parameter")
    assert "quality" in problem.detail and problem.detail in str(problem) and problem.instance


def test_a_limit_is_told_with_its_setting(start):
    with eyepiece.Client(start("--body-bytes", "1000000").url) as client:
        with pytest.raises(eyepiece.Problem) as refusal:
            client.field(bytes(50_000_000))
    assert refusal.value.status == 413
    assert (refusal.value.limit, refusal.value.setting) == (1_000_000, "body-bytes")


def test_an_answer_is_read_though_the_connection_broke_while_the_body_was_sent():
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse():
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        connection.close()

    threading.Thread(target=refuse, daemon=True).start()
    with eyepiece.Client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
        with pytest.raises(eyepiece.Problem) as refusal:
            client.field(bytes(50_000_000))
    assert refusal.value.status == 401
    listener.close()


def test_no_server_is_told():
    with pytest.raises(eyepiece.Unreachable, match="no answer from http://127.0.0.1:9"):
        eyepiece.Client("http://127.0.0.1:9").models()
    with pytest.raises(ValueError):
        eyepiece.Client("ftp://somewhere")


def test_a_token_is_shown(start, tmp_path):
    file = tmp_path / "tokens"
    added = subprocess.run(
        [os.environ["EYEPIECE"], "token", "add", "ada", "--token-file", str(file)],
        capture_output=True, text=True, check=True)
    token = added.stdout.split()[-1]
    url = start("--token-file", str(file)).url
    with eyepiece.Client(url, token) as client:
        assert client.models()
    with eyepiece.Client(url) as client, pytest.raises(eyepiece.Problem) as refusal:
        client.models()
    assert refusal.value.status == 401


def test_connections_are_kept_and_threads_may_share_a_client(server, picture):
    relay = Relay(server.port)
    with eyepiece.Client(relay.url) as client:
        field = client.field(picture, quality="draft")
        for _ in range(5):
            field.cls()
            with pytest.raises(eyepiece.Problem):
                field.get("features", region="1")
        assert relay.connections == 1
        with ThreadPoolExecutor(4) as pool:
            rows = list(pool.map(lambda y: field.features(region=(0, y, 96, 1)), range(64)))
        assert np.array_equal(np.concatenate(rows), field.features())
        assert relay.connections <= 4
    relay.close()


def test_a_kept_connection_that_was_closed_is_made_again(start, picture):
    server = start()
    with eyepiece.Client(server.url) as client:
        first = client.field(picture, quality="draft").cls()
        server.stop()
        server.start()
        assert np.array_equal(client.field(picture, quality="draft").cls(), first)


def test_a_download_that_breaks_goes_on_where_it_was(server, client, picture, tmp_path):
    whole = client.field(picture, quality="draft").features()
    relay = Relay(server.port, cuts=[10_000, 50_000, 70_000])
    with eyepiece.Client(relay.url) as other:
        field = other.field(picture, quality="draft")
        assert np.array_equal(field.features(out=tmp_path / "a.npy"), whole)
        assert relay.connections == 4
    relay.close()


class Busy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        status = 503 if self.server.asked < 3 else 200
        body = b'{"models": []}' if status == 200 else b"full"
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", self.server.wait)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def busy():
    with socketserver.TCPServer(("127.0.0.1", 0), Busy) as server:
        server.asked, server.wait = 0, "0"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_full_server_is_asked_again_when_it_says(busy):
    with eyepiece.Client(f"http://127.0.0.1:{busy.server_address[1]}") as client:
        assert client.models() == [] and busy.asked == 3


def test_patience_has_an_end(busy):
    busy.wait = "1000"
    with eyepiece.Client(f"http://127.0.0.1:{busy.server_address[1]}") as client:
        with pytest.raises(eyepiece.Problem) as refusal:
            client.models()
    assert refusal.value.status == 503 and refusal.value.retry_after == 1000 and busy.asked == 1
    assert refusal.value.detail == "full"
