"""
The policies that exist: name, type, default, and where each may be set (contract: portal, section 5).

A policy that MCS had and nothing here reads yet is listed all the same, with `served=False`: an imported
`policies.properties` keeps it, and the console says that it has no effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["integer", "decimal", "boolean", "text", "choice", "list", "json"]
Scope = Literal["environment", "backend", "api"]
Value = Any
"""`int`, `float`, `bool`, `str`, a list of `str`, or what JSON holds; by the definition's kind."""

EVERYWHERE: tuple[Scope, ...] = ("environment", "backend", "api")
ENVIRONMENT: tuple[Scope, ...] = ("environment",)


@dataclass(frozen=True, slots=True)
class Definition:
    """One policy."""

    name: str
    kind: Kind
    default: Value
    effect: str
    scopes: tuple[Scope, ...] = ENVIRONMENT
    unit: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    served: bool = True
    """False: it is kept, and nothing reads it yet."""


def _threshold(name: str, default: int, effect: str, unit: str = "") -> Definition:
    return Definition(f"Diagnostics_{name}", "integer", default, effect, unit=unit, least=0)


def _allowed(name: str, effect: str) -> Definition:
    return Definition(name, "choice", "ALL", effect, choices=("ALL", "NONE", "DRAFT", "PUBLISHED"))


def _kept(name: str, kind: Kind, default: Value, effect: str, scopes: tuple[Scope, ...] = ENVIRONMENT) -> Definition:
    return Definition(name, kind, default, effect, scopes, served=False)


