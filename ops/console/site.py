"""The console's site."""

from django.contrib.admin import AdminSite


class ConsoleSite(AdminSite):
    """The operator console at /admin/."""

    site_header = "Family Management System"
    site_title = "Operator console"
    index_title = "Operator console"
