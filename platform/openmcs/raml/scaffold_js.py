"""
A contract as MCS's own scaffold in JavaScript: one folder with seven files (contract: custom code, section 1).

Texts of the definition reach the code as JSON literals only; an example that is no JSON becomes a text, where MCS
pasted it as code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from openmcs.raml.contract import Body, Contract, Method, Parameter, Resource
from openmcs.raml.mock import answer

_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_BRACES = re.compile(r"\{([^{}/]+)\}")
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "file": "file"}

_SAMPLES = """\
Pieces to paste into a handler. `req` and `res` are those of Express.

Logging
    req.oracleMobile.logger.info('what happened');
    console.warn('what happened');

Calling another API of the platform
    req.oracleMobile.custom.get('otherApi', 'resource/path').then(function (result) {
      res.status(result.statusCode).send(result.result);
    }, function (error) {
      res.status(500).send(error.error);
    });

Calling a connector
    req.oracleMobile.connectors.get('myConnector', 'resource/path').then(function (result) {
      res.status(result.statusCode).send(result.result);
    });

The user who calls
    req.oracleMobile.ums.getUser().then(function (result) {
      res.send(JSON.parse(result.result).username);
    });

A stored object
    req.oracleMobile.storage.getById('collection', 'objectId').then(function (result) {
      res.send(result.result);
    });

An event of analytics
    req.oracleMobile.analytics.postEvent([{ name: 'orderPlaced', properties: { amount: '3' } }]);
"""

_README = """\
# {name}

The scaffold of the API {title}: one handler for each method of its definition, answering the example.

- `package.json` names the implementation: `name`, `version` and `main` have to be there.
  The section `oracleMobile` is optional; it gives the versions of APIs and connectors that the code calls.
- `{lower}.js` has the handlers.
- `{lower}.raml` is the definition that they were made from; `swagger.json` is the same in Swagger 1.2.
- `toolsConfig.json` is for local tools and tests.
- `samples.txt` has pieces of code to paste.

