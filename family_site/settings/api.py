"""Settings of the libraries that serve and describe the API."""

from typing import Any

from family_site import __version__

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["family_site.identity.api.authentication.AccessTokenAuthentication"],
    "DEFAULT_PARSER_CLASSES": ["ops.web.json.StrictJsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["ops.web.json.JsonRenderer"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "ops.web.schema.OperationSchema",
    "EXCEPTION_HANDLER": "ops.web.problems.exception_handler",
    "DEFAULT_METADATA_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "NON_FIELD_ERRORS_KEY": "body",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Family Management System",
    "DESCRIPTION": (
        "Families, and the account of SBD tokens that they share.\n\n"
        "Text is trimmed and put in Unicode's form NFC before it is looked at and counted. Integers are "
        "written without fraction and exponent. Every refusal has the one shape `ProblemAnswer`; its `error` "
        "is one of the codes that the operation tells of. Answers may gain members, and enumerations values."
    ),
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # a PATCH needs its fields as any other body does
    "SCHEMA_PATH_PREFIX": "/",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # the values are words already
    # Not the hook that names enumerations: a name would change as soon as another field has its own.
    "POSTPROCESSING_HOOKS": ["ops.web.schema.finish"],
}
