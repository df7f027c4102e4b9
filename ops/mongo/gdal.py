"""Keeping Django from looking for GDAL, the library of maps.

The MongoDB backend asks for it when it is imported, three times; each time Django has a compiler look for
twelve names of a library: a quarter of what the start of a process costs. Nothing here has to do with places.
"""

import sys
from types import ModuleType

from django.core.exceptions import ImproperlyConfigured

NAME = "django.contrib.gis.gdal.libgdal"


class _Missing(ModuleType):
    """Answers as Django's own module does where the library is not there; the backend knows what to do."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImproperlyConfigured("GDAL is not used here.")


def leave_out() -> None:
    """Take GDAL for missing; to be called before the backend is imported."""
    sys.modules.setdefault(NAME, _Missing(NAME))
