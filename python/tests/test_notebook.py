# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""The notebook in docs/ runs from top to bottom, and is committed with what it printed."""

import os

import nbformat
from conftest import ROOT
from nbclient import NotebookClient

NOTEBOOK = os.path.join(ROOT, "docs", "notebooks", "digits.ipynb")


def accuracies(notebook):
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "")
            if text.startswith("0."):
                found.append(float(text))
    return found


def test_notebook_runs():
    committed = nbformat.read(NOTEBOOK, as_version=4)
    assert min(accuracies(committed)) > 0.9
    assert any("image/png" in o.get("data", {}) for c in committed.cells for o in c.get("outputs", []))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": os.path.dirname(NOTEBOOK)}}).execute()
    found = accuracies(notebook)
    assert len(found) == 2 and min(found) > 0.9
