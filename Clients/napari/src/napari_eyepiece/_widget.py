"""The dock widget: server, model and quality above, what comes of an image below."""

from __future__ import annotations

import os
from typing import Any, Callable, Optional

import eyepiece
import napari
import numpy as np
from napari.layers import Image, Labels
from napari.qt.threading import create_worker
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ._session import Session
from ._table import Table

# Milliseconds without a stroke before the classifier is trained again.
PAUSE = 150
# Layers of results, from below; the image lies below them, the strokes above.
KINDS = ("PCA", "clusters", "segmentation", "uncertainty")
# The colours that the server gives to classes 1, 2, … in its files.
COLOURS = DirectLabelColormap(color_dict={
    None: "transparent", 0: "transparent", 255: "black",
    **{label: eyepiece.PALETTE[(label - 1) % len(eyepiece.PALETTE)] for label in range(1, 255)}})


class EyepieceWidget(QWidget):
    """Makes the field of an image layer, and segments it while strokes are painted."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.session: Optional[Session] = None
        self.image: Optional[Image] = None
        self.labels: Optional[Labels] = None
        self._worker: Any = None
        self._is_stale = False
        self._table_dock: Any = None
        self.table = Table()

        self.server = QLineEdit(os.environ.get("EYEPIECE_URL", "http://localhost:8471"))
        self.token = QLineEdit(os.environ.get("EYEPIECE_TOKEN", ""))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.model = QComboBox()
        self.model.addItem("(the server's)", None)
        self.quality = _choice("standard", "draft", "fine", "hrdv2")
        self.start_button = _button("Make features of the chosen image", self.start)
        self.cancel_button = _button("Cancel", self.cancel)
        self.progress = QProgressBar()
        self.features = _choice("hybrid", "deep", "classical", "auto")
        self.clean = QLineEdit()
        self.clean.setPlaceholderText("such as guided;area:50")
        self.live = QCheckBox("Segment while I paint")
        self.live.setChecked(True)
        self.uncertainty = QCheckBox("Show uncertainty")
        self.pca_button = _button("PCA", self.show_pca)
        self.clusters_button = _button("Clusters", self.show_clusters)
        self.number = QSpinBox()
        self.number.setRange(2, 254)
        self.number.setValue(3)
        self.all_button = _button("Segment all pages", self.segment_all)
        self.of = _choice("fractions", "objects", "interfaces", "correlation")
        self.measure_button = _button("Measure", self.measure)

        form = QFormLayout()
        for title, widget in (
            ("Server", self.server), ("Token", self.token), ("Model", self.model),
            ("Quality", self.quality)):
            form.addRow(title, widget)
        form.addRow(_row(self.start_button, self.cancel_button))
        form.addRow(self.progress)
        form.addRow("Features", self.features)
        form.addRow("Clean-up", self.clean)
        form.addRow(self.live)
        form.addRow(self.uncertainty)
        form.addRow(_row(self.pca_button, self.number, self.clusters_button))
        form.addRow(self.all_button)
        form.addRow(_row(self.of, self.measure_button))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addStretch()

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.segment)
        for signal in (self.features.currentTextChanged, self.clean.editingFinished,
                       self.uncertainty.toggled, self.live.toggled):
            signal.connect(lambda *_: self.painted())
        self.server.editingFinished.connect(self.list_models)
        self._enable()
        self.list_models()

    # The server.

    def client(self) -> eyepiece.Client:
        return eyepiece.Client(self.server.text().strip() or None, self.token.text() or None)

    def list_models(self) -> None:
        """Fills the list of models, if the server is there."""

        def done(models: list[dict[str, Any]]) -> None:
            self.model.clear()
            for model in models:
                if model["available"]:
                    self.model.addItem(model["name"], model["name"])
                    if model["default"]:
                        self.model.setCurrentIndex(self.model.count() - 1)

        worker = create_worker(self.client().models, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(done)
        worker.start()

    # The field.

    @property
    def page(self) -> int:
        if not self.session or not self.session.has_pages:
            return 0
        return int(self.viewer.dims.current_step[0])

    def start(self) -> None:
        """Makes the field of the chosen image layer, or of the only one there is."""
        chosen = self.viewer.layers.selection.active
        images = [layer for layer in self.viewer.layers
                  if isinstance(layer, Image) and "eyepiece" not in layer.metadata]
        layer = chosen if chosen in images else images[-1] if images else None
        if layer is None:
            show_info("Open an image first")
            return
        data = layer.data[0] if layer.multiscale else layer.data
        options = {"quality": self.quality.currentText(), "model": self.model.currentData()}
        self.image = layer
        self.session = Session(self.client(), data, layer.rgb, options)
        self._make_labels()
        session, page = self.session, self.page

        def make() -> Any:
            yield from session.making(page)

        self._work(make, self._made, self._tell)

    def _tell(self, info: dict[str, Any]) -> None:
        self.progress.setValue(int(100 * info["progress"]))
        self.progress.setFormat(f"{info['state']}, {info['secondsLeft']:.0f} s left")

    def _made(self, _: Any) -> None:
        if self.page not in self.session.fields:
            self.progress.setFormat("cancelled")
            return
        self.progress.setValue(100)
        self.progress.setFormat("ready")
        field = self.session.fields[self.page]
        for notice in field.notices:
            show_info(notice)
        self.painted()

    def cancel(self) -> None:
        self.session.is_cancelled = True

    # Layers.

    def _make_labels(self) -> None:
        name = f"{self.image.name} strokes"
        if self.labels is not None:
            for event in (self.labels.events.labels_update, self.labels.events.data):
                event.disconnect(self._paint_event)
        if name in self.viewer.layers:
            self.labels = self.viewer.layers[name]
        else:
            self.labels = self.viewer.add_labels(
                np.zeros(self.session.shape, np.uint8), name=name, colormap=COLOURS, **self._placed())
            self.labels.brush_size = 5
            self.labels.mode = "paint"
        for event in (self.labels.events.labels_update, self.labels.events.data):
            event.connect(self._paint_event)

    def _placed(self) -> dict[str, Any]:
        axes = len(self.session.shape)
        return {"scale": self.image.scale[:axes], "translate": self.image.translate[:axes]}

    def _show(
        self, kind: str, add: Callable[..., Any], page: int, picture: np.ndarray, **settings: Any
    ) -> None:
        """Puts a page of a result into its layer, which is made where there is none."""
        name = f"{self.image.name} {kind}"
        if name not in self.viewer.layers:
            whole = picture
            if self.session.has_pages:
                whole = np.zeros((self.session.pages, *picture.shape), picture.dtype)
            layer = add(np.array(whole), name=name, metadata={"eyepiece": kind}, **self._placed(), **settings)
            self.viewer.layers.selection.active = self.labels
            below = [self.image.name, *(f"{self.image.name} {one}" for one in KINDS[:KINDS.index(kind)])]
            place = max(self.viewer.layers.index(one) for one in below if one in self.viewer.layers) + 1
            self.viewer.layers.move(self.viewer.layers.index(layer), place)
        layer = self.viewer.layers[name]
        if self.session.has_pages:
            layer.data[page] = picture
        else:
            layer.data[...] = picture
        layer.refresh()

    def show_pca(self) -> None:
        session, page = self.session, self.page

        def done(picture: np.ndarray) -> None:
            self._show("PCA", self.viewer.add_image, page, picture, rgb=True)

        self._work(lambda: session.field(page).pca(), done)

    def show_clusters(self) -> None:
        """Shows groups of like pixels, found without strokes; of the features that are chosen."""
        session, page, k = self.session, self.page, self.number.value()
        features = "deep" if self.features.currentText() == "deep" else "hybrid"

        def done(clusters: np.ndarray) -> None:
            self._show("clusters", self.viewer.add_labels, page, clusters, opacity=0.4, colormap=COLOURS)

        self._work(lambda: session.field(page).clusters(k=k, features=features).labels, done)

    # Segmentation.

    def _paint_event(self, event: Any = None) -> None:
        self.painted()

    def painted(self) -> None:
        """Trains again in a moment, unless more strokes follow."""
        if self.live.isChecked() and self.session and self.labels is not None:
            self._timer.start()

    def segment(self) -> None:
        """Trains on all strokes, and shows what that says about the page that is looked at."""
        self._segment([self.page])

    def segment_all(self) -> None:
        self._segment(range(self.session.pages))

    def _segment(self, pages: Any) -> None:
        session = self.session
        labels = np.array(self.labels.data).reshape(session.pages, *self.labels.data.shape[-2:])
        options = {"features": self.features.currentText()}
        clean, is_unsure = self.clean.text().strip() or None, self.uncertainty.isChecked()

        def work() -> Any:
            if not session.train(labels, **options):
                return
            for page in pages:
                if session.is_cancelled:
                    return
                result = session.segment(page, clean)
                yield page, result.labels, result.uncertainty() if is_unsure else None

        def show(answer: Any) -> None:
            page, classes, unsure = answer
            self._show("segmentation", self.viewer.add_labels, page, classes,
                       opacity=0.4, colormap=COLOURS)
            if unsure is not None:
                self._show("uncertainty", self.viewer.add_image, page, unsure,
                           colormap="magma", opacity=0.6, contrast_limits=(0, 1))

        self._work(work, lambda _: None, show)

    def measure(self) -> None:
        session, page, of = self.session, self.page, self.of.currentText()
        if session.classifier is None:
            show_info("Paint strokes of two classes first")
            return
        clean = self.clean.text().strip() or None

        def done(rows: list[dict[str, Any]]) -> None:
            self.table.show_rows(rows)
            if self._table_dock is None:
                self._table_dock = self.viewer.window.add_dock_widget(
                    self.table, name="Measurements", area="bottom")
            self._table_dock.show()

        self._work(lambda: session.segment(page, clean).measure(of), done)

    # Work in threads, one after another.

    def _work(
        self, work: Callable[[], Any], done: Callable[[Any], None],
        told: Optional[Callable[[Any], None]] = None,
    ) -> None:
        if self._worker is not None:
            # Strokes that came meanwhile are seen when this has ended.
            self._is_stale = True
            return
        self.session.is_cancelled = False
        self._worker = create_worker(work, _start_thread=False, _ignore_errors=True)
        self._worker.returned.connect(done)
        if told:
            self._worker.yielded.connect(told)
        self._worker.errored.connect(self._failed)
        self._worker.finished.connect(self._finished)
        self._enable()
        self._worker.start()

    def _failed(self, error: Exception) -> None:
        self.progress.setFormat("failed")
        show_error(str(error))

    def _finished(self) -> None:
        self._worker = None
        self._enable()
        if self._is_stale:
            self._is_stale = False
            self.painted()

    def _enable(self) -> None:
        is_busy = self._worker is not None
        is_ready = self.session is not None and not is_busy and bool(self.session.fields)
        self.start_button.setEnabled(not is_busy)
        self.cancel_button.setEnabled(is_busy)
        for widget in (self.pca_button, self.clusters_button, self.measure_button):
            widget.setEnabled(is_ready)
        self.all_button.setEnabled(is_ready and self.session.has_pages)


def _choice(*names: str) -> QComboBox:
    box = QComboBox()
    box.addItems(names)
    return box


def _button(title: str, action: Callable[[], None]) -> QPushButton:
    button = QPushButton(title)
    button.clicked.connect(lambda: action())
    return button


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return row
