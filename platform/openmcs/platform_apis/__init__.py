"""The platform's own APIs for mobile apps, `/mobile/platform/…`: one file an API."""
