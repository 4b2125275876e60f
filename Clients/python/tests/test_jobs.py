"""Work that goes on without its client."""

import threading

import numpy as np
import pytest
from pictures import micrograph
from PIL import Image
from relay import Relay

import eyepiece


@pytest.fixture
def folder(tmp_path):
    """Four micrographs in a folder."""
    for seed in range(4):
        Image.fromarray(micrograph(seed=seed)).save(tmp_path / f"a{seed}.tif")
    return tmp_path


def large(seed, side=300):
    return np.random.default_rng(seed).integers(0, 255, (side, side)).astype(np.uint8)


def test_a_job_has_the_answer_of_a_request_that_waits(client, tmp_path):
    picture = micrograph(seed=77)
    job = client.submit(picture, output="features", format="npy", quality="draft")
    assert job.id and client.job(job.id).id == job.id
    assert job.wait() is job and job.state == "done" and job.progress == 1
    whole = client.features(picture, quality="draft")
    assert np.array_equal(job.array(), whole)
    mapped = job.array(out=tmp_path / "a.npy")
    assert isinstance(mapped, np.memmap) and np.array_equal(mapped, whole)
    job.save(tmp_path / "b.npy")
    assert np.array_equal(np.load(tmp_path / "b.npy"), whole)
    assert np.array_equal(job.field().features(), whole)


def test_what_is_at_hand_is_answered_at_once(client, picture, field, tmp_path):
    job = client.submit(picture, output="features", format="npy", quality="draft")
    assert job.has_ended and not job.id and job.refresh()
    assert np.array_equal(job.wait().array(), field.features())
    mapped = job.array(out=tmp_path / "a.npy")
    assert isinstance(mapped, np.memmap) and np.array_equal(mapped, field.features())
    job.save(tmp_path / "b.npy")
    assert np.array_equal(np.load(tmp_path / "b.npy"), mapped)
    assert job.field().id == field.id
    job.cancel()


def test_the_way_to_an_answer_is_told(client):
    states = []
    client.submit(large(1), output="cls", quality="fine").wait(progress=states.append)
    shares = [state["progress"] for state in states]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 1


def test_a_job_is_cancelled(client):
    busy = client.submit(large(2, 1500), output="cls", quality="fine")
    job = client.submit(large(3, 1500), output="cls", quality="fine")
    job.cancel()
    busy.cancel()
    with pytest.raises(eyepiece.EyepieceError, match=f"{job.id} is cancelled"):
        job.wait()
    with pytest.raises(eyepiece.EyepieceError, match="is cancelled"):
        job.array()


def test_a_submission_that_is_made_again_finds_the_first(client):
    first, second = (client.submit(large(4), key="once", output="cls", quality="fine") for _ in range(2))
    assert first.id == second.id
    first.wait()


def test_a_job_goes_on_when_the_server_comes_again(start):
    server = start()
    with eyepiece.Client(server.url) as client:
        job = client.submit(large(5, 400), output="cls", quality="fine")
        job.refresh()
        server.stop()
        with pytest.raises(eyepiece.Unreachable):
            job.refresh()
        server.start()
        assert job.wait().answer().body


def test_a_batch_is_sent_waited_for_and_fetched(client, folder, tmp_path):
    states = []
    batch = client.submit_all(
        sorted(folder.glob("*.tif")), name="steel", output="pca", quality="draft",
        progress=states.append)
    assert [state["state"] for state in states[:4]] == [f"sending {n} of 4" for n in (1, 2, 3, 4)]
    assert client.batch(batch.id).id == batch.id and len(batch) == 4
    batch.wait(progress=states.append)
    assert states[-1]["progress"] == 1 and batch.has_ended and batch.problems() == {}
    out = tmp_path / "out"
    paths = batch.save(out)
    assert sorted(path.name for path in out.iterdir()) == [f"a{n}.png" for n in range(4)]
    assert [Image.open(path).size for path in paths] == [(96, 64)] * 4
    names = [job.name for job in batch.jobs()]
    assert names == [f"a{n}.tif" for n in range(4)]
    # Made again, it sends nothing, and fetches what is not there in full.
    (out / "a2.png").write_bytes(b"cut short")
    states.clear()
    again = client.submit_all(sorted(folder.glob("*.tif")), output="pca", quality="draft", progress=states.append)
    assert not states
    assert batch.save(out) == paths and Image.open(out / "a2.png").size == (96, 64)
    again.wait().cancel()
    with pytest.raises(eyepiece.Problem):
        again.refresh()


