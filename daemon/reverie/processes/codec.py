"""Messages as values: a frozen dataclass on either side of a socket, and a JSON object on the socket.

A class of messages has a ``type``, the tag of its JSON object; its fields say what else is in there. They may be text,
numbers, truth values, None, bytes, paths, literals, tuples, mappings from text or whole numbers, further dataclasses
and ``X | None`` of those. A class with ``as_json`` and ``from_json`` of its own, such as a loop, is written as these
do. ``Any`` stands for plain data that the reader checks himself.

A value reads back as it was: a whole number where any number may stand stays one, for JSON writes it otherwise and some
ids are hashes of JSON. Reading is strict: a field that is missing and has no default, that nobody knows or that has the
wrong type is an error, which names the field. How a class is written and read is worked out once, when the first
message of it passes; then neither costs more than code written by hand. Only ``typing`` is used, since the player
imports this.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar, Union

from reverie.processes.wire import Message, WireError

Writer = Callable[[Any], Any] | None
"""From a field's value to plain data; None where the value is plain already."""
Reader = Callable[[Any], Any]
"""From plain data to a field's value; raises ValueError, KeyError or TypeError."""
_UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, RecursionError, AttributeError)


T = TypeVar("T")


class Tagged(Protocol):
    """A value that can be a message."""

    type: ClassVar[str]


class HasOwnForm(Protocol):
    """A value that says itself how it is plain data."""

    def as_json(self) -> Any:
        """Plain data."""
        ...

    @classmethod
    def from_json(cls, data: Any) -> Any:
        """Read :meth:`as_json`'s data."""
        ...


def to_message(value: Tagged) -> Message:
    """A value as plain data for the wire."""
    message: Message = {"type": value.type}
    for name, write in _writers(type(value)):
        field = getattr(value, name)
        message[name] = field if write is None else write(field)
    return message


@typing.overload
def from_message(kinds: type[T], message: Any) -> T: ...


@typing.overload
def from_message(kinds: Any, message: Any) -> Any: ...


