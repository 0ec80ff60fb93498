"""What a ledger's report says is said in Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import geo_api
from geo_api.http.language import translations

INGEST = Path(geo_api.__file__).parent / "ingest"
_SENTENCE = re.compile(r"(?:[A-Z%]\S*(?: .*)?|.*%\(\w+\)s.*)", re.DOTALL)


def _sentences(path: Path) -> set[str]:
    """Texts that begin like a sentence or have a place to fill; docstrings apart."""
    tree = ast.parse(path.read_text("utf-8"))
    quoted = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in quoted
        and " " in node.value
        and _SENTENCE.fullmatch(node.value)
    }


@pytest.mark.parametrize(
    "name",
    [
        "cells",
        "foreign_files",
        "delimited",
        "workbooks",
        "tables",
        "table_report",
        "repetitions",
        "households",
        "people",
        "duties",
        "zones",
        "orders",
        "requests",
    ],
)
def test_every_sentence_of_a_report_has_its_chinese(name) -> None:
    chinese = translations("zh-CN")
    sentences = _sentences(INGEST / f"{name}.py")
    assert sentences
    assert {s for s in sentences if chinese.gettext(s) == s} == set()
