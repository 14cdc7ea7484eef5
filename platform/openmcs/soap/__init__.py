"""SOAP: WSDL text to ports and operations, JSON to envelopes and back. No HTTP, no database."""
