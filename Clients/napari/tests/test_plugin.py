"""The plugin in napari, as it is used."""

import csv

import napari
import numpy as np
import pytest
from napari_eyepiece import EyepieceWidget
from pictures import micrograph


@pytest.fixture
def opened(qtbot, server, monkeypatch):
    """Opens the widget through napari's plugins, beside a picture."""
    monkeypatch.setenv("EYEPIECE_URL", server.url)
    viewers = []

    def begin(data, **settings):
        viewer = napari.Viewer(show=False)
        viewers.append(viewer)
        viewer.add_image(data, name="steel", **settings)
        _, widget = viewer.window.add_plugin_dock_widget("napari-eyepiece", "Eyepiece")
        widget.quality.setCurrentText("draft")
        return viewer, widget

    yield begin
    for viewer in viewers:
        viewer.close()


def finish(qtbot, widget):
    qtbot.waitUntil(
        lambda: widget._worker is None and not widget._timer.isActive() and not widget._is_stale,
        timeout=20_000)


def make(qtbot, widget):
    widget.start()
    finish(qtbot, widget)
    assert widget.progress.format() == "ready"


def paint_both(widget, page=None):
    """A stroke of each class, as the brush paints it."""
    for label, places in ((1, [(12, x) for x in range(8, 30)]), (2, [(40, x) for x in range(60, 85)])):
        for y, x in places:
            widget.labels.paint((y, x) if page is None else (page, y, x), label)


def test_the_widget_is_a_plugin_that_napari_finds(opened, qtbot):
    viewer, widget = opened(micrograph())
    assert isinstance(widget, EyepieceWidget)
    qtbot.waitUntil(lambda: widget.model.currentText() == "vit", timeout=5_000)


def test_segmentation_follows_the_strokes(opened, qtbot):
    viewer, widget = opened(micrograph())
    make(qtbot, widget)
    assert viewer.layers.selection.active == widget.labels and widget.labels.mode == "paint"
    paint_both(widget)
    finish(qtbot, widget)
    layer = viewer.layers["steel segmentation"]
    painted = widget.labels.data > 0
    assert (layer.data[painted] == widget.labels.data[painted]).all()
    assert (layer.data > 0).all()
    assert viewer.layers.index(layer) < viewer.layers.index(widget.labels)
    before = layer.data.copy()
    widget.labels.data = np.where(painted, 3 - widget.labels.data, 0).astype(np.uint8)
    finish(qtbot, widget)
    assert viewer.layers["steel segmentation"] is layer
    assert np.array_equal(layer.data, 3 - before)


def test_strokes_that_come_while_it_works_are_seen_afterwards(opened, qtbot):
    viewer, widget = opened(micrograph())
    make(qtbot, widget)
    paint_both(widget)
    widget.segment()
    widget.labels.data = np.where(widget.labels.data > 0, 3 - widget.labels.data, 0).astype(np.uint8)
    widget._timer.stop()
    widget.segment()
    finish(qtbot, widget)
    painted = widget.labels.data > 0
    layer = viewer.layers["steel segmentation"]
    assert (layer.data[painted] == widget.labels.data[painted]).all()


def test_nothing_is_asked_before_there_are_two_classes(opened, qtbot):
    viewer, widget = opened(micrograph())
    make(qtbot, widget)
    widget.labels.paint((12, 12), 1)
    finish(qtbot, widget)
    assert "steel segmentation" not in viewer.layers and widget.progress.format() == "ready"


def test_uncertainty_and_components_are_layers(opened, qtbot):
    viewer, widget = opened(micrograph())
    make(qtbot, widget)
    widget.uncertainty.setChecked(True)
    paint_both(widget)
    finish(qtbot, widget)
    unsure = viewer.layers["steel uncertainty"].data
    assert unsure.shape == (64, 96) and 0 <= unsure.min() <= unsure.max() <= 1
    widget.show_pca()
    finish(qtbot, widget)
    order = [layer.name.removeprefix("steel").strip() for layer in viewer.layers]
    assert order == ["", "PCA", "segmentation", "uncertainty", "strokes"]
    assert viewer.layers["steel PCA"].rgb and viewer.layers["steel PCA"].data.shape == (64, 96, 3)