def from_message(kinds: Any, message: Any) -> Any:
    """The value that a message stands for.

    Args:
        kinds: A class of messages, or the union of those that may come.
        message: What :func:`to_message` made, as JSON keeps it.

    Returns:
        A value of one of the kinds.

    Raises:
        WireError: if the message is none of theirs; it names the message, the field and what is wrong.
    """
    if not isinstance(message, dict):
        raise WireError(f"a message is an object with a type, not {_brief(message)}")
    fields = typing.cast("Message", message).copy()
    tag = fields.pop("type", None)
    read = _readers(kinds).get(tag) if isinstance(tag, str) else None
    if read is None:
        raise WireError(f"there is no message of type {_brief(tag)} here")
    try:
        return read(fields)
    except _UNREADABLE as error:
        raise WireError(f"a message of type {tag} cannot be read: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    """What is wrong with a field, in words."""
    if isinstance(error, KeyError):
        return f"{error.args[0] if error.args else 'something'} is missing"
    return str(error) or type(error).__name__


@functools.cache
def _readers(kinds: Any) -> Mapping[str, Reader]:
    members = typing.get_args(kinds) or (kinds,)
    table = {kind.type: _dataclass_reader(kind) for kind in members}
    if len(table) != len(members):
        raise TypeError("two classes of messages have the same type")
    return table


@functools.cache
def _writers(kind: type[Any]) -> tuple[tuple[str, Writer], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field.name, _writer(hints[field.name])) for field in dataclasses.fields(kind))


def _writer(hint: Any) -> Writer:  # noqa: PLR0911 - one return for each kind of type
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {Union, types.UnionType}:
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        write = _writer(inner)
        return None if write is None else _unless_none(write)
    if origin is tuple:
        return _items_writer(_writers_of_items(arguments))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_writer(_writer(arguments[1]))
    if hint is bytes:
        return bytes.hex
    if hint is Path:
        return str
    if _has_own_form(hint):
        return hint.as_json
    if dataclasses.is_dataclass(hint):
        return _dataclass_writer(typing.cast("type[Any]", hint))
    return None


def _writers_of_items(arguments: tuple[Any, ...]) -> Writer | tuple[Writer, ...]:
    """The writer of every item, or one for each place."""
    if arguments[-1] is Ellipsis:
        return _writer(arguments[0])
    each = tuple(map(_writer, arguments))
    return each if any(each) else None


def _unless_none(change: Reader) -> Reader:
    return lambda value: None if value is None else change(value)


def _items_writer(write: Writer | tuple[Writer, ...]) -> Writer:
    if write is None:
        return list
    if not callable(write):
        each: tuple[Reader, ...] = tuple(one or _as_it_is for one in write)
        return lambda value: [one(item) for one, item in zip(each, value, strict=True)]
    return lambda value: [write(item) for item in value]


def _mapping_writer(write: Writer) -> Writer:
    if write is None:
        return dict
    return lambda value: {key: write(item) for key, item in value.items()}


def _dataclass_writer(kind: type[Any]) -> Reader:
    def write_all(value: Any) -> Any:
        data: dict[str, Any] = {}
        for name, write in _writers(kind):
            field = getattr(value, name)
            data[name] = field if write is None else write(field)
        return data

    return write_all


def _reader(hint: Any) -> Reader:  # noqa: PLR0911 - one return for each kind of type
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {Union, types.UnionType}:
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return _unless_none(_reader(inner))
    if origin is Literal:
        return _literal_reader(arguments)
    if origin is tuple:
        return _tuple_reader(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_reader(arguments[0], _reader(arguments[1]))
    if isinstance(hint, type) and hint in _SIMPLE:
        return _SIMPLE[hint]
    if hint is Any:
        return _as_it_is
    if _has_own_form(hint):
        return hint.from_json
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(typing.cast("type[Any]", hint))
    raise TypeError(f"a message cannot have a field of type {hint}")


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _expected("text", value)
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _expected("true or false", value)
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _expected("a whole number", value)
    return value


def _number(value: Any) -> float:
    if not isinstance(value, float | int) or isinstance(value, bool):
        raise _expected("a number", value)
    return value


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(_text(value))


def _path(value: Any) -> Path:
    return Path(_text(value))


_SIMPLE: Mapping[type, Reader] = {str: _text, bool: _truth, int: _whole, float: _number, bytes: _bytes, Path: _path}


def _literal_reader(known: tuple[Any, ...]) -> Reader:
    def read(value: Any) -> Any:
        if value not in known:
            raise _expected(" or ".join(map(repr, known)), value)
        return value

    return read


def _tuple_reader(arguments: tuple[Any, ...]) -> Reader:
    if arguments[-1] is Ellipsis:
        one = _reader(arguments[0])
        return lambda value: tuple(one(item) for item in _list(value))
    each = tuple(map(_reader, arguments))

    def read(value: Any) -> Any:
        items = _list(value)
        if len(items) != len(each):
            raise _expected(f"a list of {len(each)}", value)
        return tuple(one(item) for one, item in zip(each, items, strict=True))

    return read


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _expected("a list", value)
    return typing.cast("list[Any] | tuple[Any, ...]", value)


def _mapping_reader(key: Any, read: Reader) -> Reader:
    change = int if key is int else _text  # JSON has text for keys
    return lambda value: {change(name): read(item) for name, item in _object(value).items()}


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _expected("an object", value)
    return typing.cast("Mapping[str, Any]", value)


def _dataclass_reader(kind: type[Any]) -> Reader:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields}
    nothing = dataclasses.MISSING
    needed = {field.name for field in fields if field.default is nothing and field.default_factory is nothing}

    def read_all(value: Any) -> Any:
        data = _object(value)
        if lacking := needed - data.keys():
            raise ValueError(f"{', '.join(sorted(lacking))}: missing")
        values: dict[str, Any] = {}
        for name, item in data.items():
            if (read := readers.get(name)) is None:
                raise ValueError(f"{name}: unknown")
            try:
                values[name] = read(item)
            except _UNREADABLE as error:
                raise ValueError(f"{name}: {_in_words(error)}") from error
        return kind(**values)

    return read_all


def _has_own_form(hint: Any) -> typing.TypeGuard[type[HasOwnForm]]:
    return isinstance(hint, type) and hasattr(hint, "as_json") and hasattr(hint, "from_json")


def _expected(what: str, value: Any) -> ValueError:
    return ValueError(f"{what} was expected, not {_brief(value)}")


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line of a log
