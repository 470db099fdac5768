r"""Text from outside is matched in ASCII: `\d`, `int` and `isdigit` know the digits of every script, `\w` its letters.

A number in other digits is a number to one part of the program and a word to another, and no device, broker or systemd
reads it. Where letters of all scripts are meant, a pattern says so with `re.UNICODE`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cameras.source import SourceOptions, SourceUnknown, open_camera
from edge.redaction import redact_source
from landmarkers.numbers import is_number, read_decimal

ROOT = Path(__file__).parents[1]
PACKAGES = ("ishara", "landmarkers", "models", "edge", "trainer", "deploy")
METHODS = {"isdigit", "isdecimal", "isnumeric", "isalnum", "isalpha", "isidentifier"}
# These ask whether a word holds anything but punctuation, or is a number, in whatever script.
EXEMPT = {
    ("edge/corrections/corrector.py", "isalpha"),  # letters of any script
    ("edge/sinks/captions/lines.py", "isalnum"),
    ("models/label_file.py", "isnumeric"),
}
NEGATED = re.compile(r"\[\^(?:\\.|[^\]\\])*\]")
CLASS = re.compile(r"(?<!\\)(?:\\\\)*\\[dwsb]")
CLASS_IN_NEGATED = re.compile(r"\\[DWS]")
CONVERTERS = {"int", "float"}


def has_class(pattern: str) -> bool:
    r"""Return True if the pattern admits characters by a class: `\w` or `[^\W_]`, but not `[^\s]`, which refuses."""
    return CLASS.search(NEGATED.sub("", pattern)) is not None or any(
        CLASS_IN_NEGATED.search(found) for found in NEGATED.findall(pattern)
    )


def statements(tree: ast.AST) -> Iterator[list[ast.AST]]:
    """Yield the nodes of each statement, without those of the statements in it and without docstrings."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and not (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            nodes, found = [statement, *_children(statement)], list[ast.AST]()
            while nodes:
                node = nodes.pop()
                found.append(node)
                if node is not statement:
                    nodes += _children(node)
            yield found


def _children(node: ast.AST) -> list[ast.AST]:
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def faults(path: str, source: str) -> Iterator[str]:
    """Yield what in a source admits digits or letters of other scripts."""
    for nodes in statements(ast.parse(source)):
        attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names = attributes & {"ASCII", "UNICODE"}
        for node in nodes:
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and has_class(node.value) and not names:
                yield f"{where}: {node.value!r}: say [0-9], or re.ASCII"
            if isinstance(node, ast.Attribute) and node.attr == "IGNORECASE" and not names:
                yield f"{where}: re.IGNORECASE: add re.ASCII, since K and ſ are letters, too"
            if isinstance(node, ast.Attribute) and node.attr in METHODS and (path, node.attr) not in EXEMPT:
                yield f"{where}: {node.attr}: say landmarkers.numbers.is_number"
            if isinstance(node, ast.keyword) and node.arg == "type" and getattr(node.value, "id", "") in CONVERTERS:
                yield f"{where}: type={ast.unparse(node.value)} of an argument: say is_number or read_decimal"


def test_patterns_are_of_ascii() -> None:
    found = [
        fault
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for fault in faults(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "is_fault"),
    [
        (r're.compile(r"\d+")', True),
        (r're.compile(r"\d+", re.ASCII)', False),
        (r're.compile(r"[^\W_]+")', True),
        (r're.compile(r"[^/\s]+")', False),
        (r're.compile(r"\\d")', False),
        (r'PATTERN = rf"{start}\w+"', True),
        ('re.compile("rtsp", re.IGNORECASE)', True),
        ('re.compile("rtsp", re.IGNORECASE | re.UNICODE)', False),
        ("if text.isdigit():\n    pass", True),
        ('add_argument("--port", type=int)', True),
        (r'def f():\n    r"""Say \d."""'.replace(r"\n", "\n"), False),
    ],
)
def test_rule_finds_what_it_refuses(source: str, is_fault: bool) -> None:
    assert bool(list(faults("here.py", source))) == is_fault


@pytest.mark.parametrize("text", ["٣", "۳", "３", "९", "²", "1_0", " 1", "1\n", "", "1" * 19])
def test_whole_numbers_are_of_ascii(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize("text", ["٠.٥", "０.5", "1_0", "", "half"])
def test_decimals_are_of_ascii(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        read_decimal(text)


def test_camera_in_other_digits_is_refused() -> None:
    with pytest.raises(SourceUnknown, match="cameras are numbered"):
        open_camera("picamera:٠", SourceOptions())


@pytest.mark.parametrize("before", ["", "ا", "é", "x ", "\u00a0"])
def test_address_behind_any_letter_is_redacted(before: str) -> None:
    assert "secret" not in redact_source(f"{before}rtsp://hall.example/live?token=secret")
