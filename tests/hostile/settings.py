"""The product's settings on the database of this run's tests, for the process that serves it."""

import os

from family_site import settings as product
from family_site.settings import *  # noqa: F403  # a settings module is made of all of them

DATABASES = {"default": product.DATABASES["default"] | {"NAME": os.environ["SBD_TESTS_DATABASE"]}}
