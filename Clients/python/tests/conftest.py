import pytest

import eyepiece


@pytest.fixture
def client(server):
    with eyepiece.Client(server.url) as one:
        yield one


@pytest.fixture
def field(client, picture):
    return client.field(picture, quality="draft")
