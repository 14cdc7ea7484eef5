"""What commands print: data on stdout, talk on stderr, an exit code for each kind of error."""

from __future__ import annotations

import json

import pytest

from openmcs import errors
from openmcs.cli.client import ToolsFailed
from openmcs.cli.output import print_findings, print_json, print_line, print_table, show_error
from openmcs.exchange import Finding

FINDING = Finding("RAML_SYNTAX", "a colon is missing", "a.raml", 3, 7)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.StoreUnavailable("no"), 1),
        (errors.Conflict("no"), 1),
        (errors.ConfigurationError("no"), 2),
        (errors.CallerRejected("no"), 3),
        (errors.ResourceNotFound("no"), 4),
        (errors.DefinitionInvalid("no"), 5),
        (ToolsFailed("no", findings=[], build_log=""), 1),
        (ToolsFailed("no", findings=[FINDING], build_log=""), 5),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    error: errors.PlatformError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """As docs/cli.md says; nothing goes to stdout."""
    assert show_error(error) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "no" in said.err


def test_an_error_is_said_with_findings_and_build_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Place, severity, code and message of each; then what the build said."""
    show_error(ToolsFailed("no", findings=[FINDING], build_log="uv said no\n"))
    said = capsys.readouterr().err
    assert "error a.raml:3:7 RAML_SYNTAX: a colon is missing" in said
    assert said.endswith("uv said no\n")


def test_findings_of_the_tools_api_are_read_in_both_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    """With code and message, or as details of an error document."""
    print_findings(
        [{"code": "A", "message": "one", "severity": "warning"}, {"title": "B", "detail": "two", "file": "f"}]
    )
    assert capsys.readouterr().err.splitlines() == ["  warning A: one", "  error f B: two"]


def test_json_is_one_document_and_lines_are_one_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Text that is not ASCII is printed as it is."""
    print_json({"a": "ü"})
    assert capsys.readouterr().out == '{\n  "a": "ü"\n}\n'
    for each in ({"a": "ü\n"}, [1]):
        print_line(each)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"a": "ü\n"}, [1]]


def test_a_table_shows_texts_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets are no markup, None is empty, and no rows are a sentence on stderr."""
    print_table(("A", "B"), [("[red]x[/red]", None), (1, "y")], empty="nothing")
    said = capsys.readouterr()
    assert "[red]x[/red]" in said.out and "None" not in said.out
    print_table(("A",), [], empty="nothing")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nothing\n")
