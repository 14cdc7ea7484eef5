"""
The attacks that a worker's walls have to stop, as a program: `python -I attacks.py LEVEL CANARY PORT OTHER`.

LEVEL is `free` (no walls: what is harmless has to succeed there), a single wall on top of `limits`
(`limits`, `landlock`, `seccomp`), `strict`, or `network` (PORT may be connected to); with `+uid` and
`+namespaces` beside it. Prints one JSON object: attack to what became of it. Every attack is harmless
when it succeeds.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import json
import mmap
import os
import platform
import resource
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import zoneinfo
from collections.abc import Callable

from openmcs import sandbox
from openmcs.sandbox import enclosing, landlock, namespaces, seccomp

LEVELS, CANARY, PORT, OTHER = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
LEVEL, *ADDITIONS = LEVELS.split("+")
OPEN = LEVEL not in ("strict", "network")
"""Without the filter some acts would end this program, or leave it behind the walls of another level."""
USER = 1_900_000_042 if "uid" in ADDITIONS else 0
PARENT = os.getppid()
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
X86 = platform.machine() == "x86_64"
MSG_FASTOPEN = 0x20000000

ATTACKS: dict[str, Callable[[], object]] = {}


def attack(function: Callable[[], object]) -> Callable[[], object]:
    """Enter *function* into the list under its name."""
    ATTACKS[function.__name__] = function
    return function


def syscall(x86: int, arm: int, *arguments: object) -> int:
    """Call the kernel without libc's help; raises OSError."""
    result = int(LIBC.syscall(ctypes.c_long(x86 if X86 else arm), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


# ── files ────────────────────────────────────────────────────────────────────────────────────────────


@attack
def read_a_secret() -> object:
    return open(CANARY).read()


@attack
def list_a_foreign_directory() -> object:
    return os.listdir(os.path.dirname(CANARY))


@attack
def read_system_accounts() -> object:
    return open("/etc/passwd").read()


@attack
def write_a_file() -> None:
    open(CANARY + ".new", "w").close()


@attack
def overwrite_a_file() -> None:
    open(CANARY, "r+").close()


@attack
def truncate_a_file() -> None:
    os.truncate(CANARY, os.path.getsize(CANARY))


@attack
def write_into_the_readable_directories() -> None:
    path = os.path.join(os.path.dirname(sandbox.__file__), f".attack-{os.getpid()}")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)


@attack
def write_many_files() -> None:
    names = [f"{CANARY}.{number}" for number in range(50)]
    for name in names:
        open(name, "w").close()
    for name in names:
        os.unlink(name)


@attack
def rename_a_file() -> None:
    os.rename(CANARY, CANARY)


@attack
def link_a_file() -> None:
    os.link(CANARY, CANARY + ".link")
    os.unlink(CANARY + ".link")


@attack
def change_a_mode() -> None:
    os.chmod(CANARY, 0o600)


@attack
def change_an_owner() -> None:
    os.chown(CANARY, os.getuid(), -1)


@attack
def change_file_times() -> None:
    os.utime(CANARY)


@attack
def watch_a_directory() -> None:
    descriptor = LIBC.inotify_init1(0)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    os.close(descriptor)


# ── the platform and its neighbours ──────────────────────────────────────────────────────────────────


@attack
def read_the_platforms_environment() -> object:
    return open(f"/proc/{PARENT}/environ", "rb").read()


@attack
def read_the_platforms_memory() -> None:
    open(f"/proc/{PARENT}/mem", "rb").close()


@attack
def list_processes() -> object:
    return os.listdir("/proc")


@attack
def signal_the_platform() -> None:
    os.kill(PARENT, 0)


@attack
def signal_everyone() -> None:
    os.kill(-os.getpid(), 0)


@attack
def signal_the_platform_through_fcntl() -> object:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        return fcntl.fcntl(ours.fileno(), fcntl.F_SETOWN, PARENT)


@attack
def limit_the_platform() -> object:
    return resource.prlimit(PARENT, resource.RLIMIT_CORE, resource.prlimit(PARENT, resource.RLIMIT_CORE))


@attack
def pin_the_platform() -> None:
    os.sched_setaffinity(PARENT, os.sched_getaffinity(PARENT))


@attack
def slow_the_platform() -> None:
    os.setpriority(os.PRIO_PROCESS, PARENT, os.getpriority(os.PRIO_PROCESS, PARENT))


@attack
def reschedule_the_platform() -> None:
    os.sched_setscheduler(PARENT, os.sched_getscheduler(PARENT), os.sched_getparam(PARENT))


@attack
def open_a_handle_on_the_platform() -> None:
    os.close(os.pidfd_open(PARENT))


@attack
def read_the_platform_with_process_vm_readv() -> object:
    return syscall(310, 270, PARENT, None, ctypes.c_ulong(0), None, ctypes.c_ulong(0), ctypes.c_ulong(0))


# ── processes and privileges ─────────────────────────────────────────────────────────────────────────


@attack
def fork() -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)


