"""What models of files are made of: strict, frozen sections, and fields whose value differs from how it is written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from reverie.documents.reader import Keys

MISFIT = "misfit"
_MANY = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What validators know beyond the file, and which section each mapping of the file was read as.

    ``known`` holds what the caller knows of the world, such as the names of the models that exist.
    """

    known: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sections: dict[int, type[Section]] = field(default_factory=dict[int, "type[Section]"])

    @classmethod
    def get(cls, info: ValidationInfo, name: str) -> Any:
        """What the caller knows as ``name``; None if nothing, or if nobody asked through ``validate``."""
        return info.context.known.get(name) if isinstance(info.context, cls) else None


class Section(BaseModel):
    """A mapping of a file: exactly these keys, exactly these types.

    ``hints`` answers keys that people are likely to write here although they have no place.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)
    hints: ClassVar[Mapping[str, str]] = {}

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """What is well formed but does not fit together: the way to the place from here, and a sentence."""
        yield from ()

    @model_validator(mode="before")
    @classmethod
    def _remember(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(info.context, Facts):
            info.context.sections[id(data)] = cls
        return data

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        refuse(type(self).__name__, self.misfits())
        return self


def refuse(title: str, misfits: Iterable[tuple[Keys, str]]) -> None:
    """Tell all of ``misfits`` at once.

    Raises:
        ValidationError: if there are any; inside a validator pydantic adds the way that leads here.
    """
    details = [
        InitErrorDetails(type=PydanticCustomError(MISFIT, "{sentence}", {"sentence": sentence}), loc=way, input=None)
        for way, sentence in misfits
    ]
    if details:
        raise ValidationError.from_exception_data(title, details)


@dataclass(frozen=True, slots=True)
class Written:
    """Annotates a field that is written as ``form`` and read as ``value`` of it.

    Where ``form`` is a section, ``short`` may name keys of it: a value that is no mapping stands for these keys, so
    that ``84`` means ``{qpm: 84}``.
    """

    form: Any
    value: Callable[[Any], Any]
    short: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate the form, then make the value; a default is a value already."""
        schema = handler.generate_schema(self.form)
        if self.short:
            schema = core_schema.no_info_before_validator_function(self._lengthen, schema)
        return core_schema.no_info_after_validator_function(
            self.value,
            schema,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _as_it_is, return_schema=core_schema.any_schema()
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors the form, and the short form."""
        full = handler(schema)
        if not self.short:
            return full
        section = handler.resolve_ref_schema(full)
        return {"anyOf": [section["properties"][self.short[0]], full]}

    def _lengthen(self, data: Any) -> Any:
        return dict.fromkeys(self.short, data) if not isinstance(data, dict) else cast("dict[str, Any]", data)


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class ByKind:
    """Annotates a field that is one of several sections; the key ``kind`` says which.

    A mapping with the key ``marked``, and without the key ``unless``, is read as that one of ``others`` which its kind
    has, if it has one.
    """

    kinds: Mapping[str, type[Section]]
    others: Mapping[str, type[Section]] = field(default_factory=dict[str, "type[Section]"])
    marked: str = ""
    unless: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Look at ``kind`` first, so that faults are told for the section that was meant alone."""
        # The tag in angle brackets cannot be taken for a key on the way to a fault.
        union = core_schema.tagged_union_schema(
            {
                **{f"<{kind}>": handler.generate_schema(section) for kind, section in self.kinds.items()},
                **{f"<{kind} {self.marked}>": handler.generate_schema(one) for kind, one in self.others.items()},
            },
            discriminator=self._tag,
        )
        return core_schema.no_info_before_validator_function(self._look, union)

    def _tag(self, data: Any) -> str:
        """The union's tag of a mapping that is to be read, or of a section that is to be written."""
        if isinstance(data, Section):
            kind = getattr(data, "kind", None)
            other = isinstance(data, tuple({*self.others.values()}))
        else:
            kind = data["kind"]
            other = kind in self.others and self.marked in data and self.unless not in data
        return f"<{kind} {self.marked}>" if other else f"<{kind}>"

    def _look(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValidationError.from_exception_data("kind", [InitErrorDetails(type="dict_type", loc=(), input=data)])
        section = cast("dict[str, Any]", data)
        refuse("kind", self._doubts(section))
        return section

    def _doubts(self, data: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
        if "kind" not in data:
            yield (), f"the key 'kind' is missing: {' or '.join(repr(kind) for kind in self.kinds)}"
        elif data["kind"] not in tuple(self.kinds):
            yield ("kind",), f"there is no kind {data['kind']!r}{did_you_mean(str(data['kind']), self.kinds)}"


def did_you_mean(word: str, possible: Collection[str]) -> str:
    """The end of a sentence on an unknown word: the nearest that is possible, or all of them if they are few."""
    near = difflib.get_close_matches(word.lower(), possible, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    if possible and len(possible) <= _MANY:
        return f"; possible here: {', '.join(sorted(possible))}"
    return ""
