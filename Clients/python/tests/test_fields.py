"""A field and what is asked of it."""

import io

import numpy as np
import pytest
from PIL import Image

import eyepiece


def test_an_image_is_the_same_as_a_path_as_bytes_as_an_array_and_by_name(client, picture, tmp_path):
    Image.fromarray(picture).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    fields = [client.field(image, quality="draft") for image in (
        str(tmp_path / "a.png"), tmp_path / "a.png", data)]
    fields.append(client.field(fields[0].info["image"], quality="draft"))
    assert len({field.id for field in fields}) == 1
    array = client.field(picture, quality="draft")
    assert np.array_equal(array.features(), fields[0].features())


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "float32", "float64", "bool", ">u2"])
def test_arrays_of_any_numbers_are_images(client, picture, kind):
    field = client.field((picture > 100 if kind == "bool" else picture).astype(kind), quality="draft")
    assert field.shape == (64, 96)


def test_a_stack_has_a_page_axis(client, picture):
    stack = np.stack([picture, picture[::-1], picture[:, ::-1]])
    stack = np.repeat(stack, 2, axis=0)
    features = client.features(stack, quality="draft", page="all")
    assert features.shape[:3] == (6, 64, 96)
    assert np.array_equal(features[0], features[1])


def test_outputs_have_the_shapes_that_they_are_said_to_have(field):
    h, w = field.shape
    assert field.features().shape == (h, w, field.dim)
    assert field.features(region=(4, 8, 10, 6)).shape == (6, 10, field.dim)
    assert field.features(points=[[3, 7], [5, 4]]).shape == (2, field.dim)
    assert field.features(components=4, dtype="float16").dtype == np.float16
    assert field.pca(components=5).shape == (h, w, 5)
    assert field.attention().shape == (h, w, field.info["heads"])
    assert field.cls().shape == (field.dim,)
    assert field.similarity([3, 7]).shape == (h, w)
    assert field.foreground().dtype == bool and field.foreground().shape == (h, w)


def test_a_part_is_cut_from_the_whole(field):
    whole = field.features()
    assert np.array_equal(field.features(region=(4, 8, 10, 6)), whole[8:14, 4:14])
    assert np.array_equal(field.features(points=[[3, 7], [5, 4]]), whole[[7, 4], [3, 5]])
    xs, ys = np.meshgrid(np.arange(96), np.arange(64))
    everywhere = field.features(points=np.stack([xs.ravel(), ys.ravel()], axis=1))
    assert np.array_equal(everywhere, whole.reshape(-1, field.dim))


@pytest.mark.parametrize("name", ["pca", "picture", "foreground"])
def test_pictures_are_read_as_pillow_reads_them(field, name):
    expected = np.asarray(Image.open(io.BytesIO(field.get(name).body)))
    read = getattr(field, name)()
    assert np.array_equal(read * 255 if name == "foreground" else read, expected)


def test_a_file_that_is_written_while_it_comes_is_the_array(field, tmp_path):
    mapped = field.features(out=tmp_path / "a.npy")
    assert isinstance(mapped, np.memmap)
    assert np.array_equal(mapped, field.features())
    assert np.array_equal(np.load(tmp_path / "a.npy"), mapped)


def test_answers_are_saved_in_the_format_of_the_name(field, tmp_path):
    field.save(tmp_path / "a.tif", "pca")
    assert Image.open(tmp_path / "a.tif").size == (96, 64)
    field.save(tmp_path / "a.png", "attention")
    assert Image.open(tmp_path / "a.png").size == (96, 64)


def test_a_sample_has_the_labelled_pixels(field, labels):
    sample = field.sample(labels)
    ys, xs = np.nonzero(labels)
    assert np.array_equal(sample.points, np.stack([xs, ys], axis=1))
    assert np.array_equal(sample.labels, labels[ys, xs])
    assert np.array_equal(sample.features, field.features()[ys, xs])


def test_a_matrix_is_applied_to_every_pixel(field):
    weight = np.random.default_rng(1).normal(size=(3, field.dim))
    expected = field.features().astype(float) @ weight.T
    assert np.allclose(field.project(weight), expected, atol=1e-4)
    assert np.array_equal(field.project(weight, "labels").squeeze(), expected.argmax(axis=-1))


def test_the_way_to_a_field_is_told(client):
    states = []
    noise = np.random.default_rng(7).integers(0, 255, (300, 300)).astype(np.uint8)
    field = client.field(noise, quality="fine", progress=states.append)
    assert states[-1]["progress"] == 1 and field.is_ready
    assert all(a["progress"] <= b["progress"] for a, b in zip(states, states[1:]))


def test_a_field_that_is_not_waited_for_can_be_given_up(client):
    noise = np.random.default_rng(8).integers(0, 255, (1500, 1500)).astype(np.uint8)
    field = client.field(noise, quality="fine", wait=False)
    if not field.is_ready:
        field.cancel()
        with pytest.raises(eyepiece.Problem) as refusal:
            field.refresh()
        assert refusal.value.status == 404
