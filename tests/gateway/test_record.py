"""What the request log knows of a call, and what it never does (contract: wire 2.1; portal 3.3)."""

from __future__ import annotations

from tests.platform_server import APPLICATION_KEY, PASSWORD, PlatformServer, basic, joe

DIAGNOSTICS = {
    "Oracle-Mobile-DIAGNOSTIC-SESSION-ID": "6f6f2d5e-1111-4000-8000-000000000001",
    "Oracle-Mobile-DEVICE-ID": "6f6f2d5e-2222-4000-8000-000000000002",
    "Oracle-Mobile-CLIENT-REQUEST-TIME": "2017-07-13T02:10:11.123Z",
    "Oracle-Mobile-Client-SDK-Info": "Cordova 17.4.5.0 [CustomCode]",
    "Oracle-Mobile-Application-Key": APPLICATION_KEY,
}


def test_diagnostics_headers_land_in_the_log(platform: PlatformServer) -> None:
    """2.1: session, device, client time, SDK and application key, as they were sent."""
    row = platform.row_of(platform.call("GET", "/mobile/custom/echo/all", joe(**DIAGNOSTICS)))
    assert [row[name] for name in ("session_id", "device_id", "client_time", "client_sdk", "application_key")] == [
        *DIAGNOSTICS.values()
    ]
    assert (row["user"], row["caller_kind"], row["method"], row["resource"]) == ("joe", "user", "GET", "/all")


def test_no_credential_is_ever_in_the_log(platform: PlatformServer) -> None:
    """Q2: J3's `_values` repeats them; a query may carry them, too."""
    secret = basic("joe", PASSWORD)
    headers = joe(**{"_keys": "Authorization", "_values": secret, "Cookie": "sid=cookie-secret"})
    answer = platform.call("GET", "/mobile/custom/echo/all?access_token=query-secret&a=1", headers)
    row = platform.row_of(answer)
    assert row["path"] == "/mobile/custom/echo/all?access_token=***&a=1"
    text = repr(row)
    assert not any(each in text for each in (secret, secret.split()[1], PASSWORD, "cookie-secret", "query-secret"))


def test_what_was_refused_is_recorded_with_its_reason(platform: PlatformServer) -> None:
    """Also what nobody could be found for."""
    row = platform.row_of(platform.call("GET", "/mobile/custom/echo/all", DIAGNOSTICS))
    assert (row["status"], row["error_code"], row["backend"], row["device_id"]) == (
        401, "MOBILE-90003", None, DIAGNOSTICS["Oracle-Mobile-DEVICE-ID"]
    )  # fmt: skip
    assert "Oracle-Mobile-Backend-ID" in row["error_detail"]


def test_the_trace_of_the_caller_is_joined_to_the_ecid(platform: PlatformServer) -> None:
    """With the span that the call was made in; what is no trace context is none."""
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7-01"
    for header, expected in ((f"00-{trace}-{span}", (trace, span)), (f"00-{trace}-x", (None, None))):
        row = platform.row_of(platform.call("GET", "/mobile/custom/echo/all", joe(traceparent=header)))
        assert (row["trace_id"], row["trace_parent"]) == expected
