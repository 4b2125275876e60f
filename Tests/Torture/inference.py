"""Promises about the Open Inference Protocol: its clients as they are published, and bodies that are damaged."""
import asyncio
import hashlib
import http.client
import json
import random
import tempfile

from answers import make_weights
from keeping import small
from server import Server, picture

MODEL = "tiny_vit"
PATH = f"/v2/models/{MODEL}/infer"


def inference(weights, count=3000, seed=1):
    """tritonclient's and KServe's clients, unchanged, and --count damaged bodies of --seed."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as store:
        make_weights(folder, weights)
        with Server(folder, "--model", MODEL, store=store) as server:
            outcomes = [triton(server), kserve(server), damaged(server, count, seed)]
            outcomes.append(server.process.poll() is None and server.ask("GET", "/livez")[0] == 200)
    return all(outcomes)


class Steps:
    """Counts what holds, and tells what does not."""

    def __init__(self):
        self.count, self.failed = 0, []

    def __call__(self, name, holds):
        self.count += 1
        if not holds:
            self.failed.append(name)

    def refused(self, name, kinds, words, act):
        """Whether something is refused with an error of the client's that has the words."""
        try:
            act()
            self(f"{name} was not refused", False)
        except kinds as error:
            self(f"{name}: {error}", words in str(error))

    def tell(self, client):
        print(f"  {client}: {self.count - len(self.failed)} of {self.count} steps"
              + "".join(f"\n    not {name}" for name in self.failed))
        return not self.failed


def direct(server, query, image):
    status, body = server.ask("POST", f"/features?{query}", image)
    assert status == 200, body
    return body


def triton(server):
    try:
        import numpy
        import tritonclient.http as client
        from tritonclient.utils import InferenceServerException as Refused
    except ImportError:
        print("  there is no tritonclient: pip install 'tritonclient[http]'")
        return True
    step, image = Steps(), picture("two_phase.png")
    with client.InferenceServerClient(f"127.0.0.1:{server.port}", concurrency=8) as triton:
        step("live", triton.is_server_live())
        step("model ready", triton.is_model_ready(MODEL))
        file = client.InferInput("image", [1], "BYTES")
        file.set_data_from_numpy(numpy.array([image], dtype=object), binary_data=True)

        def infer(*names, binary=True, **options):
            outputs = [client.InferRequestedOutput(name, binary_data=binary) for name in names]
            return triton.infer(MODEL, options.pop("inputs", [file]), outputs=outputs, **options)

        found = infer("cls", request_id="seven")
        step("the class token of a file", found.as_numpy("cls").tobytes()
             == direct(server, "output=cls&format=raw", image))
        step("the id", found.get_response()["id"] == "seven")
        step("ready", triton.is_server_ready())
        step("metadata", triton.get_model_metadata(MODEL)["name"] == MODEL)
        step("metadata of the server", "binary_tensor_data"
             in triton.get_server_metadata()["extensions"])
        step("JSON is binary's equal", numpy.array_equal(
            infer("cls", binary=False).as_numpy("cls"), found.as_numpy("cls")))
        halves = infer("features", "field", parameters={"quality": "draft", "dtype": "float16"})
        step("halves", halves.as_numpy("features").dtype == numpy.float16)
        step("no list of outputs", triton.infer(
            MODEL, [file], parameters={"quality": "draft", "grid": "patch"}
        ).as_numpy("features").ndim == 3)
        field = client.InferInput("field", [1], "BYTES")
        field.set_data_from_numpy(halves.as_numpy("field"))
        colours = infer("pca", inputs=[field]).as_numpy("pca")
        step("colours by the field's name",
             colours.dtype == numpy.uint8 and colours.shape[:2] == halves.as_numpy("features").shape[:2])
        pixels = numpy.random.default_rng(1).integers(0, 255, (42, 28, 3), numpy.uint8)
        tensor = client.InferInput("pixels", pixels.shape, "UINT8")
        for binary in (True, False):
            tensor.set_data_from_numpy(pixels, binary_data=binary)
            step(f"pixels, binary {binary}",
                 infer("features", inputs=[tensor], parameters={"quality": "draft"})
                 .as_numpy("features").shape[:2] == (42, 28))
        for coding in ("gzip", "deflate"):
            step(f"an answer to who takes {coding}", infer(
                "cls", response_compression_algorithm=coding).as_numpy("cls").shape
                == found.as_numpy("cls").shape)
            step.refused(f"a body in {coding}", Refused, "Content-Encoding", lambda: infer(
                "cls", request_compression_algorithm=coding))
        waiting = [triton.async_infer(MODEL, [file], outputs=[client.InferRequestedOutput("cls")])
                   for _ in range(20)]
        step("20 at a time", all(
            numpy.array_equal(each.get_result().as_numpy("cls"), found.as_numpy("cls"))
            for each in waiting))
        step("the index", any(model["name"] == MODEL and model["state"] == "READY"
                              for model in triton.get_model_repository_index()))
        step.refused("loading", Refused, "files", lambda: triton.load_model(MODEL))
        step.refused("unloading", Refused, "files", lambda: triton.unload_model(MODEL))
        step.refused("another model", Refused, '"none"', lambda: triton.infer("none", [file]))
        step.refused("its metadata", Refused, '"none"', lambda: triton.get_model_metadata("none"))
        step.refused("an option", Refused, "stride", lambda: infer("cls", parameters={"stride": 99}))
        step.refused("a timeout", Refused, "timeout of 1 µs", lambda: infer("features", timeout=1))
        file.set_data_from_numpy(numpy.array([b"no image"], dtype=object), binary_data=True)
        step.refused("no image", Refused, "those of no PNG", lambda: infer("cls"))
    return step.tell("tritonclient")


