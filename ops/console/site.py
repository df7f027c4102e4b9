"""The console's site: who may come in, what stands on every page, what a refusal looks like."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse

from ops import errors
from ops.console import boards, finding, listing, places, references, search, standing, zones
from ops.console.acting import staff
from ops.console.pages import ConsoleAdmin
from ops.console.sign_in import SecondStep, SignInForm, ask_for_code
from ops.errors import DomainError
from ops.second_factor import CONFIRMING_PAGE, PAGE
from ops.web import limiting
from ops.web.browsing import way_back
from ops.web.callers import anonymous
from ops.web.problems import as_domain_error

View = Callable[..., HttpResponse]
# Django's own, which would write past our actions, or look for kinds of keys that we do not have.
LEFT_OUT = frozenset({"password_change", "password_change_done", "autocomplete", "view_on_site"})


class ConsoleSite(AdminSite):
    """The operator console at /admin/."""

    site_header = "Family Management System"
    site_title = "Operator console"
    index_title = "Operator console"
    site_url = "/docs"
    login_form = SignInForm

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take the pages that keep the console's rules; Django's own, which edit, stay out."""
        if admin_class is not None and issubclass(admin_class, ConsoleAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's routes without those that are left out, and ours before them."""
        kept = [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]
        found = path("find/", self.admin_view(self.find), name="find")
        zone = path("times/", self.admin_view(self.times), name="times")
        return [found, zone, *places.routes(self._guarded), *kept]

    def _guarded(self, permission: str, view: View) -> View:
        """Return the view for staff with a permission."""

        @functools.wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user: Any = request.user
            if not places.is_open_to(user, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded: View = self.admin_view(inner)
        return guarded

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page shows: Django's, and the places that the user may go to."""
        context = super().each_context(request)
        to_see = places.seen_by(request.user) if context["has_permission"] else []
        so = standing.told(request) if context["has_permission"] else {}
        return {**context, "places": to_see, "zone": zones.current().key, **so}

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Let staff in, and answer what goes wrong with a page."""
        return answered(super().admin_view(standing.unless(view), cacheable))

    def catch_all_view(self, request: HttpRequest, url: str) -> HttpResponse:  # noqa: ARG002  # Django's signature
        """Answer an unknown path."""
        return refusal(request, errors.NotFoundError())

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether staff look, and have shown their second factor, if they have or must have one."""
        return super().has_permission(request) and staff(request).is_trusted

    # In and out -------------------------------------------------------------------------------

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the sign-in page, or sign in; the session remembers from where."""
        _tell_origin(request)
        return answered(self._counted_login)(request, extra_context)

    def _counted_login(self, request: HttpRequest, extra_context: dict[str, Any] | None) -> HttpResponse:
        if request.method == "POST":
            limiting.count_and_refuse(request, "login")
        elif super().has_permission(request) and not self.has_permission(request):
            return HttpResponseRedirect(_second_factor_first(request))
        try:
            return super().login(request, extra_context)
        except SecondStep as step:
            return ask_for_code(request, step.user)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """End the session."""
        _tell_origin(request)
        return super().logout(request, extra_context)

    # Pages ------------------------------------------------------------------------------------

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what needs attention, what goes on, what happened last, and what there is to see."""
        latest = [table for page in self._pages(request) if (table := page.latest()) is not None]
        tables = [*boards.seen_by(request.user), *latest]
        first = boards.first_of_all(request)
        menu = listing.in_menu(self.get_app_list(request), str(request.user.pk))
        return super().index(request, {"tables": tables, "app_list": menu, **first, **(extra_context or {})})

    def find(self, request: HttpRequest) -> HttpResponse:
        """Go to the document that an id, a name or an address identifies, or list what is alike."""
        typed = request.GET.get("q", "")
        term = finding.cleaned(typed)
        found = search.look(self._pages(request), request.user, term) if term else search.Found()
        if found.address:
            return HttpResponseRedirect(found.address)
        context = {
            **self.each_context(request),
            "title": "Request" if found.is_request else "Find",
            "subtitle": term if found.is_request else None,
            "term": term,
            "too_long": len(typed.strip()) > finding.LONGEST,
            "is_request": found.is_request,
            "tables": found.tables,
        }
        return TemplateResponse(request, "admin/find.html", context)

    def times(self, request: HttpRequest) -> HttpResponse:
        """Show in which zone times are shown, and keep another one if it is chosen."""
        back = way_back(request) or reverse("admin:index")
        form = zones.ZoneForm(request.POST or None, initial={"zone": request.COOKIES.get(zones.CHOSEN, "")})
        if request.method == "POST" and form.is_valid():
            return zones.kept(HttpResponseRedirect(back), form.cleaned_data["zone"])
        context = {**self.each_context(request), "title": "Times", "form": form, "back": back}
        return TemplateResponse(request, "admin/times.html", context)

    def _pages(self, request: HttpRequest) -> Iterator[ConsoleAdmin[Any]]:
        """Yield the pages that the user may see, in the order of the menu."""
        for entry in self.get_app_list(request):
            for model in entry["models"]:
                page = self.get_model_admin(model["model"])
                assert isinstance(page, ConsoleAdmin)  # noqa: S101  # `register` takes no other
                yield page


def answered(view: View) -> View:
    """Return the view with a page for people in place of every exception."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            user: Any = request.user
            with zones.looked_at_from(request), references.as_seen_by(user.has_perm):
                answer = view(request, *args, **kwargs)
                # Here, so that what the page still reads while it is rendered is answered for as well.
                return answer.render() if isinstance(answer, TemplateResponse) else answer
        except PermissionDenied:
            return refusal(request, errors.InsufficientPermissionsError(required="console permission"))
        except SuspiciousOperation:
            return refusal(request, errors.ValidationFailedError([]))
        except (Http404, Exception) as error:  # noqa: BLE001  # whatever it is, staff get a page
            return refusal(request, as_domain_error(error))

    return inner


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page of a refusal; it reads nothing, so it also stands while the database is away."""
    context = {"error": error, "request_id": getattr(request, "request_id", "")}
    answer = render(request, "pages/refused.html", context, status=error.status)
    if error.retry_after is not None:
        answer["Retry-After"] = str(error.retry_after)
    return answer


def _tell_origin(request: HttpRequest) -> None:
    session: Any = request.session
    session.origin = anonymous(request)


def _second_factor_first(request: HttpRequest) -> str:
    """Return where staff who are signed in show their second factor, or set one up, before they come in."""
    path = CONFIRMING_PAGE if staff(request).has_second_factor else PAGE
    return f"{path}?next={way_back(request) or reverse('admin:index')}"
