"""Promises about answers: which bytes each of many requests is answered with."""
import hashlib
import http.client
import json
import math
import re
import struct
import tempfile
from pathlib import Path

from containers import arrays, nameless
from questions import BODIES, FIELDS, QUESTIONS, numbers
from server import PROGRAM, ROOT, Server

FAMILIES = ROOT / "Tests/Fixtures/Families"
HEADERS = (
    "Content-Type", "Content-Range", "Content-Disposition", "Eyepiece-Shape", "Eyepiece-Model",
    "Eyepiece-Precision", "Eyepiece-Loss", "Cache-Control", "Vary", "Allow", "Retry-After",
    "Location")


def make_weights(folder, weights):
    """The default weights, and a small random model of each family with its card."""
    folder = Path(folder)
    for file in Path(weights).resolve().glob("*.safetensors"):
        (folder / file.name).symlink_to(file)
    for file in FAMILIES.glob("*.safetensors"):
        data = file.read_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        head = json.loads(data[8:8 + length])
        card = json.loads(head.pop("__metadata__")["card"])
        head = {key.removeprefix("w."): entry for key, entry in head.items()}
        write_model(folder, "tiny_" + card["name"], card, head, data[8 + length:])
        if card["name"] == "dinov2_registers":
            card["upsampler"] = {"doublings": 2, "hasNorm": True}
            write_model(folder, "tiny_guided", card, *with_upsampler(head, data[8 + length:], 32))


def write_model(folder, name, card, head, values):
    card = card | {"name": name, "file": f"{name}.safetensors"}
    (folder / f"{name}.json").write_text(json.dumps(card))
    text = json.dumps(head).encode()
    (folder / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + values)


def with_upsampler(head, values, dim):
    """The tensors of a model beside those of FeatUp's upsampler of two doublings."""
    shapes = {"norm.weight": [dim], "norm.bias": [dim], "fixup_proj.1.weight": [dim, dim, 1, 1],
              "fixup_proj.1.bias": [dim]}
    for up in ("up1", "up2"):
        shapes |= {f"{up}.range_temp": [], f"{up}.sigma_spatial": []}
        for name, outputs, inputs in (("range_proj.0", 32, 3), ("range_proj.3", 32, 32),
                                      ("fixup_proj.0", 49, 52), ("fixup_proj.3", 49, 49)):
            shapes |= {f"{up}.{name}.weight": [outputs, inputs, 1, 1],
                       f"{up}.{name}.bias": [outputs]}
    head = dict(head)
    for seed, (name, shape) in enumerate(shapes.items()):
        part = numbers(math.prod(shape), seed, 0.1, 0.5)
        head["upsampler." + name] = {
            "dtype": "F32", "shape": shape, "data_offsets": [len(values), len(values) + len(part)]}
        values += part
    return head, values


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Asking:
    """A server that is asked everything in order; digests and tags are remembered by names."""

    def __init__(self, server):
        self.server = server
        self.names = {name: sha256(body) for name, body in BODIES.items()} | {"none": "0" * 64}
        self.tags = {}

    def filled(self, text):
        return re.sub(r"\{(\w+)\}", lambda match: self.names[match[1]], text)

    def ask(self, question):
        """(status, headers, body), and the answer as it is recorded."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=600)
        fields = {key: self.tags.get(value, value) for key, value in question.fields.items()}
        connection.request(question.method, self.filled(question.target),
                           BODIES.get(question.body), fields)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        self.tags[f"tag of {question}"] = response.getheader("ETag", "")
        return self.recorded(response, data), response, data

    def recorded(self, response, data):
        headers = {key: re.sub("[0-9a-f]{64}", "DIGEST", value) for key in HEADERS
                   if (value := response.getheader(key))}
        if "Content-Disposition" in headers:
            headers["Content-Disposition"] = re.sub(
                "[0-9a-f]{12}(?=[.\"])", "DIGEST", headers["Content-Disposition"])
        kind = headers.get("Content-Type", "")
        answer = {"status": response.status, "headers": headers, "file": sha256(data)}
        if kind == "application/problem+json":
            answer["problem"] = json.loads(data)["type"]
            answer["file"] = sha256(nameless(data.decode()).encode())
            answer["text"] = json.loads(data)["detail"]
        elif response.status in (200, 201, 206) and data:
            answer["values"] = [
                [*outline, sha256(values)] for *outline, values in arrays(kind, data)]
        return answer


def asked(weights, program, threads):
    """What a server of a program answers, by request."""
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        make_weights(folder, weights)
        with Server(folder, "--threads", threads, program=program) as server:
            asking = Asking(server)
            for name, question in FIELDS.items():
                answer, _, data = asking.ask(question)
                answers[str(question)] = answer
                asking.names[name] = json.loads(data).get("id", "")
            for question in QUESTIONS:
                assert str(question) not in answers, f"asked twice: {question}"
                answers[str(question)] = asking.ask(question)[0]
    return answers


def differences(before, after):
    """(request, what, before, after) of two records; the file alone when only that differs."""
    for request in list(before) + [key for key in after if key not in before]:
        one, other = before.get(request), after.get(request)
        if one is None or other is None:
            yield request, "asked", one is not None, other is not None
            continue
        what = [key for key in ("status", "problem", "headers", "values")
                if one.get(key) != other.get(key)]
        if not what and one["file"] != other["file"]:
            what = ["text" if one.get("text") != other.get("text") else "file"]
        for key in what:
            yield request, key, one.get(key), other.get(key)


def told(key, one, other):
    """What differs, of headers and arrays those alone that do."""
    if key == "headers":
        names = sorted(one.keys() | other.keys())
        pairs = [(name, one.get(name), other.get(name)) for name in names
                 if one.get(name) != other.get(name)]
        return "; ".join(f"{name}: {a} → {b}" for name, a, b in pairs)
    if key == "values" and one and other and len(one) == len(other):
        return "; ".join(f"{a} → {b}" for a, b in zip(one, other) if a != b)
    return f"{one} → {other}"


def answers(weights, record=None, against=None, program=PROGRAM):
    """Whether each answer is what it was, or the same with one thread and with two."""
    after = asked(weights, program, "2")
    statuses = [answer["status"] for answer in after.values()]
    counts = ", ".join(f"{statuses.count(s)}× {s}" for s in sorted(set(statuses)))
    print(f"  {len(after)} requests: {counts}")
    if record:
        Path(record).write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n")
        print(f"  written to {record}")
        return True
    before = json.loads(Path(against).read_text()) if against else asked(weights, program, "1")
    found = {"values": 0, "names": 0}
    for request, key, one, other in differences(before, after):
        is_name = key in ("file", "text")
        found["names" if is_name else "values"] += 1
        print(f"  {'name' if is_name else 'DIFFERENT'}  {request}\n"
              f"    {key}: {told(key, one, other)}")
    print(f"  {found['values']} other answers; {found['names']} that differ in names or text alone")
    return found["values"] == 0