def kserve(server):
    try:
        import httpx
        import numpy
        from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
        from kserve.protocol.infer_type import RequestedOutput
    except ImportError:
        print("  there is no client of KServe's: pip install kserve")
        return True
    step, base = Steps(), f"http://127.0.0.1:{server.port}"

    async def run():
        client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=60))
        step("live", await client.is_server_live(base))
        step("ready", await client.is_server_ready(base))
        step("model ready", await client.is_model_ready(base, MODEL))
        pixels = numpy.random.default_rng(1).integers(0, 255, (42, 28), numpy.uint8)
        wanted = None
        for binary in (True, False):
            tensor = InferInput("pixels", list(pixels.shape), "UINT8")
            tensor.set_data_from_numpy(pixels, binary_data=binary)
            request = InferRequest(
                MODEL, [tensor], request_id="seven",
                request_outputs=[RequestedOutput("cls", {"binary_data": binary})])
            answer = await client.infer(base, request, model_name=MODEL)
            values = numpy.asarray(answer.outputs[0].data, numpy.float32)
            wanted = values if wanted is None else wanted
            step(f"pixels, binary {binary}", answer.id == "seven"
                 and answer.outputs[0].datatype == "FP32" and numpy.array_equal(values, wanted))
        try:
            await client.infer(base, request, model_name="none")
            step("another model was not refused", False)
        except httpx.HTTPStatusError as error:
            step(f"another model: {error}", '"none"' in str(error))
        await client.close()

    asyncio.run(run())
    return step.tell("KServe's client")


def sound(chance):
    """A request that is understood: its JSON, and what follows."""
    image = small(chance.randrange(50))
    name = "sha256-" + hashlib.sha256(image).hexdigest()
    tensors = [
        ({"name": "image", "datatype": "BYTES", "shape": [1],
          "parameters": {"binary_data_size": len(image) + 4}},
         len(image).to_bytes(4, "little") + image),
        ({"name": "pixels", "datatype": "UINT8", "shape": [28, 28],
          "parameters": {"binary_data_size": 784}}, bytes(784)),
        ({"name": "pixels", "datatype": "FP32", "shape": [2, 2], "data": [[1, 2], [3, 4]]}, b""),
        ({"name": "image_name", "datatype": "BYTES", "shape": [1], "data": [name]}, b""),
    ]
    tensor, rest = chance.choice(tensors)
    output = chance.choice(["cls", "features", "pca", "field", "boxes"])
    document = {"inputs": [tensor], "parameters": {"quality": "draft"},
                "outputs": [{"name": output, "parameters": {"binary_data": chance.random() < 0.8}}]}
    return json.dumps(document).encode(), rest


def damaged(server, count, seed):
    """Bodies in which bytes are changed, taken away and repeated: a 200 or a 4xx in the protocol's form."""
    chance, statuses, bad = random.Random(seed), {}, []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(count):
        head, rest = sound(chance)
        body, header = bytearray(head + rest), len(head)
        for _ in range(chance.randrange(4)):
            place = chance.randrange(min(len(head), len(body)) if chance.random() < 0.7 else len(body))
            kind = chance.randrange(4)
            if kind == 0:
                body[place] = chance.randrange(256)
            elif kind == 1:
                del body[place:place + chance.choice([1, 1, 4, 40])]
            elif kind == 2:
                body[place:place] = body[place:place + chance.choice([1, 4, 40])]
            else:
                body[place:place] = chance.choice([b"9", b"-", b"[", b"1e400", b"null", b"\xff"])
            if not body:
                break
        header += chance.choice([0, 0, 0, 0, 1, -1, 1000, -header])
        connection.request("POST", PATH, bytes(body), {"Inference-Header-Content-Length": str(header)})
        answer = connection.getresponse()
        told = answer.read()
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        if answer.status == 200:
            continue
        try:
            holds = (400 <= answer.status < 500 and json.loads(told)["error"]
                     and answer.headers["Content-Type"] == "application/json")
        except (ValueError, KeyError):
            holds = False
        if not holds:
            bad.append((answer.status, told[:200]))
    connection.close()
    print(f"  {count} bodies, most of them damaged: {dict(sorted(statuses.items()))}; "
          f"{len(bad)} answers were none of the protocol's {bad[:3] or ''}")
    return not bad and statuses.get(200, 0) > 0
