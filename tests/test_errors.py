"""One tree of errors; one document for all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmcs import errors
from openmcs.errors import ConfigurationError, DefinitionInvalid, MethodNotAllowed, PlatformError, document
from openmcs.exchange import Finding


def tree(kind: type[PlatformError] = PlatformError) -> Iterator[type[PlatformError]]:
    """The error and all below it that the module defines."""
    if kind.__module__ == errors.__name__:
        yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


ALL = sorted(set(tree()), key=lambda kind: kind.code)


def test_every_error_has_a_code_of_its_own() -> None:
    """A code tells one error from all others, and has the vendor's shape."""
    codes = [kind.code for kind in ALL]
    assert len(set(codes)) == len(codes) > 20
    assert all(re.fullmatch(r"MOBILE-\d{5}", code) for code in codes)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_the_drawing_in_the_docstring_and_the_page_have_every_error(kind: type[PlatformError]) -> None:
    """Name, status and code as in the class."""
    drawn = re.search(rf"\b{kind.__name__}\s+(\d{{3}})?\s*(MOBILE-\d+)?", errors.__doc__ or "")
    assert drawn is not None
    if kind is not ConfigurationError:
        assert (int(drawn[1]), drawn[2]) == (kind.status, kind.code)
    page = (Path(__file__).parents[1] / "docs" / "errors.md").read_text("utf-8")
    assert kind.code in page
    assert kind.title and kind.__doc__


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_the_document_has_the_vendor_s_keys(kind: type[PlatformError]) -> None:
    """Contract: custom code, 6. The cause stays private."""
    error = MethodNotAllowed("no", allow=["GET"]) if kind is MethodNotAllowed else kind("no")
    error.__cause__ = RuntimeError("secret of the cause")
    rendered = document(error, "/mobile/custom/x", "ecid-1")
    assert set(rendered) == {"type", "status", "title", "detail", "o:ecid", "o:errorCode", "o:errorPath"}
    assert rendered["type"].startswith("http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html")
    assert (rendered["status"], rendered["o:errorCode"], rendered["title"]) == (kind.status, kind.code, kind.title)
    assert (rendered["detail"], rendered["o:ecid"], rendered["o:errorPath"]) == ("no", "ecid-1", "/mobile/custom/x")
    assert "secret" not in json.dumps(rendered)


def test_findings_become_details_with_their_place() -> None:
    """Beside the vendor's keys, file, line, column and severity; a build's output stands beside them."""
    finding = Finding("RAML_SYNTAX", "no", "a.raml", 3, 7, "warning")
    error = DefinitionInvalid("1 problem", findings=[finding])
    error.build_log = "what the build said"  # type: ignore[attr-defined]
    rendered = document(error, "/p", "e")
    [detail] = rendered["o:errorDetails"]
    assert (detail["title"], detail["o:errorCode"], detail["detail"]) == ("RAML_SYNTAX", "RAML_SYNTAX", "no")
    assert (detail["file"], detail["line"], detail["column"], detail["severity"]) == ("a.raml", 3, 7, "warning")
    assert rendered["buildLog"] == "what the build said"
    json.dumps(rendered)


def test_status_has_the_anchor_of_its_section() -> None:
    """The `type` leads to the section of RFC 2616 about the status."""
    assert document(errors.ResourceNotFound("x"), "", "")["type"].endswith("#sec10.4.5")
    assert document(errors.ImplementationTimedOut("x"), "", "")["type"].endswith("#sec10.5.5")
    assert "#" not in document(errors.TooManyAttempts("x"), "", "")["type"]
