"""What is found without labels."""

import io

import numpy as np
import pytest
from pictures import micrograph
from PIL import Image

import eyepiece


@pytest.fixture
def fields(client):
    pictures = [micrograph(), micrograph(seed=1)[:, ::-1], np.rot90(micrograph(seed=2))]
    return [client.field(picture, quality="draft") for picture in pictures]


def test_clusters_part_the_phases(field, tmp_path):
    clusters = field.clusters(k=2)
    labels = np.asarray(clusters)
    assert labels.dtype == np.uint8 and labels.shape == field.shape
    assert set(np.unique(labels)) == {1, 2}
    left, right = (np.bincount(half.ravel()).argmax() for half in (labels[:, :40], labels[:, 56:]))
    assert left != right
    shares = [one["share"] for one in clusters.summary["images"][0]["clusters"]]
    assert shares == pytest.approx([(labels == 1).mean(), (labels == 2).mean()])
    clusters.save(tmp_path / "a.tif")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.tif")), labels)


def test_centroids_are_a_map_that_finds_them_again(field):
    clusters = field.clusters(k=3)
    weight, bias = clusters.centroids
    found = field.project(weight, "labels", bias=bias).squeeze() + 1
    assert np.array_equal(found, clusters.labels)


def test_options_of_clusters_are_kept_in_all_that_is_asked_of_them(field):
    clusters = field.clusters(k=3, seed=5, centre=True, normalise="l2")
    assert clusters.summary["seed"] == 5
    assert np.array_equal(
        clusters.labels, np.asarray(Image.open(io.BytesIO(
            field.get("clusters", k=3, seed=5, centre="true", normalise="l2").body))))


def test_clusters_of_several_fields_are_the_same_ones(client, fields):
    joint = client.clusters(fields, k=2)
    assert [labels.shape for labels in joint.labels] == [field.shape for field in fields]
    for field, labels in zip(fields, joint.labels):
        assert np.array_equal(
            field.project(joint.centroids.weight, "labels", bias=joint.centroids.bias).squeeze() + 1,
            labels)
    assert joint.summary["k"] == 2 and len(joint.summary["images"]) == 3
    assert client.clusters(fields, k=2, features="hybrid").centroids is None
    assert client.clusters(fields, elbow=0.9, salient=True).summary["elbow"]
    with pytest.raises(eyepiece.Problem) as refusal:
        client.clusters([])
    assert refusal.value.status == 422


def test_what_stands_out_is_a_mask_and_boxes(client):
    y, x = np.mgrid[:140, :140]
    spot = (x - 90) ** 2 + (y - 50) ** 2 < 30 ** 2
    field = client.field(np.where(spot, 220, 60 + (x * 7 + y * 3) % 11).astype(np.uint8), quality="draft")
    mask = field.saliency()
    assert mask.dtype == bool and mask.shape == field.shape
    assert np.array_equal(
        mask, np.asarray(Image.open(io.BytesIO(field.get("saliency").body))) > 0)
    assert field.array("saliency").shape[:2] == field.shape
    (box, *_) = field.boxes(method="tokencut")
    left, top, width, height = box["bbox"]
    assert left <= 90 <= left + width and top <= 50 <= top + height


def test_what_looks_like_places_is_a_mask(field):
    similarity = {place: field.similarity(place) for place in ((70, 30), (80, 50), (20, 30))}
    level = float(np.median(similarity[70, 30]))
    mask = field.alike([(70, 30)], similarity=level)
    assert mask.dtype == bool and np.array_equal(mask, similarity[70, 30] >= level) and 0.3 < mask.mean() < 0.7
    either = field.alike([(70, 30), (20, 30)], similarity=level)
    assert np.array_equal(either, mask | (similarity[20, 30] >= level))
    nearer = field.alike([(70, 30)], [(80, 50)], level)
    assert np.array_equal(nearer, mask & (similarity[70, 30] > similarity[80, 50])) and nearer.sum() < mask.sum()
    stroke = field.alike([[(70, 30), (71, 30), (72, 31)]], similarity=level)
    assert np.array_equal(stroke, field.similarity([(70, 30), (71, 30), (72, 31)]) >= level)
    assert not field.alike([], [(20, 30)]).any()


def test_images_that_are_alike_are_found(start):
    with eyepiece.Client(start().url) as client:
        fields = [client.field(micrograph(seed=seed), quality="draft") for seed in range(3)]
        found = client.search(fields[0], top=1)
        assert len(found) == 1 and found[0]["image"] in {field.info["image"] for field in fields[1:]}
        sent = client.search(micrograph(seed=2), descriptor="mean", quality="draft")
        assert sent[0]["field"] == fields[2].id and sent[0]["cosine"] == pytest.approx(1, abs=1e-5)
        assert len(sent) == 3


def test_places_that_show_the_same_are_paired(client, field):
    matches = client.correspondences(field, field, pairs=5)
    assert matches.a.shape == matches.b.shape == (len(matches.cosine), 2)
    assert np.allclose(matches.a, matches.b, atol=14) and matches.cosine[0] == pytest.approx(1, abs=1e-4)
    with pytest.raises(eyepiece.Problem) as refusal:
        client.correspondences(field, field, pairs=0)
    assert "pairs" in refusal.value.detail
