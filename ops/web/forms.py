"""HTML forms, for the one operation of the API that takes them: sign-in."""

from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import parse_qsl

from rest_framework.parsers import BaseParser

from ops.errors import FieldFault, PayloadTooLargeError, ValidationFailedError
from ops.web.json import BODY_BYTES

MOST_FIELDS = 20


class StrictFormParser(BaseParser):
    """A form as an object of texts; the serializer looks at it as at JSON."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  # DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> dict[str, str]:
        """Return the fields.

        Raises:
            PayloadTooLargeError: more than 64 KiB.
            ValidationFailedError: not a form in UTF-8, too many fields, or one of them twice.
        """
        text = stream.read(BODY_BYTES + 1)
        if len(text) > BODY_BYTES:
            raise PayloadTooLargeError(limit=BODY_BYTES)
        try:
            pairs = parse_qsl(
                text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
            )
        except ValueError:
            raise _broken("The body is not a form in UTF-8.") from None
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise _broken("The body holds a field twice.")
        return fields


def _broken(message: str) -> ValidationFailedError:
    return ValidationFailedError([FieldFault("body", "invalid_format", message)])
