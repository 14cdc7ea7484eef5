"""Files of a scaffold that are the same for every API. They run without this platform being installed."""

from __future__ import annotations

FAKE_SERVICE = '''\
"""A service, request and response that are just enough to call handlers in tests, without the platform."""

import inspect
import re
from types import SimpleNamespace
from urllib.parse import unquote

PARAMETER = re.compile(r"(:[A-Za-z_]\\w*|\\{[^{}/]+\\})")


class FakeResponse:
    def __init__(self):
        self.code, self.headers, self.body = 200, {}, None

    def status(self, code):
        self.code = code
        return self

    def type(self, media_type):
        self.headers["Content-Type"] = media_type
        return self

    def send(self, body=None):
        self.body = body

    json = send


class FakeService:
    """Collects what `register(service)` registers; `call` answers like the first route that fits."""

    def __init__(self):
        self.routes = []
        for method in ("get", "post", "put", "patch", "delete", "head", "options"):
            setattr(self, method, lambda path, handler, verb=method.upper(): self.add(verb, path, handler))

    def add(self, method, path, handler):
        pieces = PARAMETER.split(path)
        pattern = "".join(re.escape(each) if i % 2 == 0 else "([^/]+?)" for i, each in enumerate(pieces))
        self.routes.append((method, re.compile(pattern), [each.strip(":{}") for each in pieces[1::2]], handler))

    def call(self, method, path, body=None, query=None, headers=None):
        """Status, body and headers of the answer."""
        for verb, pattern, names, handler in self.routes:
            found = pattern.fullmatch(path)
            if verb == method and found:
                params = {name: unquote(value) for name, value in zip(names, found.groups())}
                return answer(handler, method, path, params, body, query, headers)
        raise LookupError(f"no route for {method} {path}")


def answer(handler, method, path, params, body, query, headers):
    console = SimpleNamespace(**{level: print for level in ("fine", "info", "warning", "severe")})
    request = SimpleNamespace(
        method=method, path=path, params=params, body=body or {}, query=query or {}, headers=headers or {}, console=console
    )
    response = FakeResponse()
    if len(inspect.signature(handler).parameters) == 2:
        handler(request, response)
        return response.code, response.body, response.headers
    value = handler(request)
    if not isinstance(value, tuple):
        value = (200, value)
    return value[0], value[1], value[2] if len(value) == 3 else {}
'''

PYPROJECT = """\
[project]
name = {name}
version = "1.0"
description = {description}
requires-python = ">=3.11"
# Packages from the index, such as "requests>=2.32"; to bring one along, put its wheel into wheels/.
dependencies = []

[tool.openmcs]
main = {main}
# Hosts that the code may connect to, each as "host:port", such as "db.example.com:3306". Others are refused.
network = []

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

README = """\
# {name}

The implementation of the API {api} {version}, one handler for each method of its definition.
It answers the examples of the definition until you write more.

| file | what it is |
| --- | --- |
| `{main}` | the handlers, and `register(service)`, which says what they answer |
| `pyproject.toml` | name, version, packages, and the hosts that may be connected to |
| `raml/` | the definition that this was made from |
| `tests/` | tests that run without the platform: `pytest` in this folder |

A handler takes the request, or the request and the response.
It returns the body, or `(status, body)`, or `(status, body, headers)`; with the response it calls `res.send(...)`.
The first route that fits answers, so routes without parameters stand before those with them.

To try it on the platform, zip this folder and upload the zip as an implementation of the API.

## Routes

{routes}
"""
