"""Mutators: bytes of a file in, other bytes out, as a random number generator says."""

import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from file_trees import FORMS, floats_of

LAUGHS = b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>%s]><a>&j;</a>" % b"".join(
    b"<!ENTITY %c '%s'>" % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
)
ALIASES = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, b", ".join([b"*%c" % (letter - 1)] * 9)) for letter in b"bcdefghi"
)
WORDS: tuple[bytes, ...] = (
    *b"""0 -0 1 -1 2 0.5 1e400 -1e400 1e-400 1e308 3.5e38 NaN nan inf -Infinity 2147483648 9223372036854775808 0x1F
    1_000 -9223372036854775809 99999999999999999999 1,5 true yes null ~ .inf .nan 2001-99-99 2001-01-01 *a {} []
    ${a} %s | > , ; : # = " ' \\ \\ud800 \\u0000 !foo !!python/object:os.system ../../../etc/passwd /etc/passwd
    &b; &#0; &#xD800; <![CDATA[ ]]> <!-- <?a""".split(),
    b"\xd9\xa3", b"\xef\xbc\x91", b"\xc3\xa9", b"\xf0\x9f\x96\x8b", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    b"\xff", b"", b" ", b"\0", b"\t", b"\r", b"\n", b"\n\n", b"\x1b[31m", b"\x7f", b"\x85", b"\xc2\x85",
    b"\xe2\x80\xa8", b"\xff\xfe", b"9" * 400, b"9" * 5000, b"f" * 5000, b"x" * 1000, b"[" * 300, b"{" * 300, b"]" * 300,
    b"(" * 300,
    b"[" * 100_000,
    b"<a>" * 300, b"!!bool foo", b"!!int foo", b"!!float foo", b"!!timestamp foo", b"!!binary foo", b"!!set [a]", b"- ",
    b"&a [*a]", b"<<: *a", b"? [a]\n: b", b"%YAML 9.9\n---\n", b"---\n", ALIASES, LAUGHS,
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, -1, 3.0, 0.5, -0.0, 1e-320, 1e39, 1e308, -1e308, float("nan"), float("inf"),
    2**31, 2**63, -(2**63) - 1, 10**400, "", "0", "nan", "a\nb", "\0", "\ud800", "\x85", "\u2028", "x" * 1000, "../x",
    b"", [], {}, [[]], [1, 2], {"": 0}, {"a": {"b": 1}}, [None], [float("nan")] * 2,
)  # fmt: skip
FLOATS = (float("nan"), float("inf"), -1.0, 0.0, 0.5, 2.0, 1e-45, 3e38, -3e38, 1e7)
WORD = re.compile(rb"[^\s,:;\"'<>=(){}\[\]/]+")


def _bytes(content: bytes, draw: Random, words: Sequence[bytes]) -> bytes:
    """Flip, insert, delete, duplicate, truncate, swap, zero or append."""
    first, last = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    few = min(len(content), first + draw.randint(1, 8))
    return draw.choice((
        lambda: content[:first] + bytes(byte ^ 1 << draw.randrange(8) for byte in content[first:few]) + content[few:],
        lambda: content[:first] + draw.randbytes(draw.randint(1, 8)) + content[first:],
        lambda: content[:first] + content[few:],
        lambda: content[:first] + content[last:],
        lambda: content[:last] + content[first:],
        lambda: content[:first],
        lambda: content[first:],
        lambda: content[last:] + content[first:last] + content[:first],
        lambda: content[:first] + bytes(few - first) + content[few:],
        lambda: content + draw.choice((content, bytes(4096), draw.randbytes(8))),
        lambda: content[:first] + draw.choice(words) + content[first:],
    ))()  # fmt: skip


