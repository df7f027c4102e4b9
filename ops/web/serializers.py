"""Fields that take what they say and nothing else: nothing is coerced.

Source: HTTP contract, section 1.1 (strictness, text).
"""

import copy
import functools
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar, TypeAlias

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from ops.errors import Fault, FieldFault

Rule: TypeAlias = Callable[[str], Fault | None]

WRONG_TYPE = "invalid_type"
# Thousands fit into a body, and to name each takes half a second and eight times the body's length.
MOST_UNKNOWN = 50
# Control characters, line and paragraph separators, bidirectional embeddings, overrides and isolates.
_FORBIDDEN_RANGES = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff"
_LINE_BREAK_RANGES = r"\u0009\u000a\u000d"
_FORBIDDEN = re.compile(f"[{_FORBIDDEN_RANGES}]")
_LINE_BREAKS = re.compile(f"[{_LINE_BREAK_RANGES}]")


class StrictSerializer(serializers.Serializer[Any]):
    """A body: an object with the declared fields and no other."""

    # What ``faults_of_all`` says, in words of JSON Schema: ``minProperties``, ``anyOf``, ``if`` and ``else``.
    constraints: ClassVar[Mapping[str, Any]] = {}
    # Another program's body, which gets new fields with its versions: what is not declared is left unread.
    open_to_more: ClassVar[bool] = False

    @classmethod
    def checked(cls, data: Any) -> dict[str, Any]:
        """Return the fields of a body, as JSON or a form has it.

        Raises:
            ValidationError: DRF's, with every faulty field.
        """
        reader = copy.copy(_made(cls))
        reader.initial_data = data
        reader.is_valid(raise_exception=True)
        fields: dict[str, Any] = reader.validated_data
        return fields

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the checked fields; all faults come at once, unknown fields among them."""
        if not isinstance(data, dict):
            raise ValidationError({"body": ["An object is needed."]}, code=WRONG_TYPE)
        faults: dict[str, Any] = {}
        try:
            value: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            value = {}
            faults.update(error.detail if isinstance(error.detail, dict) else {"body": error.detail})
        unknown = (name for name in data if name not in self.fields and not self.open_to_more)
        for name in islice(unknown, MOST_UNKNOWN):
            faults[_shown(name)] = ValidationError("There is no such field.", code="unknown_field").detail
        of_all: dict[str, list[Any]] = {}
        for field, code, message in self.faults_of_all(data):
            of_all.setdefault(field, []).extend(ValidationError(message, code=code).detail)
        faults = of_all | faults
        if faults:
            raise ValidationError(faults)
        return value

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:  # noqa: ARG002  # for a body of its own
        """Say what is wrong with the fields taken together, as they were sent; told with all other faults."""
        return []


@functools.cache
def _made(kind: type[StrictSerializer]) -> StrictSerializer:
    """Return a reader with its fields, to be copied: DRF copies each field anew for each body."""
    reader = kind(data={})
    reader.fields  # noqa: B018  # makes them, before several threads ask
    return reader


def _shown(name: str) -> str:
    """Return a client's field name, short enough to repeat to it."""
    return name if len(name) <= 64 else name[:64] + "…"  # noqa: PLR2004  # the longest id has 64, too


class Text(serializers.Field):  # type: ignore[type-arg]
    """Text: trimmed, NFC, without control and direction-override characters; lengths in code points.

    Args:
        min_length, max_length: bounds after trimming.
        lines: whether line breaks and tabs may stand in it.
        trim: whether white space at both ends goes; passwords keep theirs.
        rule: says what else is wrong with a text, after all that; ``None``: nothing. In the schema it is
            the text's format: ``timezone_fault`` decides the format ``timezone``.
        examples: good ones, for the schema.
        enum: all that it can be, for the schema; what else is taken for one of them stands in words.
        format: one of a standard's, for the schema; says nothing of what is taken.
    """

    default_error_messages = {  # noqa: RUF012  # DRF's form
        "invalid_type": "Text is needed.",
        "too_short": "At least {bound} characters are needed.",
        "too_long": "At most {bound} characters are possible.",
        "invalid_format": "Control characters are not possible here.",
    }

    def __init__(  # noqa: PLR0913  # what a text is told by
        self,
        *,
        min_length: int = 0,
        max_length: int,
        lines: bool = False,
        trim: bool = True,
        rule: Rule | None = None,
        examples: Sequence[str] = (),
        enum: Sequence[str] = (),
        format: str | None = None,  # noqa: A002  # JSON Schema's word
        **options: Any,
    ) -> None:
        """Remember the bounds."""
        super().__init__(**options)
        self.min_length = min_length
        self.max_length = max_length
        self.lines = lines
        self.trim = trim
        self.rule = rule
        self.examples = examples
        self.enum = enum
        self.format = format

    @property
    def pattern(self) -> str:
        """The characters that can stand in it, for the schema."""
        return f"^[^{_FORBIDDEN_RANGES}{'' if self.lines else _LINE_BREAK_RANGES}]*$"

    def to_internal_value(self, data: Any) -> str:
        """Return the text as it will be stored."""
        if not isinstance(data, str):
            self.fail("invalid_type")
        text = unicodedata.normalize("NFC", data) if self.trim else data
        text = text.strip() if self.trim else text
        if len(text) > self.max_length:
            self.fail("too_long", bound=self.max_length)
        if len(text) < self.min_length:
            self.fail("too_short", bound=self.min_length)
        if _FORBIDDEN.search(text) or (not self.lines and _LINE_BREAKS.search(text)):
            self.fail("invalid_format")
        if self.rule and (fault := self.rule(text)):
            raise ValidationError(fault.message, code=fault.code)
        return text

    def to_representation(self, value: Any) -> str:
        """Return the text."""
        return str(value)


class StrictInteger(serializers.IntegerField):
    """A JSON integer: not ``"5"``, not ``5.0``, not ``true``."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if type(data) is not int:
            msg = "An integer is needed."
            raise ValidationError(msg, code=WRONG_TYPE)
        return data


class StrictBoolean(serializers.BooleanField):
    """A JSON boolean: not ``"true"``, not ``1``."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth value."""
        if type(data) is not bool:
            msg = "true or false is needed."
            raise ValidationError(msg, code=WRONG_TYPE)
        return data


class Choice(serializers.ChoiceField):
    """One of the given words; a refusal lists them, and does not repeat what was sent."""

    def to_internal_value(self, data: Any) -> str:
        """Return the word."""
        if not isinstance(data, str):
            msg = "Text is needed."
            raise ValidationError(msg, code=WRONG_TYPE)
        if data not in self.choices:
            msg = f"Possible: {', '.join(self.choices)}."
            raise ValidationError(msg, code="invalid_choice")
        return data
