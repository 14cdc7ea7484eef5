"""
A contract as a client in TypeScript over the JavaScript SDK: one typed function for each operation.

    const synapse = new SynapseClient(mcs.mobileBackend!);
    const { data } = await synapse.getEventById({ path: { id: 7 } });

The types are those of `raml.typescript`; what is added here is the class that sends. Texts of the definition are
somebody else's: they go into comments and literals only, and neither can be left.
Names of ours begin with a small letter or a dollar, which no type of a definition does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from openmcs.raml.contract import Contract, Method, Resource
from openmcs.raml.typescript import typescript

_IMPORTS = 'import type * as sdk from "@openmcs/sdk";\n'
_WORDS = re.compile(r"\{[^}]*\}|[A-Za-z0-9]+")
_RUNTIME = """
/** What an operation's successful answers hold; `unknown` where the API documents none. */
type $Answer<R> = [keyof R] extends [never]
  ? unknown
  : { [S in keyof R]: `${S & number}` extends `2${string}` ? R[S] : never }[keyof R];
type $Responses<K extends keyof Operations> = Operations[K]["responses"];
/** A value in a path may be given as a number, too: it becomes text anyway. */
type $Path<K extends keyof Operations> = { [N in keyof Operations[K]["path"]]: Operations[K]["path"][N] | number };

interface $Request {
  path?: object;
  query?: object;
  headers?: object;
  body?: unknown;
}
"""
_SEND = """
  private send<T>(method: string, path: string, request: $Request, options?: sdk.CustomCodeOptions): Promise<sdk.NetworkResponse<T>> {
    const values = (request.path ?? {}) as Record<string, unknown>;
    const filled = path.replace(/\\{([^}]*)\\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
    const headers = { ...options?.headers };
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      if (value !== undefined) headers[name] = String(value);
    }
    return this.backend.customCode.invokeCustomCodeJSONRequest<T>(
      this.api + filled + queryOf(request.query),
      method,
      request.body,
      { ...options, headers },
    );
  }
}

/** A repeated parameter is an array; what is undefined is left out. */
function queryOf(query: object | undefined): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(each))}`);
    }
  }
  return pairs.length ? `?${pairs.join("&")}` : "";
}
"""


def typed_client(contract: Contract, api: str) -> str:
    """The text of a `.ts` module for the API that is served as `/mobile/custom/{api}`."""
    types = typescript(contract)
    heading, _, rest = types.partition("\n")
    return "\n".join([heading, _IMPORTS, rest.strip("\n"), _RUNTIME, *_class(contract, api), _SEND.lstrip("\n")])


def class_name(api: str) -> str:
    """`SynapseClient` for `synapse`."""
    words = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", api))
    return f"{'' if words[:1].isalpha() else 'Api'}{words}Client"


def function_names(contract: Contract) -> dict[tuple[str, str], str]:
    """Of each (verb, path): `getEventById` for `GET /event/{id}`, with a number where two would be one."""
    names: dict[tuple[str, str], str] = {}
    for resource in contract.resources:
        for method in resource.methods:
            base = _function_name(method.verb, resource.path)
            name, count = base, 2
            while name in names.values():
                name, count = f"{base}{count}", count + 1
            names[method.verb, resource.path] = name
    return names


def _function_name(verb: str, path: str) -> str:
    words = [re.sub(r"[^A-Za-z0-9]", "", verb).lower() or "call"]
    for part in _WORDS.findall(path):
        inside = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", part))
        words.append(f"By{inside}" if part.startswith("{") else inside)
    name = "".join(words)
    # What the class has anyway, or every object.
    return f"{name}Operation" if name in ("send", "constructor", "backend", "api") else name


def _class(contract: Contract, api: str) -> Iterator[str]:
    names = function_names(contract)
    yield f"/** {_comment(contract.title) or 'The API'}. */"
    yield f"export class {class_name(api)} {{"
    yield "  private readonly backend: sdk.MobileBackend;"
    yield "  private readonly api: string;"
    yield ""
    yield f"  constructor(backend: sdk.MobileBackend, api = {json.dumps(api)}) {{"
    yield "    this.backend = backend;"
    yield "    this.api = api;"
    yield "  }"
    for resource in contract.resources:
        for method in resource.methods:
            yield ""
            yield from _function(resource, method, names[method.verb, resource.path])
    yield ""


def _function(resource: Resource, method: Method, name: str) -> Iterator[str]:
    key = json.dumps(f"{method.verb} {resource.path}")
    described = _comment(method.description)
    yield f"  /** {described + ' ' if described else ''}`{_comment(method.verb)} {_comment(resource.path)}` */"
    request, needed = _request(resource, method, key)
    options = "options?: sdk.CustomCodeOptions"
    arguments = f"request: {request}{'' if needed else ' = {}'}, {options}" if request else options
    answer = f"Promise<sdk.NetworkResponse<$Answer<$Responses<{key}>>>>"
    sent = "request" if request else "{}"
    yield f"  {name}({arguments}): {answer} {{"
    yield f"    return this.send({json.dumps(method.verb)}, {json.dumps(resource.path)}, {sent}, options);"
    yield "  }"


def _request(resource: Resource, method: Method, key: str) -> tuple[str, bool]:
    """The type of the first argument, and whether it must be there."""
    parts = []
    for part, parameters in (
        ("path", resource.uri_parameters),
        ("query", method.query_parameters),
        ("headers", method.headers),
    ):
        if parameters:
            needed = part == "path" or any(each.required for each in parameters)
            parts.append((part, needed))
    if method.bodies:
        parts.append(("body", True))
    types = {part: f'Operations[{key}]["{part}"]' for part, _ in parts} | {"path": f"$Path<{key}>"}
    fields = "; ".join(f"{part}{'' if needed else '?'}: {types[part]}" for part, needed in parts)
    return (f"{{ {fields} }}" if parts else ""), any(needed for _, needed in parts)


def _comment(text: str) -> str:
    """One line that cannot end the comment that it stands in."""
    return " ".join(text.split()).replace("*/", "* /")[:300]
