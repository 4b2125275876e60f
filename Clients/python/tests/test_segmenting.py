"""Labels to classes, classifiers and their files, scikit-learn."""

import json

import numpy as np
import pytest
from pictures import micrograph
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import eyepiece
from eyepiece.sklearn import EyepieceFeatures, from_sklearn, to_sklearn


def test_strokes_become_classes_of_all_pixels(field, labels):
    result = field.segment(labels)
    assert result.labels.dtype == np.uint8 and result.labels.shape == field.shape
    assert (result.labels[labels > 0] == labels[labels > 0]).all()
    assert np.array_equal(np.array(result), result.labels)
    assert result.probabilities().shape == (*field.shape, 2)
    assert np.allclose(result.probabilities().sum(axis=-1), 1, atol=1e-5)
    assert 0 <= result.uncertainty().min() <= result.uncertainty().max() <= 1
    assert result.overlay().shape == (*field.shape, 3)


@pytest.mark.parametrize("kind", ["int64", "uint16", "uint8", "bool"])
def test_labels_may_be_of_any_integers(field, labels, kind):
    if kind == "bool":
        assert len(field.sample(labels.astype(bool)).labels) == (labels > 0).sum()
    else:
        assert np.array_equal(
            field.segment(labels.astype(kind)[None]).labels, field.segment(labels).labels)


def test_labels_that_are_none_are_refused_here(field, labels):
    for wrong in (labels.astype(float), labels.astype(int) - 1, labels.astype(int) * 300, labels.ravel()):
        with pytest.raises(ValueError):
            field.segment(wrong)
    with pytest.raises(ValueError):
        field.segment()


def test_clean_up_goes_with_a_segmentation(field, labels):
    result = field.segment(labels, clean="majority:2")
    again = field.segment(classifier=result.classifier, clean="majority:2")
    assert np.array_equal(result.labels, again.labels)
    assert result.measure() == again.measure()


def test_measurements_are_rows(field, labels):
    rows = field.segment(labels).measure()
    assert [row["id"] for row in rows] == [1, 2]
    assert sum(row["fraction"] for row in rows) == pytest.approx(1)
    counted = field.measure(labels=np.where(np.arange(96) < 24, 1, 2) * np.ones((64, 1), int))
    assert counted[0]["fraction"] == 0.25
    assert field.segment(labels).measure("objects")[0]["area_px"] > 0


def test_a_segmentation_is_saved_by_its_ending(field, labels, tmp_path):
    result = field.segment(labels)
    for name in ("a.png", "a.tif"):
        result.save(tmp_path / name)
        assert np.array_equal(np.array(Image.open(tmp_path / name)), result.labels)
    result.save(tmp_path / "a.geojson")
    assert json.loads((tmp_path / "a.geojson").read_text())["type"] == "FeatureCollection"
    result.save(tmp_path / "a.zarr.zip")
    assert (tmp_path / "a.zarr.zip").read_bytes()[:2] == b"PK"


def test_labels_are_kept_at_a_field(field, labels):
    field.labels = None
    assert field.labels is None
    field.labels = labels
    assert np.array_equal(field.labels, labels)
    boxes = field.suggestions(field.segment(labels).classifier)
    assert all({"x", "y", "score"} <= set(box) for box in boxes)


def test_several_images_train_one_classifier(client, labels, picture):
    fields = [client.field(micrograph(seed=seed), quality="draft") for seed in (1, 2)]
    classifier = client.train(
        [(field, labels) for field in fields], classes={1: "matrix", 2: ("pore", "#000000")}, c=1)
    assert classifier.report["labelled"] == {"1": 176, "2": 200}
    result = client.segment(picture, classifier)
    assert (result.labels[labels > 0] == labels[labels > 0]).all()
    assert [row["class"] for row in result.measure()] == ["matrix", "pore"]
    assert classifier.file.classes[1] == {"id": 2, "name": "pore", "color": "#000000"}


