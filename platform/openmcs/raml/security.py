"""Rules of security schemes: their types, and the settings that OAuth needs."""

from __future__ import annotations

from openmcs.exchange import Finding
from openmcs.raml.node import Node, Place

_TYPES = {
    "0.8": ("OAuth 1.0", "OAuth 2.0", "Basic Authentication", "Digest Authentication"),
    "1.0": ("OAuth 1.0", "OAuth 2.0", "Basic Authentication", "Digest Authentication", "Pass Through"),
}
_NEEDED = {
    "OAuth 1.0": ("requestTokenUri", "authorizationUri", "tokenCredentialsUri"),
    "OAuth 2.0": ("authorizationGrants",),
}
_GRANTS = ("authorization_code", "password", "client_credentials", "implicit")
_DESCRIBED_BY = {"headers", "queryParameters", "queryString", "responses", "description", "displayName"}


def check_security(root: Node, version: str) -> list[Finding]:
    """What is wrong with the schemes that *root* declares, and with names that are used and not declared."""
    declared = root.get("securitySchemes")
    if declared is None:
        return []
    findings: list[Finding] = []

    def say(code: str, message: str, place: Place) -> None:
        findings.append(Finding(code, message, place.file, place.line, place.column))

    sections = [declared] if declared.is_map else declared.elements()
    for name, scheme in [pair for each in sections for pair in each.items()]:
        if not scheme.is_map:
            continue
        kind = scheme.get("type")
        text = kind.text() if kind is not None else ""
        place = kind.place if kind is not None else scheme.place
        if text not in _TYPES[version] and not text.startswith("x-"):
            known = ", ".join(_TYPES[version])
            say("RAML_SECURITY", f"{text!r} is no type of a security scheme; known are {known}, and x-<other>", place)
        settings = scheme.get("settings")
        for key in _NEEDED.get(text, ()) if version == "1.0" or settings is not None else ():
            if settings is None or settings.get(key) is None:
                where = scheme.place_of("settings") if settings is not None else place
                say("RAML_SECURITY", f"the scheme {name} of {text} needs {key} in its settings", where)
        grants = settings.get("authorizationGrants") if settings is not None and settings.is_map else None
        for grant in grants.elements() if grants is not None and version == "1.0" else ():
            if grant.text() not in _GRANTS and ":" not in grant.text():
                message = (
                    f"{grant.text()!r} is no grant of OAuth 2.0; known are {', '.join(_GRANTS)}, and absolute URIs"
                )
                say("RAML_SECURITY", message, grant.place)
        described = scheme.get("describedBy")
        for key in described.value if version == "1.0" and described is not None and described.is_map else ():
            if key not in _DESCRIBED_BY and not key.startswith("("):
                message = f"describedBy of {name} has no key {key!r}"
                say("RAML_KEY_UNKNOWN", message, described.place_of(key) if described is not None else place)
    return findings
