"""
The process tree of one machine: this supervisor, its gateway processes, and their workers.

    supervisor          opens the listening socket, migrates the database, moves the spool into the tables
      gateway × N       answers; each has workers of its own
        worker × …      run the customer's code

Gateways end with the supervisor and workers with their gateway, whatever kills it: no orphan is left.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import msgspec
import structlog

from openmcs.analytics.metrics import Metrics, gauges
from openmcs.catalog.places import Places
from openmcs.errors import ConfigurationError, StoreUnavailable
from openmcs.metrics_server import MetricsServer
from openmcs.settings import Settings, base_url_warning
from openmcs.store import log as request_log
from openmcs.store import schema
from openmcs.store.clock import now_us
from openmcs.store.compaction import Compactor, Limits, run_forever
from openmcs.store.database import Database
from openmcs.store.log_loader import Loader
from openmcs.store.log_reader import LogReader
from openmcs.trace_exporter import TraceExporter

log = structlog.get_logger()

_RETENTION_SECONDS = 3600.0
_TRACES_MEGABYTES = 64
_BACK_OFF = (0.0, 0.2, 1.0, 5.0, 10.0)
DAY_US = 24 * 3600 * 1_000_000


class Host:
    """Runs the platform until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._gateways: list[subprocess.Popen[bytes]] = []
        self._starts: list[float] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._metrics_server: MetricsServer | None = None
        self._traces: TraceExporter | None = None
        self.database: Database | None = None

    def prepare(self) -> None:
        """
        Make the data folder, migrate the database, open the port.

        Raises `ConfigurationError` when the folder or the port cannot be had, `StoreUnavailable` when
        the database does not answer.
        """
        data = self._settings.data_directory
        try:
            data.mkdir(parents=True, exist_ok=True)
            data.chmod(0o700)
            write_private(data / "canary", secrets.token_hex(16))
        except OSError as error:
            raise ConfigurationError(f"The data folder {data} cannot be used: {error.strerror or error}") from None
        warning = base_url_warning(self._settings.base_url)
        if warning is not None:
            log.warning(warning)
        self._listener = self._listen()
        self.database = Database.open(self._settings.store_url)
        schema.upgrade(self.database)
        if self._settings.log.traces_url:
            reader = LogReader(self.database, Places(data).log, memory_megabytes=_TRACES_MEGABYTES, threads=1)
            self._traces = TraceExporter(reader, self._settings.log.traces_url, self._settings.log.traces_share)

    def start(self) -> None:
        """Start gateways, the loader and retention. `prepare` came before."""
        assert self.database is not None
        for _ in range(self._settings.server.processes):
            self._gateways.append(self._spawn())
        metrics = self._serve_metrics()
        loader = Loader(self.database, self._settings.data_directory / "spool", loaded=metrics.observe)
        self._in_thread(lambda: loader.run_forever(self._stop), "log loader")
        self._in_thread(self._retain, "log retention")
        compactor = Compactor(self.database, Places(self._settings.data_directory).log, _limits(self._settings))
        self._in_thread(lambda: run_forever(compactor, self._stop), "log compaction")
        if (traces := self._traces) is not None:
            self._in_thread(lambda: traces.run_forever(self._stop), "traces")

    def stop(self) -> None:
        """Ask everything to end; `wait` returns when it has."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stop.is_set()

    def handle_signals(self) -> None:
        """SIGTERM and SIGINT stop the platform cleanly."""

        def handler(number: int, frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, handler)
        signal.signal(signal.SIGINT, handler)

    def wait(self) -> int:
        """Watch the gateways until stopped, then end them in order. Returns the exit code."""
        while not self._stop.wait(0.1):
            for index, gateway in enumerate(self._gateways):
                if gateway.poll() is not None:
                    self._replace(index, gateway.returncode)
        if self._traces is not None:
            self._traces.close()
        self._end_gateways()
        for thread in self._threads:
            thread.join(timeout=10)
        self._load_what_is_left()
        if self._metrics_server is not None:
            self._metrics_server.close()
        if self.database is not None:
            self.database.close()
        return 0

    # ── the parts ────────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> socket.socket:
        server = self._settings.server
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((server.host, server.port))
        except OSError as error:
            listener.close()
            raise ConfigurationError(
                f"server.port: {server.host}:{server.port} cannot be listened on: {error.strerror or error}. "
                "Choose another with OPENMCS_SERVER__PORT or --port."
            ) from None
        listener.listen(2048)
        return listener

    def _spawn(self) -> subprocess.Popen[bytes]:
        assert self._listener is not None
        fd = self._listener.fileno()
        gateway = subprocess.Popen(
            [sys.executable, "-m", "openmcs.gateway_process", str(fd)],
            pass_fds=[fd],
            stdin=subprocess.PIPE,
            # A session of its own, so that Ctrl+C in a terminal reaches the supervisor alone.
            start_new_session=True,
        )
        assert gateway.stdin is not None
        gateway.stdin.write(msgspec.json.encode(self._settings))
        gateway.stdin.close()
        self._starts.append(time.monotonic())
        return gateway

    def _replace(self, index: int, status: int) -> None:
        recent = [each for each in self._starts if each > time.monotonic() - 60]
        delay = _BACK_OFF[min(len(recent) - 1, len(_BACK_OFF) - 1)] if recent else 0.0
        log.error("a gateway process ended and is replaced", status=status, after_seconds=delay)
        if not self._stop.wait(delay):
            self._gateways[index] = self._spawn()

    def _end_gateways(self) -> None:
        for gateway in self._gateways:
            if gateway.poll() is None:
                gateway.terminate()
        until = time.monotonic() + self._settings.runtime.drain_seconds + 5
        for gateway in self._gateways:
            try:
                gateway.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                gateway.kill()
                gateway.wait()
        if self._listener is not None:
            self._listener.close()

    def _load_what_is_left(self) -> None:
        """The last calls were recorded after the loader had stopped; the spool keeps them if this fails."""
        assert self.database is not None
        loader = Loader(self.database, self._settings.data_directory / "spool")
        try:
            while loader.run_once():
                pass
        except StoreUnavailable as error:
            log.warning("the last log records stay in the spool until the next start", reason=error.detail)

    def _retain(self) -> None:
        assert self.database is not None
        while not self._stop.wait(_RETENTION_SECONDS):
            try:
                request_log.expire(self.database, now_us() - self._settings.log.retention_days * DAY_US)
                request_log.expire_events(self.database, now_us() - self._settings.log.event_retention_days * DAY_US)
            except StoreUnavailable as error:
                log.warning("old log rows could not be removed", reason=error.detail)

    def _serve_metrics(self) -> Metrics:
        """Counts what the loader loads; on a port of its own when one is set."""
        metrics, database = Metrics(), self.database
        assert database is not None

        def text() -> str:
            running = sum(1 for each in self._gateways if each.poll() is None)
            return metrics.text(
                [("openmcs_gateway_processes", "Gateway processes that run.", running), *gauges(database)]
            )

        if self._settings.server.metrics_port:
            self._metrics_server = MetricsServer(self._settings.server.metrics_port, text)
        return metrics

    def _in_thread(self, run: object, name: str) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)


def _limits(settings: Settings) -> Limits:
    log = settings.log
    return Limits(
        rows=log.hot_rows,
        seconds=log.hot_seconds,
        retention_days=log.retention_days,
        event_retention_days=log.event_retention_days,
        retention_bytes=log.retention_megabytes * 1024 * 1024,
    )


def write_private(file: Path, text: str) -> None:
    """Write *text* so that nobody but the owner ever could read it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    file.chmod(0o600)
