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


class Body(msgspec.Struct, omit_defaults=True):
    """A body of one media type; examples are the text that is served, valid or not."""

    media_type: str
    example: str | None = None
    examples: dict[str, str] = {}
    schema: str | None = None


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


class Resource(msgspec.Struct, omit_defaults=True):
    """A path below the API, such as `/event/{id}`, whole."""

    path: str
    display_name: str = ""
    description: str = ""
    uri_parameters: list[Parameter] = []
    methods: list[Method] = []


class Contract(msgspec.Struct, omit_defaults=True):
    """One API."""

    title: str
    raml_version: str
    version: str = ""
    base_uri: str = ""
    media_types: list[str] = []
    resources: list[Resource] = []

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