_DEFINITIONS = (
    Definition(
        "Logging_Level",
        "integer",
        800,
        "The least severe level of custom code's lines that is kept: 1000 severe, 900 warning, 800 info, "
        "700 config, 500 fine, 400 finer, 300 finest.",
        EVERYWHERE,
        least=0,
        most=1000,
    ),
    Definition(
        "Network_HttpRequestTimeout",
        "integer",
        40_000,
        "Time for a whole call; then the caller gets 504.",
        EVERYWHERE,
        "ms",
        least=1,
    ),
    Definition(
        "Network_HttpConnectTimeout",
        "integer",
        20_000,
        "Time for connecting to the system behind a connector.",
        EVERYWHERE,
        "ms",
        least=1,
    ),
    Definition(
        "Network_HttpReadTimeout",
        "integer",
        20_000,
        "Time that the system behind a connector may be silent.",
        EVERYWHERE,
        "ms",
        least=1,
    ),
    Definition("CCC_LogBody", "boolean", False, "Log request and response bodies of custom code.", EVERYWHERE),
    Definition(
        "CCC_LogBodyMaxLength", "integer", 512, "Logged bodies are cut to this.", EVERYWHERE, "characters", least=0
    ),
    Definition(
        "Validation_Requests",
        "choice",
        "auto",
        "Hold calls against the API's RAML: off, report (a line in the log), enforce (400 with all findings). "
        "auto reports for RAML 0.8, as MCS checked nothing, and enforces for RAML 1.0.",
        EVERYWHERE,
        choices=("auto", "off", "report", "enforce"),
    ),
    Definition(
        "Mock_Stateful",
        "boolean",
        False,
        "The mock remembers: what was posted is what is fetched, in each process of the gateway by itself.",
        EVERYWHERE,
    ),
    Definition(
        "Validation_Responses",
        "choice",
        "off",
        "Hold answers against the API's RAML: off, report (a line in the log).",
        EVERYWHERE,
        choices=("off", "report"),
    ),
    Definition(
        "CCC_SendStackTraceWithError",
        "boolean",
        False,
        "Show the caller the traceback when custom code raises.",
        EVERYWHERE,
    ),
    _threshold("PendingRequestWarningThreshold", 15, "Amber above this many calls under way.", "requests"),
    _threshold("PendingRequestErrorThreshold", 30, "Red above this many calls under way.", "requests"),
    _threshold("AverageRequestTimeWarningThreshold", 3000, "Amber above this average duration.", "ms"),
    _threshold("AverageRequestTimeErrorThreshold", 6000, "Red above this average duration.", "ms"),
    _threshold("LongRequestThreshold", 8000, "A call that takes longer counts as long.", "ms"),
    _threshold("LongRequestCountWarningThreshold", 0, "Amber above this many long calls.", "requests"),
    _threshold("LongRequestCountErrorThreshold", 10, "Red above this many long calls.", "requests"),
    _threshold("RequestCountWarningThreshold", 0, "Amber above this many failing calls (5xx).", "requests"),
    _threshold("RequestCountErrorThreshold", 10, "Red above this many failing calls (5xx).", "requests"),
    _threshold("RequestPercentageWarningThreshold", 1, "Amber above this share of failing calls.", "%"),
    _threshold("RequestPercentageErrorThreshold", 10, "Red above this share of failing calls.", "%"),
    _kept(
        "Diagnostics_ExcludedHttpHeadersInLogs",
        "list",
        ["Authorization", "Cookie", "oracle-mobile-uitooling-password", "Oracle-Mobile-Social-Access-Token"],
        "Header fields that are never logged. Here no log line holds any of them, whatever this says.",
    ),
    _kept("Analytics_ApiCallEventCollectionEnabled", "boolean", True, "Collect API calls; here they always are."),
    _kept("Analytics_ApiCallEventsAutoShrink", "boolean", False, "Compact after deletion; here it is always done."),
    _kept("Analytics_ApiCallEventsDaysRetained", "integer", 1, "Days of raw rows; here `log.retention_days`."),
    _allowed("Asset_AllowPurge", "Which trashed assets may be purged."),
    _allowed("Asset_AllowTrash", "Which assets may be moved to the trash."),
    _allowed("Asset_AllowUntrash", "Which assets may be restored."),
    Definition("Asset_DefaultInitialVersion", "text", "1.0", "Version of new assets that are given none."),
    _kept("CCC_DefaultNodeConfiguration", "text", "8.9", "Node version; implementations here are Python."),
    _kept("CCC_MaxLoadPerCpu", "integer", 1, "Admission of custom code by load."),
    _kept("CCC_MinFreeMemoryMegabytes", "integer", 256, "Admission of custom code by memory."),
    _kept("Connector_Endpoint", "text", "", "Remote base URL of a connector.", EVERYWHERE),
    _kept("Database_CreateTablesPolicy", "text", "explicitOnly", "Implicit creation of tables.", EVERYWHERE),
    _kept("Database_MaxRows", "integer", 1000, "Rows of one query."),
    _kept("Database_QueryTimeout", "integer", 20, "Seconds for one query."),
    _kept("Network_HttpPatch", "text", "METHOD", "How PATCH is sent."),
    _kept("Notifications_DeviceCountWarningThreshold", "decimal", 70.0, "Share of devices that must be reached."),
    _kept("Routing_BindApiToImpl", "text", "", "Which implementation serves an API.", EVERYWHERE),
    _kept("Routing_DefaultImplementation", "text", "system/MockService(1.0)", "What serves while nothing is bound."),
    _kept("Routing_RouteToBackend", "text", "", "Calls of this backend go to another one.", ("backend",)),
    _kept("Security_AllowOrigin", "text", "disallow", "CORS; here each backend lists its origins."),
    _kept("Security_ExposeHeaders", "list", [], "CORS; here the contract's names are always exposed."),
    _kept("Security_AuthTokenConfiguration", "json", {}, "Trusted token issuers."),
    _kept("Security_CollectionsAnonymousAccess", "list", [], "Collections open to anonymous callers."),
    _kept("Security_IdentityProviders", "json", [], "Social login.", ("environment", "backend")),
    _kept("Security_IgnoreHostnameVerification", "boolean", False, "TLS to connectors.", EVERYWHERE),
    _kept("Security_OwsmPolicy", "json", [], "A connector's security.", EVERYWHERE),
    _kept("Security_TokenExchangeTimeoutSecs", "integer", 21_600, "Life of exchanged tokens."),
    _kept("Sync_CollectionTimeToLive", "integer", 86_400, "Offline cache of collections.", EVERYWHERE),
    _kept("User_AllowDynamicUserSchema", "boolean", False, "Properties outside of the realm's schema."),
    _kept("User_DefaultUserRealm", "text", "Default(1.0)", "Realm of new backends."),
    _kept("Admin_DcsConfig", "json", {}, "A link to Oracle's developer cloud."),
    _kept("Admin_FeatureConfiguration", "json", {}, "Feature switches of Oracle's portal."),
    _kept("Admin_MigrationConfiguration", "json", {}, "Settings of Oracle's migration."),
    _kept("Analytics_ApplicationGuid", "text", "", "Analytics app of later releases.", ("backend",)),
    _kept("Analytics_BaiduMapCsfKeyName", "text", "", "Name of a map key.", ("backend",)),
)

DEFINITIONS: dict[str, Definition] = {each.name: each for each in _DEFINITIONS}
"""By name."""
