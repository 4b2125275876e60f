"""A table of measurements."""

from __future__ import annotations

import csv
from typing import Any

from qtpy.QtWidgets import (
    QFileDialog,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)


class Table(QWidget):
    """Rows as the server gave them, to be saved as CSV."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.cells = QTableWidget()
        self.cells.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.save_button = QPushButton("Save as CSV…")
        self.save_button.clicked.connect(self.ask_and_save)
        layout = QVBoxLayout(self)
        layout.addWidget(self.cells)
        layout.addWidget(self.save_button)

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        # Lengths in micrometres are empty where the image has no pixel size.
        names = [name for name in (rows[0] if rows else {})
                 if name != "image" and any(row[name] is not None for row in rows)]
        self.cells.setColumnCount(len(names))
        self.cells.setRowCount(len(rows))
        self.cells.setHorizontalHeaderLabels(names)
        for place, row in enumerate(rows):
            for column, name in enumerate(names):
                value = row[name]
                text = "" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)
                self.cells.setItem(place, column, QTableWidgetItem(text))
        self.cells.resizeColumnsToContents()

    def ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save measurements", "measurements.csv", "*.csv")
        if path:
            self.save(path)

    def save(self, path: str) -> None:
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]) if self.rows else [])
            writer.writeheader()
            writer.writerows(self.rows)
