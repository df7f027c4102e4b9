"""The files of ``ops/deploy``, read as they are installed, with the paths of a machine put elsewhere."""

import configparser
import shlex
from collections.abc import Mapping

from family_site.settings.environment import BASE_DIR

DEPLOY = BASE_DIR / "ops" / "deploy"
UNITS = DEPLOY / "systemd"
CURRENT = "/opt/sbd/current"


def rewritten(name: str, words: Mapping[str, str]) -> str:
    """Return a shipped file with each of these words replaced; one that does not occur is a mistake."""
    text = (DEPLOY / name).read_text()
    for word, other in words.items():
        assert word in text, f"{name} does not hold {word}"
        text = text.replace(word, other)
    return text


def unit(name: str) -> configparser.SectionProxy:
    """Return what a unit says of its service; of a name that stands twice, the last."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read_string((UNITS / name).read_text().replace("\\\n", " "))
    return parser["Service"]


def command(name: str, **variables: str) -> list[str]:
    """Return the command line of a unit, with its variables filled in."""
    line = unit(name)["ExecStart"]
    for variable, value in variables.items():
        line = line.replace(f"${{{variable}}}", value)
    return shlex.split(line)