def test_clusters_are_a_layer_below_the_segmentation(opened, qtbot):
    viewer, widget = opened(micrograph())
    assert not widget.clusters_button.isEnabled()
    make(qtbot, widget)
    assert widget.clusters_button.isEnabled()
    paint_both(widget)
    finish(qtbot, widget)
    widget.number.setValue(2)
    for show in (widget.show_clusters, widget.show_pca):
        show()
        finish(qtbot, widget)
    layer = viewer.layers["steel clusters"]
    order = [one.name.removeprefix("steel").strip() for one in viewer.layers]
    assert order == ["", "PCA", "clusters", "segmentation", "strokes"]
    assert set(np.unique(layer.data)) == {1, 2}
    assert np.bincount(layer.data[:, :40].ravel()).argmax() != np.bincount(layer.data[:, 56:].ravel()).argmax()
    for features in ("deep", "hybrid"):
        widget.features.setCurrentText(features)
        finish(qtbot, widget)
        widget.number.setValue(4)
        widget.show_clusters()
        finish(qtbot, widget)
        expected = widget.session.fields[0].clusters(k=4, features=features).labels
        assert np.array_equal(layer.data, expected)
    assert viewer.layers.selection.active == widget.labels


def test_clusters_of_a_stack_are_those_of_the_page(opened, qtbot):
    viewer, widget = opened(np.stack([micrograph(seed=seed) for seed in range(3)]))
    viewer.dims.set_current_step(0, 2)
    make(qtbot, widget)
    widget.show_clusters()
    finish(qtbot, widget)
    layer = viewer.layers["steel clusters"]
    assert layer.data[2].all() and not layer.data[:2].any()


def test_measurements_are_a_table_and_a_file(opened, qtbot, tmp_path):
    viewer, widget = opened(micrograph())
    make(qtbot, widget)
    paint_both(widget)
    finish(qtbot, widget)
    widget.measure()
    finish(qtbot, widget)
    assert widget.table.cells.rowCount() == 2
    assert widget.table.cells.horizontalHeaderItem(0).text() == "class"
    widget.table.save(str(tmp_path / "a.csv"))
    rows = list(csv.DictReader(open(tmp_path / "a.csv")))
    assert sum(float(row["fraction"]) for row in rows) == pytest.approx(1)


def test_pages_of_a_stack_share_a_classifier(opened, qtbot):
    viewer, widget = opened(np.stack([micrograph(seed=seed) for seed in range(3)]))
    viewer.dims.set_current_step(0, 1)
    make(qtbot, widget)
    paint_both(widget, page=1)
    finish(qtbot, widget)
    layer = viewer.layers["steel segmentation"]
    assert layer.data.shape == (3, 64, 96) and layer.data[1].all() and not layer.data[0].any()
    paint_both(widget, page=2)
    finish(qtbot, widget)
    widget.segment_all()
    finish(qtbot, widget)
    assert layer.data.all() and (layer.data[:, :, :40] == 1).mean() > 0.9
    assert len(widget.session.fields) == 3


def test_colours_are_one_picture(opened, qtbot):
    viewer, widget = opened(np.stack([micrograph()] * 3, axis=-1), rgb=True)
    make(qtbot, widget)
    assert widget.labels.data.shape == (64, 96)


def test_layers_lie_where_the_image_lies(opened, qtbot):
    viewer, widget = opened(micrograph(), scale=(0.5, 0.5), translate=(10, 20))
    make(qtbot, widget)
    widget.show_pca()
    finish(qtbot, widget)
    for layer in (widget.labels, viewer.layers["steel PCA"]):
        assert tuple(layer.scale) == (0.5, 0.5) and tuple(layer.translate) == (10, 20)


def test_a_server_that_is_away_is_told(opened, qtbot, monkeypatch):
    told = []
    monkeypatch.setattr("napari_eyepiece._widget.show_error", told.append)
    viewer, widget = opened(micrograph())
    widget.server.setText("http://127.0.0.1:9")
    widget.start()
    finish(qtbot, widget)
    assert "no answer from http://127.0.0.1:9" in told[0]
    assert widget.start_button.isEnabled()


def test_making_is_given_up(opened, qtbot):
    viewer, widget = opened(np.random.default_rng(3).integers(0, 255, (1500, 1500)).astype(np.uint8))
    widget.quality.setCurrentText("fine")
    widget.start()
    qtbot.waitUntil(lambda: "left" in widget.progress.format(), timeout=10_000)
    widget.cancel()
    finish(qtbot, widget)
    assert not widget.session.fields and widget.progress.format() == "cancelled"
    # The encoder ends at its next block.
    qtbot.waitUntil(lambda: widget.client().queue()["running"] == 0, timeout=20_000)
