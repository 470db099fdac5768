"""Strategies that make hostile inputs of valid ones: bytes and JSON documents."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.hostile_values import TOKENS, VALUES, Raw

Draw = Callable[..., Any]
_MAX_MUTATIONS = 4
_MAX_SEARCHED = 20_000
_WORD = re.compile(rb"[\w.+-]+")


def hostile_bytes(examples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return mutations of the examples, and now and then bytes without any model."""
    return st.one_of(mutated_bytes(examples), mutated_bytes(examples), st.binary(max_size=200), st.sampled_from(TOKENS))


@st.composite
def mutated_bytes(draw: Draw, examples: Sequence[bytes]) -> bytes:
    """Flip, cut, duplicate, remove, insert or splice some bytes of an example, or replace a word."""
    content = bytearray(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, _MAX_MUTATIONS))):
        kind = draw(st.integers(0, 7))
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(1, 40))
        piece = bytes(content[start : start + length])
        if kind == 0 and piece:
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == 1:
            del content[start:]
        elif kind == 2:
            content[start:start] = piece * draw(st.sampled_from((1, 2, 50)))
        elif kind == 3:
            del content[start : start + length]
        elif kind == 4:
            content[start:start] = draw(st.sampled_from(TOKENS))
        elif kind == 5:
            content[start : start + length] = draw(st.binary(max_size=length))
        elif kind == 6:
            if words := list(_WORD.finditer(content[:_MAX_SEARCHED])):
                word = draw(st.sampled_from(words))
                content[word.start() : word.end()] = draw(st.sampled_from(TOKENS))
        else:
            other = draw(st.sampled_from(examples))
            content[start:] = other[draw(st.integers(0, len(other))) :]
    return bytes(content)


def hostile_json(examples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return documents with other values, keys or bytes."""
    return st.one_of(mutated_json(examples), mutated_json(examples), hostile_bytes(examples))


@st.composite
def mutated_json(draw: Draw, examples: Sequence[bytes]) -> bytes:
    """Replace, remove, add or repeat some values of an example."""
    document = json.loads(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, _MAX_MUTATIONS))):
        document = _with_change(draw, document)
    return _to_text(document).encode()


def _with_change(draw: Draw, value: Any) -> Any:
    """Return a JSON value with one change, somewhere inside it."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(VALUES))
    changed: Any = value.copy()
    key = draw(st.sampled_from(list(value))) if isinstance(value, dict) else draw(st.integers(0, len(value) - 1))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        del changed[key]
    elif kind == 1 and isinstance(changed, dict):
        changed[draw(st.sampled_from(("surprise", "", "\n", "a" * 300)))] = draw(st.sampled_from(VALUES))
    elif kind == 1:
        changed.append(changed[key])
    else:
        changed[key] = _with_change(draw, changed[key])
    return changed


def _to_text(value: Any) -> str:
    """Return the JSON text of a value that may hold raw texts."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)}: {_to_text(one)}" for key, one in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_to_text, value))}]"
    return json.dumps(value, ensure_ascii=False)