def test_a_classifiers_file_goes_to_another_server(client, field, labels, start, tmp_path):
    classifier = field.segment(labels).classifier
    classifier.save(tmp_path / "a.safetensors")
    with eyepiece.Client(start().url) as other:
        sent = other.classifier(tmp_path / "a.safetensors")
        assert sent.id == classifier.id
        result = other.segment(micrograph(), sent)
    assert np.array_equal(result.labels, field.segment(labels).labels)
    classifier.delete()
    with pytest.raises(eyepiece.Problem):
        classifier.file


def test_names_and_colours_make_no_other_classifier(client, field, labels):
    named = client.train([(field, labels)], classes={1: "Körner/“α”", 2: "b"})
    assert named.file.id == named.id == field.segment(labels).classifier.id


def test_what_is_no_classifier_is_refused():
    for data in (b"", b"\x89PNG", bytes(100), b"\x02\0\0\0\0\0\0\0{}"):
        with pytest.raises(eyepiece.EyepieceError):
            eyepiece.ClassifierFile(data)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_servers_classifier_is_one_of_scikit_learns(field, labels, classes):
    labels[20:24, 8:30] = classes
    result = field.segment(labels, features="deep")
    estimator = to_sklearn(result.classifier.file)
    rows = field.features().reshape(-1, field.dim)
    assert np.array_equal(estimator.predict(rows).reshape(field.shape), result.labels)
    assert np.allclose(
        estimator.predict_proba(rows).reshape(*field.shape, -1), result.probabilities(), atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_scikit_learns_classifier_is_one_of_the_servers(client, field, labels, classes):
    labels[20:24, 8:30] = classes
    sample = field.sample(labels)
    mine = LogisticRegression(C=0.01, max_iter=2000).fit(sample.features, sample.labels)
    like = field.segment(labels, features="deep").classifier.file
    sent = client.classifier(from_sklearn(mine, like))
    rows = field.features().reshape(-1, field.dim)
    result = field.segment(classifier=sent)
    assert np.array_equal(mine.predict(rows).reshape(field.shape), result.labels)


def test_a_hybrid_classifier_survives_the_way_there_and_back(client, field, labels):
    file = field.segment(labels).classifier.file
    again = client.classifier(from_sklearn(to_sklearn(file), file)).file
    assert np.allclose(again.tensors["coef"], file.tensors["coef"], rtol=1e-5, atol=1e-6)
    assert np.array_equal(
        field.segment(classifier=client.classifier(again)).labels, field.segment(labels).labels)


def test_images_are_rows_for_a_pipeline(server):
    images = [micrograph(seed=seed) for seed in range(6)] + [micrograph(seed=seed).T for seed in range(6)]
    kinds = [0] * 6 + [1] * 6
    for pooling in ("cls", "mean"):
        model = make_pipeline(EyepieceFeatures(server.url, pooling=pooling, quality="draft"), LinearSVC())
        assert model.fit(images, kinds).score(images, kinds) == 1
    pixels = EyepieceFeatures(server.url, pooling="pixels", quality="draft").transform(images[:2])
    assert len(pixels) == 2 * 64 * 96
    with pytest.raises(ValueError):
        EyepieceFeatures(server.url, pooling="max").transform(images[:1])


@pytest.mark.parametrize("options", [{"kind": "forest"}, {"kind": "lda", "refits": 2}])
def test_files_of_every_kind_keep_their_ids(client, field, labels, options):
    classifier = client.train([(field, labels)], **options)
    file = classifier.file
    assert file.id == classifier.id
    classifier.delete()
    again = client.classifier(file)
    assert again.id == classifier.id and again.file.bytes == file.bytes
    if not file.is_linear:
        for wrong in (lambda: to_sklearn(file), lambda: file.replacing(np.zeros((1, 2)), np.zeros(1))):
            with pytest.raises(ValueError, match=options["kind"]):
                wrong()
