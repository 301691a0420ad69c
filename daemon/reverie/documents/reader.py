"""YAML text as plain data, with the place of every key and value.

Scalars are those of YAML 1.2's core schema: ``20:00``, ``on`` and ``no`` are text, as the people who write them mean.
Source: https://yaml.org/spec/1.2.2/#103-core-schema. What is read is bounded (bytes, depth and entries, the latter
with every alias expanded), so that no file can exhaust the machine.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import yaml
from yaml.reader import ReaderError

from reverie.errors import ReverieError
from reverie.files import OddFileError, open_file
from reverie.foreign import LONGEST_LINE, plain

MAX_BYTES = 1_000_000
MAX_ENTRIES = 20_000
MAX_DEPTH = 32
LONGEST_MESSAGE = 1000

Keys = tuple[str | int, ...]
"""The way to a value: keys of mappings, numbers (from 0) of entries in lists."""

MERGE = "<<"
_NO_MERGE = (
    "merge keys (<<) are not known here: write the keys out in each place, or give a whole value a name (&name) and "
    "use it again (*name)"
)
_COLON = "; a text that begins with a colon, such as ::1, stands in quotes"
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BYTE_OF_NAME = re.compile(r"[\udc80-\udcff]")
"""A byte of a file's name that is no UTF-8, as Python has it."""
_MARK = "\ufeff".encode()
"""Of the order of bytes, which some editors put before the text."""
_NAMESPACE = "tag:yaml.org,2002:"
_SCALARS: dict[str, tuple[re.Pattern[str], str, Callable[[str], Any]]] = {
    "null": (re.compile(r"~|null|Null|NULL|"), "~nN", lambda _: None),
    "bool": (re.compile(r"true|True|TRUE|false|False|FALSE"), "tTfF", lambda text: text.lower() == "true"),
    "int": (
        re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
        "-+0123456789",
        lambda text: int(text, 0) if text[:2] in {"0o", "0x"} else int(text),
    ),
    "float": (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        "-+0123456789.",
        lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
    ),
}
_PLAIN_WORDS = (
    (r"found character '\\t' that cannot", "a tab stands here; YAML is indented and spaced with blanks only"),
    (r"mapping values are not allowed", "a second colon on this line; put a text that has a colon in quotes"),
    (r"could not find expected ':'", "this line is no 'key: value'; is a colon missing, or the indentation wrong?"),
    (r"found another document", "a second document begins here; a file holds one"),
    (r"expected <block end>", "this line does not fit those above it; is it indented like them?"),
    (r"expected ',' or '[\]}]'", "this list [ ] or mapping { } is not closed, or lacks a comma"),
    (r"found unexpected (end of stream|document separator)", "this quote is not closed"),
    (r"expected the node content", "a value is missing here"),
    (r"found undefined alias '(.*)'", r"the alias *\1 is the name of nothing above it"),
    (
        r"found unknown escape character|expected escape sequence",
        r"in double quotes a backslash begins an escape, such as \\n; put a text with backslashes in single quotes",
    ),
    (r"found character '([@`%&*!|>])' that cannot start", r"a text cannot begin with \1 here; put it in quotes"),
    (r"expected alphabetic or numeric character", "a text cannot begin with & or * unless it is in quotes"),
    (r"expected '<document start>'", "this line does not fit those above it; is it indented like them?"),
    (r"found duplicate anchor", "this anchor has been given before"),
    (r"(nested deeper|more) than (.*)", r"\g<0>"),
)
_WORD = re.compile(r"\S+")
_BLOCK_HEADER = re.compile(r"[|>][^\n]*\n")
_UNCLOSED = re.compile(r"expected ',' or|found unexpected (end of stream|document separator)")
"""What is to be mended where it begins, and not where the reader gave up."""