def _text(content: bytes, draw: Random, words: Sequence[bytes]) -> bytes:
    """Another word for one of its words, lines moved, or another encoding of it all."""
    lines = content.splitlines(keepends=True)
    found = list(WORD.finditer(content))
    if not found or not lines:
        return draw.choice(words)
    (begin, end), line, other = draw.choice(found).span(), draw.randrange(len(lines)), draw.randrange(len(lines))
    new = draw.choice(words) if draw.random() < 0.8 else draw.choice(found)[0]
    swapped = [*lines]
    swapped[line], swapped[other] = lines[other], lines[line]
    return draw.choice((
        *(lambda: content[:begin] + new + content[end:],) * 8,
        lambda: content[:begin] + b"-" + content[begin:],
        lambda: content[:end] + b"0" * draw.randint(1, 30) + content[end:],
        lambda: b"".join(lines[:line] + lines[other:]),
        lambda: b"".join([*lines[:line], new, b"\n", *lines[line:]]),
        lambda: b"".join(swapped),
        lambda: content.decode("utf-8", "replace").encode(draw.choice(("utf-16", "utf-8-sig", "utf-32", "utf-7"))),
        lambda: content.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\0", b"\n\n"))),
    ))()  # fmt: skip


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Each node but the root, as a container and where in it the node is."""
    for key, value in [
        *(tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ())
    ]:
        yield tree, key
        yield from _places(value)


def _edit(tree: Any, draw: Random, words: Sequence[bytes]) -> None:
    """Change, take away, double, swap, rename or nest a node of a tree."""
    places = list(_places(tree))
    (where, key), (other, its) = draw.choice(places), draw.choice(places)
    action = draw.randrange(10)
    if action < 5:
        where[key] = _changed(where[key], draw, words)
    elif action == 5:
        del where[key]
    elif action == 6 and isinstance(where, list):
        where.insert(key, deepcopy(where[key]))
    elif action == 6:
        where[draw.choice((f"{key} ", "x", "", str(key).upper(), draw.choice(words).decode("latin-1")))] = deepcopy(
            where[key]
        )
    elif action == 7:
        where[key], other[its] = deepcopy(other[its]), deepcopy(where[key])
    elif action == 8 and isinstance(where, dict):
        where[draw.choice(("x", "", f"{key}s"))] = where.pop(key)
    else:
        for _ in range(draw.choice((1, 1, 2, 200))):
            where[key] = [where[key]] if draw.random() < 0.5 else {"a": where[key]}


def _changed(value: Any, draw: Random, words: Sequence[bytes]) -> Any:
    """A value near this one, or far from it."""
    if isinstance(value, bytes) and value and draw.random() < 0.5:
        numbers = floats_of(value)
        for _ in range(min(len(numbers), draw.choice((1, 1, 3, 1000)))):
            numbers[draw.randrange(len(numbers))] = draw.choice(FLOATS)
        return numbers.tobytes() + value[numbers.nbytes :]
    if isinstance(value, bytes) and value:
        return _bytes(value, draw, words)
    if isinstance(value, bool) or draw.random() < 0.5:
        return deepcopy(draw.choice(VALUES))
    if isinstance(value, int | float):
        return draw.choice(
            (-value, value + 1, value - 1, 2 * value, float(value), str(value), 10**6 * value, value / 3)
        )
    if isinstance(value, str):
        word = draw.choice(words).decode("latin-1")
        return draw.choice((word, value + word, word + value, value[:-1], value * 2, value.upper(), value[::-1]))
    return deepcopy(draw.choice(VALUES))


def _tree(content: bytes, draw: Random, words: Sequence[bytes], suffix: str) -> bytes:
    """The file with edits of what it says; that of its bytes where it says nothing."""
    form = FORMS[suffix]
    try:
        tree = [form.read(content)]
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            _edit(tree[0], draw, words)
        return form.write(tree[0])
    except Exception:  # whatever a library makes of what is no such file any more
        return _bytes(content, draw, words)


def mutate(content: bytes, draw: Random, words: Sequence[bytes], suffix: str) -> bytes:
    """A file with one, two or three mutations on top of one another."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        way = draw.random()
        if way < 0.5 and suffix in FORMS:
            content = _tree(content, draw, words, suffix)
        elif way < 0.75 and suffix in (".npy", ".npz", ".safetensors", ".gz"):
            content = _bytes(content, draw, words)
        elif way < 0.75:
            content = _text(content, draw, words)
        elif suffix == ".gz" and content[:2] == b"\x1f\x8b" and draw.random() < 0.8:  # else its checksum always tells
            with contextlib.suppress(OSError, EOFError, zlib.error):
                inside = _bytes(gzip.decompress(content), draw, words)
                content = gzip.compress(inside, 1, mtime=0) if draw.random() < 0.8 else inside
        else:
            content = _bytes(content, draw, words)
    return content
