"""The tables of what implementations work with: configuration, what answered when, connectors."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from openmcs.store.columns import Id, LongText, new_table

configuration = new_table(
    "configuration",
    Column("kind", String(10), primary_key=True),  # api, backend
    Column("owner", Id, primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("value", LongText, nullable=False),  # sealed by catalog.secrets when it is a secret
    Column("secret", Boolean, nullable=False),
    Column("modified_by", String(100), nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)

activation = new_table(
    "activation",
    Column("id", Id, primary_key=True),
    Column("api", Id, ForeignKey("api.id", ondelete="CASCADE"), nullable=False),
    Column("implementation", Id, nullable=True),  # NULL: the mock
    Column("at", BigInteger, nullable=False),
    Column("team_member", String(100), nullable=False),
    Index(None, "api", "id"),
)
"""What answered for an API, and since when: the way back."""

connector = new_table(
    "connector",
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("version", String(100), nullable=False),
    Column("kind", String(10), nullable=False, default="REST"),  # REST, SOAP
    Column("title", String(255), nullable=False, default=""),
    Column("description", String(1000), nullable=False, default=""),
    Column("base_url", String(1000), nullable=False),
    Column("rules", LongText, nullable=False, default="[]"),  # JSON list of catalog.connectors.Rule
    Column("allow", Text, nullable=False, default="[]"),  # JSON list of networks
    Column("connect_timeout_ms", Integer, nullable=True),
    Column("read_timeout_ms", Integer, nullable=True),
    Column("wsdl", LongText, nullable=True),  # SOAP: JSON, catalog.wsdl.Bundle
    Column("port", String(255), nullable=False, default=""),  # SOAP: "Service/Port"
    Column("operations", LongText, nullable=False, default="[]"),  # SOAP: JSON, what the port offers
    Column("published", Boolean, nullable=False, default=False),
    Column("credentials", LongText, nullable=True),  # JSON, sealed by catalog.secrets
    Column("etag", Integer, nullable=False, default=1),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    UniqueConstraint("name", "version"),
)
