"""What has to be said before something is done about an incident."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from rest_framework import serializers

from ops.console import zones
from ops.console.reasons import ReasonForm
from ops.health_console import links
from ops.incidents import checklists, post_mortem, publishing
from ops.incidents.kinds import Kind, PublicState, Severity
from ops.mongo.collections import Document
from ops.status.states import PARTS
from ops.web.serializers import Text

SHORTEST = 5  # characters, wherever words are asked for
LINE, TEXT, WHOLE = 200, 2000, 30_000
QUIET = {"autocomplete": "off"}
FINDABLE = "Id of a user, family, account or request: what happened to it is looked up by it."
Choices = list[tuple[str, str]]


class WordsField(forms.CharField):
    """Words by the rule that the API has for them; empty only where nothing has to be said."""

    def __init__(self, rule: Text, widget: forms.Widget, **more: Any) -> None:
        """Take the rule."""
        super().__init__(max_length=rule.max_length, widget=widget, **more)
        self._rule = rule

    def clean(self, value: Any) -> str:
        """Return the words as they will be stored.

        Raises:
            forms.ValidationError: too short, too long, or with characters that no text may hold.
        """
        text = super().clean(value).replace("\r\n", "\n")
        if not text:
            return ""
        try:
            return self._rule.to_internal_value(text)
        except serializers.ValidationError as fault:
            raise forms.ValidationError([str(each) for each in fault.detail]) from None


class TextField(WordsField):
    """Words of several lines."""

    def __init__(self, *, longest: int = TEXT, rows: int = 4, **more: Any) -> None:
        """Take the bounds."""
        area = forms.Textarea(attrs={**QUIET, "rows": rows, "class": "vLargeTextField"})
        super().__init__(Text(min_length=SHORTEST, max_length=longest, lines=True), area, **more)


class LineField(WordsField):
    """Words of one line."""

    def __init__(self, *, shortest: int = 1, longest: int = LINE, **more: Any) -> None:
        """Take the bounds."""
        line = forms.TextInput(attrs={**QUIET, "class": "vTextField"})
        super().__init__(Text(min_length=shortest, max_length=longest), line, **more)


class DayField(forms.DateField):
    """A day, as browsers ask for it."""

    def __init__(self, **more: Any) -> None:
        """Take what a browser sends."""
        picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "vTextField"})
        super().__init__(widget=picker, input_formats=["%Y-%m-%d"], **more)


class ActForm(forms.Form):
    """What an act about one incident asks for; this one asks for nothing."""

    def __init__(self, data: Any, incident: Document, now: datetime, chosen: str = "") -> None:
        """Take what was sent, ``None``: nothing yet; ``chosen``: what the link to the form was about."""
        super().__init__(data)
        self.incident, self.now, self.chosen = incident, now, chosen
        self.fill()

    def fill(self) -> None:
        """Set choices, and what stands in the fields at first."""

    def _choose(self, name: str, choices: Choices, *, required: bool = True) -> None:
        offered = choices if required else [("", "-"), *choices]
        initial = self.chosen if self.chosen in dict(choices) else None
        self.fields[name] = forms.ChoiceField(choices=offered, required=required, initial=initial)
        self.order_fields([name])


class NoteForm(ActForm):
    """A note, and whom or what it is about."""

    text = TextField(label="Note")
    concerns = LineField(required=False, help_text=FINDABLE)


class TextForm(ActForm):
    """A text."""

    text = TextField()


class NoticeForm(ActForm):
    """What the authorities were told."""

    text = TextField(
        longest=WHOLE,
        rows=14,
        label="What the authorities were told",
        help_text="Send it to them first; here it is kept, and the clock of 72 hours ends.",
    )


class ResolveForm(ActForm):
    """What mended it."""

    text = TextField(label="What mended it")


class SeverityForm(ActForm):
    """How bad it is, and why that is so."""

    reason = ReasonForm.base_fields["reason"]

    def fill(self) -> None:
        """Offer the others."""
        others: Choices = [(each, each.upper()) for each in Severity if each != self.incident["severity"]]
        self._choose("severity", others)


class WhyForm(ActForm):
    """Why it is done."""

    reason = ReasonForm.base_fields["reason"]


class PublicForm(ActForm):
    """What users are told on the status page."""

    text = TextField(
        label="Text for users", longest=1000, help_text="No name, no address, no cause that helps to attack."
    )
    components = forms.MultipleChoiceField(
        required=False,
        label="Parts of the system that it is about",
        help_text="None: as before, at first the whole.",
        widget=forms.CheckboxSelectMultiple,
    )

    def fill(self) -> None:
        """Begin with what they were told last, or else with what is told of its kind."""
        states: Choices = [(each, each.capitalize()) for each in PublicState]
        self._choose("state", states)
        public = self.incident["public"]
        last = (
            public["updates"][-1] if public else {"state": PublicState.INVESTIGATING, "text": publishing.TEXT}
        )
        named = (
            public["components"] if public else publishing.COMPONENTS.get(self.incident["section"] or 0, [])
        )
        components: Any = self.fields["components"]
        components.choices = [
            (each, each) for each in dict.fromkeys([*(part.name for part in PARTS), *named])
        ]
        self.initial = {"state": last["state"], "text": last["text"], "components": named}


class TickForm(ActForm):
    """Which box is ticked, and what shows that it was done."""

    evidence = LineField(
        required=False, help_text="What shows it: an address, an id, a command and its result."
    )
    note = LineField(required=False)

    def fill(self) -> None:
        """Offer those that are not ticked."""
        self._choose("box", boxes_of(self.incident, ticked=False))


class UntickForm(ActForm):
    """Which tick was wrong."""

    def fill(self) -> None:
        """Offer those that are ticked."""
        self._choose("box", boxes_of(self.incident, ticked=True))


class FollowUpForm(ActForm):
    """What is left to be done, by whom and by when."""

    what = LineField()
    owner = LineField(help_text="Who sees to it.")
    due = DayField(label="By when")


class FollowUpDoneForm(ActForm):
    """Which of them is done."""

    def fill(self) -> None:
        """Offer those that are left."""
        left: Choices = [
            (each["id"], f"{each['what']} ({each['owner']}, {each['due']})")
            for each in self.incident["follow_ups"]
            if each["done_at"] is None
        ]
        self._choose("follow_up", left)


class PlanForm(ActForm):
    """For which day the search for the cause is planned."""

    on = DayField(label="Day of the search")


class LinkForm(ActForm):
    """What belongs to it, and where that is."""

    what = LineField(help_text="For example: the change that mends it; the page that was changed.")
    address = LineField(longest=500, help_text="Begins with https:// or http://.")

    def clean_address(self) -> str:
        """Return an address that is safe to be a link."""
        address: str = self.cleaned_data["address"]
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise forms.ValidationError("That is no address that begins with https:// or http://.")
        return address


class PostMortemForm(ActForm):
    """The post-mortem, in Markdown."""

    text = TextField(
        longest=WHOLE, rows=30, label="Post-mortem", help_text="Nobody is to blame: what let it happen?"
    )

    def fill(self) -> None:
        """Begin with what was written, or with what is known."""
        if not self.is_bound:
            self.initial = {"text": post_mortem.template(self.incident, self.now)}


class OpenForm(forms.Form):
    """An incident that a person reports."""

    kind = forms.ChoiceField(choices=[(each, each.capitalize()) for each in Kind])
    severity = forms.ChoiceField(choices=[(each, each.upper()) for each in Severity], initial=Severity.P2)
    title = LineField(
        shortest=SHORTEST, label="What is wrong", help_text="In a line; nothing secret, nobody's name."
    )
    section = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="Section of the runbook"
    )
    known = TextField(required=False, label="What is known")
    known_at = forms.DateTimeField(
        required=False,
        help_text="Empty: now. From then on the 72 hours of a security incident count.",
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "vTextField"}
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    concerns = LineField(required=False, help_text=FINDABLE)

    def __init__(self, data: Any, now: datetime) -> None:
        """Take what was sent, ``None``: nothing yet."""
        super().__init__(data)
        self.now = now
        self.fields["known_at"].label = f"Known since ({zones.current().key})"
        section: Any = self.fields["section"]
        pages = sorted(links.sections().items())
        section.choices = [("", "-"), *((number, f"{number}. {page.title}") for number, page in pages)]

    def clean_known_at(self) -> datetime | None:
        """Return the moment, in UTC; it is meant where who looks is."""
        known_at: datetime | None = self.cleaned_data["known_at"]
        if known_at is None:
            return None
        known_at = known_at.replace(tzinfo=zones.current()).astimezone(UTC)
        if known_at > self.now + timedelta(minutes=1):
            raise forms.ValidationError("That is still to come.")
        return known_at


def boxes_of(incident: Document, *, ticked: bool) -> Choices:
    """Return id and words of those boxes of an incident that are ticked, or that are not."""
    return [
        (box.id, f"{box.id} {box.title}")
        for box in checklists.boxes(incident)
        if (box.id in incident["boxes"]) is ticked
    ]