To upload it, zip this folder so that the folder itself stands at the top of the archive.
"""


def scaffold(
    contract: Contract, bundle: Mapping[str, bytes], root: str, api_name: str, api_version: str
) -> dict[str, bytes]:
    """The seven files, by name."""
    api = re.sub(r"[^A-Za-z0-9_]", "", api_name) or "api"
    name = api.lower()
    package = {
        "name": name,
        "version": "1.0.0",
        "description": contract.title[:100],
        "main": f"{name}.js",
        "oracleMobile": {"dependencies": {"apis": {}, "connectors": {}}},
    }
    texts = {
        "package.json": _json(package),
        f"{name}.js": _module(contract, api),
        "swagger.json": _json(_swagger(contract, api, api_version)),
        "toolsConfig.json": _json(_tools(contract, api, api_version)),
        "samples.txt": _SAMPLES,
        "ReadMe.md": _README.format(name=name, lower=name, title=re.sub(r"\s+", " ", contract.title)[:200]),
    }
    return {**{path: text.encode() for path, text in texts.items()}, f"{name}.raml": bundle.get(root, b"")}


def _operations(contract: Contract) -> list[tuple[Resource, Method]]:
    """Those with fewer parameters first: with Express the first route that fits answers."""
    found = [
        (resource, method) for resource in contract.resources for method in resource.methods if method.verb in _VERBS
    ]
    return sorted(found, key=lambda each: [part.startswith("{") for part in each[0].path.split("/")])


# ── the handlers ─────────────────────────────────────────────────────────────────────────────────────


def _module(contract: Contract, api: str) -> str:
    routes = "\n".join(_route(resource, method, api) for resource, method in _operations(contract))
    return f"'use strict';\n\nmodule.exports = function (service) {{\n{routes}}};\n"


def _route(resource: Resource, method: Method, api: str) -> str:
    path = _BRACES.sub(
        lambda found: ":" + re.sub(r"\W", "_", found.group(1), flags=re.ASCII), f"/mobile/custom/{api}{resource.path}"
    )
    default, _, _ = answer(method, "*/*", None)
    blocks = "".join(
        _block(response.status, body)
        for response in method.responses
        for body in response.bodies
        if _example(body) is not None
    )
    return (
        f"  service.{method.verb.lower()}({_literal(path)}, function (req, res) {{\n"
        "    var result = {};\n"
        f"    var statusCode = {default};\n"
        f"{blocks}"
        "    res.status(statusCode).send(result);\n"
        "  });\n"
    )


def _block(status: int, body: Body) -> str:
    return (
        f"    if (statusCode === {status}) {{\n"
        f"      if (req.accepts({_literal(body.media_type)})) {{\n"
        f"        result = {_value(_example(body) or '')};\n"
        "      }\n"
        "    }\n"
    )


def _example(body: Body) -> str | None:
    if body.example is not None:
        return body.example
    return next(iter(body.examples.values()), None)


def _value(text: str) -> str:
    try:
        return _literal(json.loads(text), indent=2).replace("\n", "\n        ")
    except (ValueError, RecursionError):
        return _literal(text)


def _literal(value: Any, indent: int | None = None) -> str:
    """JSON as JavaScript reads it; without what could end a script element or a line."""
    return json.dumps(value, ensure_ascii=True, indent=indent).replace("</", "<\\/")


# ── descriptions ─────────────────────────────────────────────────────────────────────────────────────


def _swagger(contract: Contract, api: str, api_version: str) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "swaggerVersion": "1.2",
        "basePath": f"/mobile/custom/{api}",
        "apis": [
            {
                "path": resource.path,
                "description": resource.description,
                "operations": [_operation(resource, each) for each in resource.methods],
            }
            for resource in contract.resources
        ],
        "models": {},
        "info": {"title": contract.title, "description": contract.description},
    }


def _operation(resource: Resource, method: Method) -> dict[str, Any]:
    body = [{"name": "body", "paramType": "body", "type": "string", "required": True}] if method.bodies else []
    return {
        "method": method.verb,
        "nickname": _test_name(method.verb, resource.path),
        "summary": method.description[:120],
        "type": "void",
        "parameters": [
            *(_parameter(each, "path") for each in resource.uri_parameters),
            *(_parameter(each, "query") for each in method.query_parameters),
            *(_parameter(each, "header") for each in method.headers),
            *body,
        ],
        "responseMessages": [{"code": each.status, "message": each.description[:120]} for each in method.responses],
        "produces": list(dict.fromkeys(body.media_type for each in method.responses for body in each.bodies)),
        "consumes": [each.media_type for each in method.bodies],
    }


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "paramType": place,
        "type": _TYPES.get(parameter.type, "string"),
        "required": parameter.required or place == "path",
        "description": parameter.description[:500],
    }


def _tools(contract: Contract, api: str, api_version: str) -> dict[str, Any]:
    tests = {}
    for resource, method in _operations(contract):
        test: dict[str, Any] = {
            "method": method.verb,
            "resource": _BRACES.sub(r":\1", resource.path),
            "uriParameters": {name: "<PARAMETER_VALUE>" for name in _BRACES.findall(resource.path)},
        }
        example = next((each for body in method.bodies if (each := _example(body)) is not None), None)
        if example is not None:
            test["payload"] = example
        tests[_test_name(method.verb, resource.path)] = test
    return {
        "apiName": api,
        "apiVersion": api_version,
        "apiId": "",
        "baseUrl": "http://127.0.0.1:8080",
        "authorization": {"mobileBackendID": "", "anonymousKey": "", "oauth": {"tokenEndpoint": "", "clientId": "", "clientSecret": ""}},
        "container": {"oracleMobileApiName": "OracleMobileAPI", "port": 4000},
        "deploy": {"tempDirectory": ""},
        "tests": tests,
    }  # fmt: skip


def _test_name(verb: str, path: str) -> str:
    """`getPatientPatientIdTimeline`"""
    words = re.findall(r"[A-Za-z0-9]+", path)
    return verb.lower() + "".join(each[:1].upper() + each[1:] for each in words)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