@attack
def start_many_processes() -> object:
    children: list[int] = []
    try:
        for _ in range(50):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return len(children)


@attack
def go_on_in_the_background() -> object:
    child = os.fork()
    if child == 0:
        os.setsid()
        os._exit(0)
    return os.waitpid(child, 0)


@attack
def start_too_many_threads() -> object:
    done = threading.Event()
    threads = [threading.Thread(target=done.wait) for _ in range(700)]
    started = 0
    try:
        for each in threads:
            each.start()
            started += 1
    except RuntimeError as error:
        raise PermissionError(1, str(error)) from error
    finally:
        done.set()
        for each in threads[:started]:
            each.join()
    return started


@attack
def run_a_program() -> object:
    return subprocess.run(["/bin/true"], check=True)


@attack
def replace_the_program() -> object:
    if OPEN:
        return "would end this program"
    return os.execv("/bin/true", ["true"])


@attack
def call_clone3() -> object:
    # Size 0 is an error that only a kernel which looked at the call can find.
    return syscall(435, 435, None, ctypes.c_size_t(0))


@attack
def make_a_user_namespace() -> object:
    return LIBC.unshare(0) if OPEN else _checked(LIBC.unshare(0x10000000))


@attack
def leave_the_session() -> None:
    if not OPEN:
        os.setsid()


@attack
def lift_the_own_limits() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_DATA, resource.getrlimit(resource.RLIMIT_DATA))
    except ValueError as error:
        raise PermissionError(1, str(error)) from error


@attack
def outlive_the_platform() -> object:
    return _checked(LIBC.prctl(1, 0, 0, 0, 0))


@attack
def become_traceable() -> object:
    return _checked(LIBC.prctl(4, 1, 0, 0, 0))


@attack
def set_up_io_uring() -> object:
    return _refused_by_the_filter(425, 425)


@attack
def use_the_kernels_keyring() -> object:
    return _refused_by_the_filter(250, 219)


@attack
def load_bpf() -> object:
    return _refused_by_the_filter(321, 280)


@attack
def change_the_user() -> None:
    os.setuid(os.getuid())


@attack
def change_the_root_directory() -> object:
    return _refused_by_the_filter(161, 51)


@attack
def call_what_came_after_the_filter() -> object:
    # 463 is setxattrat; it fails with EINVAL or EFAULT where it exists.
    return syscall(463, 463, -1, None, 0, None, None, ctypes.c_size_t(0))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _refused_by_the_filter(x86: int, arm: int) -> object:
    """With null arguments the kernel would answer EFAULT, EINVAL or the like: no refusal."""
    return syscall(x86, arm, None, None, None, None, None)


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────

_SIZE = 600 * 2**20


@attack
def take_too_much_heap() -> object:
    return len(bytearray(_SIZE))


@attack
def take_shared_memory() -> None:
    mmap.mmap(-1, _SIZE).close()


@attack
def take_memory_that_grows_down() -> None:
    mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100).close()


@attack
def take_a_memory_file() -> None:
    os.close(os.memfd_create("x"))


@attack
def take_memory_in_children() -> object:
    children: list[int] = []
    try:
        for _ in range(3):
            child = os.fork()
            if child == 0:
                bytearray(100 * 2**20)
                os._exit(0)
            children.append(child)
    finally:
        statuses = [os.waitpid(child, 0)[1] for child in children]
    return statuses


@attack
def take_system_v_memory() -> object:
    return _refused_by_the_filter(29, 194)


@attack
def take_too_many_descriptors() -> object:
    opened = []
    try:
        for _ in range(300):
            opened.append(os.dup(2))
    except OSError as error:
        raise PermissionError(1, str(error)) from error
    finally:
        for each in opened:
            os.close(each)
    return len(opened)


# ── network ──────────────────────────────────────────────────────────────────────────────────────────


@attack
def connect_to_the_declared_port() -> None:
    socket.create_connection(("127.0.0.1", PORT), 2).close()


@attack
def connect_to_another_port() -> None:
    socket.create_connection(("127.0.0.1", OTHER), 2).close()


@attack
def connect_to_another_port_by_fast_open() -> object:
    with socket.socket() as channel:
        return channel.sendto(b"x", MSG_FASTOPEN, ("127.0.0.1", OTHER))


