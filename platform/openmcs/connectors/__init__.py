"""What leaves the platform on behalf of custom code: connectors, behind the egress guard."""