@dataclass(frozen=True, slots=True, order=True)
class DocumentFault:
    """Something wrong at a place of a file; ``line`` and ``column`` count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __post_init__(self) -> None:
        """Cut the middle out of a message that quotes more than anybody would read."""
        if len(self.message) > LONGEST_MESSAGE:
            half = LONGEST_MESSAGE // 2
            object.__setattr__(self, "message", f"{self.message[:half]}...{self.message[-half:]}")

    def __str__(self) -> str:
        return f"{plain(self.path, LONGEST_LINE)}:{self.line}:{self.column}: {self.message}"


class DocumentError(ReverieError):
    """A file says what it may not; the text has a line ``path:line:column: message`` for every fault."""

    def __init__(self, faults: Iterable[DocumentFault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A line and a column, from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text and its plain data; ``values`` and ``keys`` tell where each value and each key stands.

    ``plain`` has what was written for each value that stands without quotes.

    ``faults`` are those that leave the rest readable, such as a key given twice; no model is made of a document that
    has any, but they are told together with what the model finds.
    """

    path: str
    text: str
    data: dict[str, Any]
    values: Mapping[Keys, FilePlace]
    keys: Mapping[Keys, FilePlace]
    faults: tuple[DocumentFault, ...] = ()
    plain: Mapping[Keys, str] = field(default_factory=dict[Keys, str])

    def fault(self, way: Keys, message: str, *, at_key: bool = False) -> DocumentFault:
        """A fault at the value to which ``way`` leads, or at its key."""
        place = self.keys.get(way) if at_key else None
        place = place or self.values.get(way, FilePlace())
        return DocumentFault(self.path, place.line, place.column, message)

    def word_fault(self, way: Keys, text: str, start: int, message: str) -> DocumentFault:
        """A fault in a text value, at the word of it that begins with character ``start``.

        A text is read from quotes or from several lines, so its words are counted where it stands. One with escapes in
        it may have others: then the fault is that of the value.
        """
        whole = self.values.get(way, FilePlace())
        lines = self.text.split("\n")
        begin = sum(len(line) + 1 for line in lines[: whole.line - 1]) + whole.column - 1
        after = self.text[begin:]
        begin += len(header[0]) if (header := _BLOCK_HEADER.match(after)) else len(after) - len(after.lstrip("\"'"))
        words = itertools.islice(_WORD.finditer(self.text, begin), len(text[:start].split()), None)
        wanted = text[start:].split(maxsplit=1)[:1]
        found = next(words, None)
        if found is None or not wanted or not found[0].startswith(wanted[0]):
            return self.fault(way, message)
        place = _place(self.text[: found.start()])
        return DocumentFault(self.path, place.line, place.column, message)


class _Loader(yaml.SafeLoader):
    """Composes nodes, as many and as deep as a sane file has."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._entries = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        self._entries += 1
        if self._depth > MAX_DEPTH + 1 or self._entries > 2 * MAX_ENTRIES:
            here = self.peek_event().start_mark  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            raise yaml.MarkedYAMLError(problem=_too_much(self._depth), problem_mark=here)  # pyright: ignore[reportUnknownArgumentType]
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def scan_to_next_token(self) -> None:
        """Take a tab between brackets for a blank, as YAML 1.2 and JSON do."""
        super().scan_to_next_token()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        while self.flow_level and self.peek() == "\t":  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
            self.forward()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
            super().scan_to_next_token()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]


for _name, (_pattern, _first, _) in _SCALARS.items():
    _Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        _NAMESPACE + _name, re.compile(f"(?:{_pattern.pattern})$"), [*_first, ""] if _name == "null" else [*_first]
    )


def _too_much(depth: int) -> str:
    return f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_ENTRIES} entries"


def read_document(path: Path, *, own: bool = False, known: Document | None = None) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        own: Whether the daemon wrote it itself: names of files that are no text stand in it as escapes.
        known: What was read of it before, which is given again where its text is the same, since parsing takes long.

    Raises:
        DocumentError: if it is missing, unreadable or no YAML mapping.
    """
    try:
        with open_file(path) as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError([DocumentFault(str(path), 1, 1, "there is no such file")]) from None
    except OddFileError as error:
        raise DocumentError([DocumentFault(str(path), 1, 1, "this is no file")]) from error
    except OSError as error:
        raise DocumentError([DocumentFault(str(path), 1, 1, f"the file cannot be read: {error.strerror}")]) from error
    if known is not None and known.path == str(path) and known.text.encode() == data.removeprefix(_MARK):
        return known
    return parse_document(data, str(path), own=own)


def parse_document(text: str | bytes, path: str = "<text>", *, own: bool = False) -> Document:
    """Read YAML text; ``path`` is the name that faults give it.

    Raises:
        DocumentError: if it is no UTF-8, or no single YAML mapping.
    """
    if len(text) > MAX_BYTES:
        raise DocumentError([DocumentFault(path, 1, 1, f"the file is longer than {MAX_BYTES} bytes")])
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            place = _place(error.object[: error.start].decode())
            raise DocumentError(
                [DocumentFault(path, place.line, place.column, "this is no UTF-8 text; save the file as UTF-8")]
            ) from error
    text = text.removeprefix(_MARK.decode())
    return _Walk(path, own).document(text, _compose(text, path))