def test_a_batch_segments_with_a_classifier(client, field, labels, folder, tmp_path):
    classifier = field.segment(labels).classifier
    batch = client.submit_all(
        {f"page {seed}": micrograph(seed=seed) for seed in range(3)}, classifier=classifier,
        format="npy").wait()
    expected = client.segment(micrograph(seed=1), classifier).labels
    paths = batch.save(tmp_path)
    assert np.array_equal(np.load(paths[1]), expected)
    for job in batch.jobs():
        assert job.array().shape == (64, 96)


def test_fields_of_a_batch_are_kept(client, folder):
    batch = client.submit_all(sorted(folder.glob("*.tif")), output="field", quality="draft").wait()
    fields = [job.field() for job in batch.jobs()]
    assert len({field.id for field in fields}) == 4 and all(field.is_ready for field in fields)
    assert batch.save(folder / "nothing") == []


def test_a_batch_that_cannot_be_taken_says_which_places(client, folder):
    with pytest.raises(eyepiece.Problem) as refusal:
        client.submit_all({"good": micrograph(), "bad": b"no image"}, output="pca")
    assert refusal.value.status in (415, 422)
    with pytest.raises(eyepiece.Problem) as refusal:
        client.submit_all(sorted(folder.glob("*.tif")), output="pca", quality="best")
    assert [place["place"] for place in refusal.value.members["places"]] == [0, 1, 2, 3]
    assert "place 0: " in str(refusal.value) and "quality" in str(refusal.value)


def test_one_image_or_none_is_no_batch(client, folder):
    for one in (str(folder / "a0.tif"), folder / "a0.tif", b"bytes"):
        with pytest.raises(ValueError, match="several"):
            client.submit_all(one, output="pca")
    with pytest.raises(eyepiece.Problem) as refusal:
        client.submit_all([], output="pca")
    assert refusal.value.status == 400 and "no job" in refusal.value.detail


def test_what_failed_is_told_and_the_others_are_there(client, tmp_path):
    flat = np.full((64, 96), 7, np.uint8)
    batch = client.submit_all(
        {"flat": flat, "steel": micrograph()}, output="clusters", quality="draft", k=3).wait()
    problems = batch.problems()
    assert list(problems) == ["flat"] and problems["flat"].status == 422
    assert [path[-9:] for path in batch.save(tmp_path)] == ["steel.png"]
    with pytest.raises(eyepiece.Problem):
        next(iter(batch.jobs())).wait()


def test_jobs_are_listed_page_by_page(client, folder):
    batch = client.submit_all(sorted(folder.glob("*.tif")), output="pca", quality="draft").wait()
    ids = [job.id for job in client.jobs(batch=batch.id, limit=1)]
    assert ids == [job.id for job in batch.jobs()]
    assert {job.state for job in client.jobs(state="done", batch=batch.id)} == {"done"}


def test_a_file_that_breaks_goes_on_where_it_was(server, client, tmp_path):
    submitted = client.submit(micrograph(seed=78), output="features", format="npy", quality="draft")
    whole = submitted.wait().array()
    relay = Relay(server.port, cuts=[20_000, 50_000])
    with eyepiece.Client(relay.url) as other:
        job = other.job(submitted.id)
        job.save(tmp_path / "a.npy")
        assert relay.connections == 3
    relay.close()
    assert np.array_equal(np.load(tmp_path / "a.npy"), whole)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_an_array_is_filled_as_it_comes(client, tmp_path):
    shape = client.field(micrograph(), quality="draft").features().shape
    stack = np.lib.format.open_memmap(tmp_path / "stack.npy", "w+", np.float32, (3, *shape))
    threads = [
        threading.Thread(target=lambda page=page: client.field(
            micrograph(seed=page), quality="draft").features(out=stack[page]))
        for page in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stack.flush()
    written = np.load(tmp_path / "stack.npy")
    for page in range(3):
        field = client.field(micrograph(seed=page), quality="draft")
        assert np.array_equal(written[page], field.features())
    for wrong in (stack[0, 1:], stack[0].astype(np.float16), stack[0].T.copy().T):
        with pytest.raises(ValueError, match="out is"):
            field.features(out=wrong)