@attack
def connect_to_another_port_by_fast_open_message() -> object:
    with socket.socket() as channel:
        return channel.sendmsg([b"x"], [], MSG_FASTOPEN, ("127.0.0.1", OTHER))


@attack
def connect_to_another_port_by_multipath_tcp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as channel:
        channel.connect(("127.0.0.1", OTHER))


@attack
def open_a_datagram_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()


@attack
def open_a_datagram_socket_of_ipv6() -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()


@attack
def open_a_unix_socket() -> None:
    socket.socket(socket.AF_UNIX).close()


@attack
def connect_to_an_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(f"\0openmcs-{OTHER}")


@attack
def open_a_datagram_pair() -> None:
    for each in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
        each.close()


@attack
def open_a_netlink_socket() -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()


@attack
def listen() -> None:
    with socket.socket() as channel:
        channel.bind(("127.0.0.1", 0))
        channel.listen()


# ── what honest code does ────────────────────────────────────────────────────────────────────────────


@attack
def honest_threads() -> object:
    done: list[int] = []
    threads = [threading.Thread(target=done.append, args=(each,)) for each in range(100)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return len(done)


@attack
def honest_event_loop_made_later() -> object:
    async def main() -> str:
        await asyncio.sleep(0)
        return await asyncio.to_thread(lambda: "ran")

    return asyncio.run(main())


@attack
def honest_event_loop_made_before() -> object:
    return LOOP.run_until_complete(asyncio.sleep(0, "ran"))


@attack
def honest_database_in_memory() -> object:
    with sqlite3.connect(":memory:") as database:
        found = database.execute("select 1").fetchone()
    database.close()
    return found


@attack
def honest_time_zone() -> object:
    return str(zoneinfo.ZoneInfo("Europe/Paris"))


@attack
def honest_hash_and_token() -> object:
    import hashlib
    import secrets

    return hashlib.sha256(secrets.token_bytes()).hexdigest() and ""


@attack
def honest_tls_context() -> object:
    return ssl.create_default_context().verify_mode.name


@attack
def honest_lazy_import() -> object:
    import xml.etree.ElementTree as tree

    return tree.fromstring("<a/>").tag


@attack
def honest_mime_type() -> object:
    import mimetypes

    return mimetypes.guess_type("a.png")[0]


@attack
def honest_native_callback() -> object:
    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)(1)


@attack
def honest_output_to_nowhere() -> object:
    with open(os.devnull, "w") as nowhere:
        return nowhere.write("x")


@attack
def honest_signal_to_itself() -> object:
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, _: seen.append(number))
    os.kill(os.getpid(), signal.SIGUSR2)
    signal.raise_signal(signal.SIGUSR2)
    signal.signal(signal.SIGUSR2, before)
    return len(seen)


def outcome_of(act: Callable[[], object]) -> dict[str, object]:
    """What became of *act*, with what the platform would tell its author."""
    try:
        return {"outcome": "done", "value": repr(act())}
    except (OSError, MemoryError) as error:
        return {
            "outcome": "raised",
            "error": type(error).__name__,
            "errno": getattr(error, "errno", None),
            "hint": sandbox.explain(error, WALLS),
        }


def raise_walls() -> dict[str, str]:
    """What LEVEL and ADDITIONS say; which additions cannot be had."""
    if LEVEL == "free":
        return {}
    if not OPEN:
        return sandbox.enclose(WALLS)
    refused = enclosing._raise_additions(WALLS)
    enclosing._give_up_privileges()
    if LEVEL == "landlock":
        landlock.restrict(WALLS)
    enclosing.limit(WALLS)
    if LEVEL == "seccomp":
        seccomp.install(sockets=False, truncation=False)
    return refused


def main() -> None:
    """Raise the walls, attack, and tell."""
    outside = sandbox.Outside(PARENT, namespaces.names())
    missing = raise_walls()
    report = sandbox.probe(WALLS, CANARY, outside)
    result: dict[str, object] = {name: outcome_of(act) for name, act in ATTACKS.items()}
    result["report"] = {**report._asdict(), "probes": [each._asdict() for each in report.probes], "missing": missing}
    print(json.dumps(result))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    WALLS = sandbox.Walls(
        read=(*sandbox.interpreter_directories(), os.path.dirname(os.path.realpath(__file__))),
        connect=(PORT,) if LEVEL == "network" else (),
        user=USER,
        namespaces="namespaces" in ADDITIONS,
    )
    if "namespaces" in ADDITIONS:
        # As the zygote does it: the worker is the first process of its own.
        namespaces.prepare(WALLS.read)
        if child := namespaces.numbered(os.fork):
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    LOOP = asyncio.new_event_loop()
    threading.stack_size(512 * 1024)
    main()