def _place(before: str) -> FilePlace:
    """The place that follows the text ``before``."""
    return FilePlace(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _compose(text: str, path: str) -> yaml.Node:
    loader = None
    try:
        loader = _Loader(text)
        node: yaml.Node | None = loader.get_single_node()
    except ReaderError as error:
        place = _place(text[: error.position])
        message = f"the control character U+{ord(text[error.position]):04X} stands here; take it out"
        raise DocumentError([DocumentFault(path, place.line, place.column, message)]) from error
    except yaml.MarkedYAMLError as error:
        unclosed = _UNCLOSED.search(error.problem or "")
        mark = (error.context_mark if unclosed else None) or error.problem_mark
        place = FilePlace(mark.line + 1, mark.column + 1) if mark else FilePlace()
        colon = error.problem_mark is not None and text[error.problem_mark.index :].startswith(":")
        message = _plain(error) + (_COLON if colon and "node content" in (error.problem or "") else "")
        raise DocumentError([DocumentFault(path, place.line, place.column, message)]) from error
    except (ValueError, OverflowError) as error:  # PyYAML lets them out of escapes such as \UFFFFFFFF
        mark = loader.get_mark() if loader else None
        place = FilePlace(mark.line + 1, mark.column + 1) if mark else FilePlace()
        raise DocumentError(
            [DocumentFault(path, place.line, place.column, "an escape in this text is no character")]
        ) from error
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        raise DocumentError([DocumentFault(path, 1, 1, "the file is empty")])
    return node


def _plain(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    for pattern, words in _PLAIN_WORDS:
        if match := re.search(pattern, problem):
            return match.expand(words)
    return f"this is no YAML: {problem}"


def _foreign(node: yaml.Node) -> str:
    tag = str(node.tag).replace(_NAMESPACE, "!!")
    return f"the tag {tag!r} is not known here; leave it out"


class _Walk:
    """Turns nodes into plain data, and notes places and faults on the way."""

    def __init__(self, path: str, own: bool) -> None:
        self._path = path
        self._own = own
        self._plain: dict[Keys, str] = {}
        self._values: dict[Keys, FilePlace] = {}
        self._keys: dict[Keys, FilePlace] = {}
        self._faults: list[DocumentFault] = []
        self._open: list[yaml.Node] = []

    def document(self, text: str, node: yaml.Node) -> Document:
        if not isinstance(node, yaml.MappingNode):
            self._stop(node, "a file is a mapping, that is, lines of 'key: value'")
        data = self._value(node, ())
        return Document(self._path, text, data, self._values, self._keys, tuple(self._faults), self._plain)

    def _value(self, node: yaml.Node, way: Keys) -> Any:
        if len(self._values) >= MAX_ENTRIES or len(way) > MAX_DEPTH:
            self._stop(node, f"{_too_much(len(way))}, with what its aliases stand for")
        if any(node is outer for outer in self._open):
            self._stop(node, "this contains an alias of itself")
        self._values[way] = FilePlace(node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            if node.style is None:
                self._plain[way] = str(node.value)
            return self._scalar(node)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                self._expect_tag(node, "map")
                return self._mapping(node, way)
            self._expect_tag(node, "seq")
            return [self._value(entry, (*way, number)) for number, entry in enumerate(node.value)]
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, way: Keys) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._add(key_node, "a key is a word; lists and mappings can be values only")
                continue
            if key_node.value == MERGE and key_node.style is None:
                self._add(key_node, _NO_MERGE)
                continue
            self._scalar(key_node)
            key = self._text(key_node)
            if key in data:
                first = self._keys[*way, key].line
                self._add(key_node, f"the key {key!r} has been given before, in line {first}")
                continue
            self._keys[*way, key] = FilePlace(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            data[key] = self._value(value_node, (*way, key))
        return data

    def _text(self, node: yaml.ScalarNode) -> str:
        """What a scalar says.

        A character beyond the first 65,536 is two halves in JSON, as its libraries write it. The line break at the end
        of a folded or literal block belongs to how it is written.
        """
        text = str(node.value)
        if node.style in {"|", ">"}:
            text = text.rstrip("\n")
        if not _SURROGATE.search(text):
            return text
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        for half in _SURROGATE.findall(text):
            if not (self._own and _BYTE_OF_NAME.fullmatch(half)):
                self._add(node, "half of a surrogate pair is no character")
                return ""
        return text

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = self._text(node)
        name = str(node.tag).removeprefix(_NAMESPACE)
        if name == "str":
            return text
        if name not in _SCALARS:
            self._stop(node, _foreign(node))
        pattern, _, read = _SCALARS[name]
        try:
            if not pattern.fullmatch(text):
                raise ValueError(text)  # noqa: TRY301 - one fault for both ways of being no number
            return read(text)
        except ValueError:
            self._add(node, f"{text[:20]!r} cannot be read as {name}")
            return text

    def _expect_tag(self, node: yaml.Node, name: str) -> None:
        if node.tag != _NAMESPACE + name:
            self._stop(node, _foreign(node))

    def _add(self, node: yaml.Node, message: str) -> None:
        self._faults.append(DocumentFault(self._path, node.start_mark.line + 1, node.start_mark.column + 1, message))

    def _stop(self, node: yaml.Node, message: str) -> NoReturn:
        self._add(node, message)
        raise DocumentError(self._faults)
