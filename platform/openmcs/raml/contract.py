"""
The compiled contract: what a gateway needs of an API, without YAML, ready in milliseconds.

Made once when an API is saved, stored as msgpack, read by every gateway.
"""

from __future__ import annotations

import msgspec


class Parameter(msgspec.Struct, omit_defaults=True):
    """A path, query or form parameter, or a header."""

    name: str
    type: str = "string"
    required: bool = False
    description: str = ""
    default: str | None = None
    example: str | None = None
    enum: list[str] | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    repeat: bool = False
    kinds: list[str] = []
    """What a text may be read as, of `integer`, `number`, `boolean`, `nil`, `string`, `array`, `object`, `file`."""
    item_kinds: list[str] = []
    """The same for the elements of an array."""


class Body(msgspec.Struct, omit_defaults=True):
    """A body of one media type; examples are the text that is served, valid or not."""

    media_type: str
    example: str | None = None
    examples: dict[str, str] = {}
    type: str | None = None
    """The type or schema as its author names it."""
    schema: str | None = None
    """JSON Schema 2020-12 that values are held against, with references into `Contract.definitions`."""
    form: list[Parameter] = []
    """Fields of a form."""
    xsd: str | None = None
    """XML Schema that documents are held against, where the extra for it is installed."""


class Response(msgspec.Struct, omit_defaults=True):
    """An answer that the contract documents."""

    status: int
    description: str = ""
    headers: list[Parameter] = []
    bodies: list[Body] = []


class Method(msgspec.Struct, omit_defaults=True):
    """One verb (upper case) of a resource."""

    verb: str
    description: str = ""
    query_parameters: list[Parameter] = []
    headers: list[Parameter] = []
    bodies: list[Body] = []
    responses: list[Response] = []
    secured_by: list[str] = []
    display_name: str = ""
    query_schema: str | None = None
    """What the query is held against, as an object of its parameters."""
    header_schema: str | None = None
    """What the header is held against, names in lower case."""
    file: str = ""
    line: int = 0


class Resource(msgspec.Struct, omit_defaults=True):
    """A path below the API, such as `/event/{id}`, whole."""

    path: str
    display_name: str = ""
    description: str = ""
    uri_parameters: list[Parameter] = []
    methods: list[Method] = []
    uri_schema: str | None = None
    file: str = ""
    line: int = 0


class Type(msgspec.Struct, omit_defaults=True):
    """A type or schema that the API declares."""

    name: str
    kind: str
    definition: str
    """Its name among `Contract.definitions`."""
    description: str = ""
    file: str = ""
    line: int = 0


class Contract(msgspec.Struct, omit_defaults=True):
    """One API."""

    title: str
    raml_version: str
    version: str = ""
    base_uri: str = ""
    media_types: list[str] = []
    resources: list[Resource] = []
    description: str = ""
    protocols: list[str] = []
    types: list[Type] = []
    definitions: dict[str, str] = {}
    """JSON Schemas by name."""

    def summary(self) -> list[dict[str, object]]:
        """Paths and their methods, for people and `api validate`."""
        return [{"path": each.path, "methods": [method.verb for method in each.methods]} for each in self.resources]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Contract)


def encode(contract: Contract) -> bytes:
    """To store."""
    return _encoder.encode(contract)


def decode(data: bytes) -> Contract:
    """From the store."""
    return _decoder.decode(data)
