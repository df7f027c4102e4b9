"""The reason that staff give for a change."""

from collections.abc import Sequence
from typing import Any

from django import forms
from rest_framework import serializers

from ops.web.serializers import Text

SHORTEST, LONGEST = 5, 500  # characters: HTTP contract, wherever it asks for a reason
_RULE = Text(min_length=SHORTEST, max_length=LONGEST)


class ReasonField(forms.CharField):
    """Text by the contract's own rule, so that the console takes what the API takes."""

    def clean(self, value: Any) -> str:
        """Return the reason as it will be stored.

        Raises:
            forms.ValidationError: it is too short, too long, or holds what no text may hold.
        """
        try:
            return _RULE.to_internal_value(value or "")
        except serializers.ValidationError as fault:
            raise forms.ValidationError([str(each) for each in fault.detail]) from None


class ReasonForm(forms.Form):
    """Why it is done; a subclass asks for more. The reason stands last: one thinks of it last."""

    reason = ReasonField(
        label="Reason",
        min_length=SHORTEST,
        max_length=LONGEST,
        help_text=f"{SHORTEST} to {LONGEST} characters; kept in the audit log.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
    )

    def __init__(self, data: Any = None, *, chosen: Sequence[Any] = ()) -> None:
        """Take what was sent, ``None``: nothing yet, and the documents that it is about."""
        super().__init__(data)
        self.chosen = chosen
        self.order_fields([name for name in self.fields if name != "reason"])

    def focus_first(self) -> None:
        """Put the cursor into the first field, for a page that has nothing else to do on it."""
        first = next(iter(self.visible_fields()))
        first.field.widget.attrs["autofocus"] = True
