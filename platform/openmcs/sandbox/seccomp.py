"""
The system call filter: a BPF program that answers forbidden calls with an error before the kernel acts.

It is a deny-list, because implementations may import compiled packages; it also repeats what older
versions of Landlock leave open and what Landlock does not know at all: changing modes and owners,
watching directories, signals through `fcntl`, UDP, Unix sockets, TCP Fast Open, memory that no limit counts.
Most refusals are EPERM, so that Python raises `PermissionError` with a traceback.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from openmcs.sandbox.syscalls import NEWEST, NUMBERS
from openmcs.sandbox.walls import SandboxUnavailable

EPERM, ENOSYS = 1, 38
ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERRNO = 0x00050000

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_BITS, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_ARGUMENTS = 0, 4, 16

_X32_BIT = 0x40000000
_SET_MODE_FILTER, _ALL_THREADS = 1, 1


class Instruction(NamedTuple):
    """One instruction of classic BPF; jumps are relative to the next one."""

    code: int
    if_true: int
    if_false: int
    operand: int


Block = list[Instruction]


class Architecture(NamedTuple):
    """What the filter has to know of a processor."""

    audit: int
    column: int
    """Place in `syscalls.NUMBERS`."""
    seccomp: int
    has_x32: bool


ARCHITECTURES: Mapping[str, Architecture] = {
    "x86_64": Architecture(audit=0xC000003E, column=0, seccomp=317, has_x32=True),
    "aarch64": Architecture(audit=0xC00000B7, column=1, seccomp=277, has_x32=False),
}

# ── checks: each falls through when it is content and returns EPERM when not ─────────────────────────


def _load(argument: int, *, high: bool = False) -> Instruction:
    # Both architectures are little-endian: the low word of a 64-bit argument comes first.
    return Instruction(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * argument + (4 if high else 0))


def _return(action: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, action)


def _refuse(error: int = EPERM) -> Instruction:
    return _return(_ERRNO | error)


def one_of(argument: int, values: Iterable[int], *, ignoring: int = 0) -> Block:
    """The low word of *argument*, without the bits *ignoring*, is one of *values*."""
    wanted = list(values)
    block = [_load(argument)]
    if ignoring:
        block.append(Instruction(_AND, 0, 0, ~ignoring & 0xFFFFFFFF))
    block += [Instruction(_JUMP_EQUAL, len(wanted) - place, 0, value) for place, value in enumerate(wanted)]
    return [*block, _refuse()]


def none_of(argument: int, values: Iterable[int]) -> Block:
    """The low word of *argument* is none of *values*."""
    block = [_load(argument)]
    for value in values:
        block += [Instruction(_JUMP_EQUAL, 0, 1, value), _refuse()]
    return block


def null(argument: int) -> Block:
    """*argument* is a null pointer."""
    words: Block = []
    for high in (False, True):
        words += [_load(argument, high=high), Instruction(_JUMP_EQUAL, 1, 0, 0), _refuse()]
    return words


def without(argument: int, bits: int) -> Block:
    """None of *bits* is set in the low word of *argument*."""
    return [_load(argument), Instruction(_JUMP_BITS, 0, 1, bits), _refuse()]


def with_any(argument: int, bits: int) -> Block:
    """At least one of *bits* is set in the low word of *argument*."""
    return [_load(argument), Instruction(_JUMP_BITS, 1, 0, bits), _refuse()]


def not_all(argument: int, bits: int) -> Block:
    """The low word of *argument* does not have all of *bits* set."""
    return [_load(argument), Instruction(_AND, 0, 0, bits), Instruction(_JUMP_EQUAL, 0, 1, bits), _refuse()]


def when(argument: int, value: int, then: Block) -> Block:
    """If the low word of *argument* is *value*, *then* has to be content."""
    return [_load(argument), Instruction(_JUMP_EQUAL, 0, len(then), value), *then]


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────

_NEVER = (
    # other programs, and other ways to make a process
    "fork vfork execve execveat",
    # other processes
    "pidfd_open pidfd_getfd pidfd_send_signal process_vm_readv process_vm_writev process_madvise process_mrelease",
    "ptrace kcmp get_robust_list move_pages migrate_pages ioprio_set setsid setpgid setrlimit",
    # memory and queues that are in no limit, or outlive the process
    "memfd_create memfd_secret shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semtimedop semctl",
    "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr",
    # another view of the file system
    "unshare setns mount umount2 pivot_root chroot mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick",
    "statmount listmount name_to_handle_at open_by_handle_at",
    # what Landlock does not ask about: modes, owners, times, attributes, watching; truncating before ABI 3
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat",
    "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr truncate mknod mknodat",
    "fanotify_init fanotify_mark inotify_init inotify_init1 inotify_add_watch lookup_dcookie",
    # large and little-used parts of the kernel
    "io_uring_setup io_uring_enter io_uring_register io_setup keyctl add_key request_key bpf perf_event_open",
    "userfaultfd seccomp vmsplice uselib sysfs _sysctl nfsservctl modify_ldt iopl ioperm personality",
    # privileges
    "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset lsm_set_self_attr",
    # the machine
    "kexec_load kexec_file_load init_module finit_module delete_module create_module reboot swapon swapoff quotactl",
    "quotactl_fd acct syslog settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname vhangup",
)


_NO_SUCH_CALL = ("clone3", "openat2")
"""Their arguments lie in memory, where a filter cannot look; libc falls back to the older form."""

_CLONE_THREAD = 0x10000
_MAP_SHARED_ANONYMOUS, _MAP_GROWSDOWN = 0x01 | 0x20, 0x100
_O_TRUNC = 0x200
_SIGXCPU = 24
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 10, 15, 1024, 1026
_TIOCSTI, _TIOCLINUX, _TIOCSCTTY, _FIOSETOWN, _SIOCSPGRP = 0x5412, 0x541C, 0x540E, 0x8901, 0x8902
_PRCTL_HARMLESS = (2, 3, 15, 16, 21, 23, 39, 41, 42, 0x53564D41)
"""Get the death signal, dumpable, the seccomp mode, a capability, no-new-privs; name, huge pages and area names."""

_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _SOCK_NONBLOCK, _SOCK_CLOEXEC = 1, 0x800, 0x80000
_IPPROTO_IP, _IPPROTO_TCP = 0, 6
_MSG_FASTOPEN = 0x20000000
_SOL_SOCKET, _SOCKET_FILTERS = 1, (26, 50, 51, 52)
_TCP_ULP = 31


def rules(pid: int, *, sockets: bool, truncation: bool) -> dict[str, Block]:
    """
    System call name to the checks it has to pass; an empty block refuses it always.

    *pid* is the worker's own. *sockets* permits outgoing TCP. *truncation* refuses `O_TRUNC`, for
    kernels whose Landlock does not see it (ABI 1 and 2).
    """
    own = (0, pid)
    stream = {"ignoring": _SOCK_NONBLOCK | _SOCK_CLOEXEC}
    table: dict[str, Block] = {
        # The busiest first: the program is read from its beginning.
        "mmap": not_all(3, _MAP_SHARED_ANONYMOUS) + without(3, _MAP_GROWSDOWN),
        "fcntl": none_of(1, (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY)),
        "ioctl": none_of(1, (_TIOCSTI, _TIOCLINUX, _TIOCSCTTY, _FIOSETOWN, _SIOCSPGRP)),
        # TCP Fast Open connects inside a send, where Landlock does not look.
        "sendto": without(3, _MSG_FASTOPEN),
        "sendmsg": without(2, _MSG_FASTOPEN),
        "sendmmsg": without(3, _MSG_FASTOPEN),
        "clone": with_any(0, _CLONE_THREAD),
        "kill": one_of(0, (pid,)),
        "tkill": one_of(0, (pid,)),
        "tgkill": one_of(0, (pid,)),
        "rt_sigqueueinfo": one_of(0, (pid,)),
        "rt_tgsigqueueinfo": one_of(0, (pid,)),
        # The lease on processor time ends with this signal.
        "rt_sigaction": none_of(0, (_SIGXCPU,)),
        "prlimit64": one_of(0, own) + null(2),
        "sched_setaffinity": one_of(0, own),
        "sched_setscheduler": one_of(0, own),
        "sched_setparam": one_of(0, own),
        "sched_setattr": one_of(0, own),
        "setpriority": one_of(0, (0,)) + one_of(1, own),
        "prctl": one_of(0, _PRCTL_HARMLESS),
        # A datagram pair could be given another address; a stream pair cannot.
        "socketpair": one_of(0, (_AF_UNIX,)) + one_of(1, (_SOCK_STREAM,), **stream),
        "setsockopt": (
            when(1, _SOL_SOCKET, none_of(2, _SOCKET_FILTERS)) + when(1, _IPPROTO_TCP, none_of(2, (_TCP_ULP,)))
        ),
        "socket": [],
        "connect": [],
        "bind": [],
        "listen": [],
        "accept": [],
        "accept4": [],
    }
    if sockets:
        # Multipath TCP, SCTP and SMC are streams as well, and Landlock's port rules know only TCP.
        table["socket"] = (
            one_of(0, (_AF_INET, _AF_INET6))
            + one_of(1, (_SOCK_STREAM,), **stream)
            + one_of(2, (_IPPROTO_IP, _IPPROTO_TCP))
        )
        del table["connect"]
    if truncation:
        table["open"] = without(1, _O_TRUNC)
        table["openat"] = without(2, _O_TRUNC)
    table.update({name: [] for line in _NEVER for name in line.split()})
    return table


def program(architecture: Architecture, table: Mapping[str, Block]) -> Block:
    """The whole filter: *table* for this architecture, everything else allowed, foreign conventions killed."""
    block = [
        Instruction(_LOAD, 0, 0, _OFFSET_ARCH),
        Instruction(_JUMP_EQUAL, 1, 0, architecture.audit),
        _return(KILL),
        Instruction(_LOAD, 0, 0, _OFFSET_NUMBER),
    ]
    if architecture.has_x32:
        block += [Instruction(_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT), _return(KILL)]
    block += [Instruction(_JUMP_GREATER_EQUAL, 0, 1, NEWEST + 1), _refuse(ENOSYS)]
    for name, checks in table.items():
        block += _when_called(architecture, name, [*checks, _return(ALLOW)] if checks else [_refuse()])
    for name in _NO_SUCH_CALL:
        block += _when_called(architecture, name, [_refuse(ENOSYS)])
    return [*block, _return(ALLOW)]


def _when_called(architecture: Architecture, name: str, then: Block) -> Block:
    number = NUMBERS[name][architecture.column]
    return [] if number is None else [Instruction(_JUMP_EQUAL, 0, len(then), number), *then]


# ── putting it in force ──────────────────────────────────────────────────────────────────────────────


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def this_architecture() -> Architecture:
    """The architecture that this process runs as; raises `SandboxUnavailable` for one without a table."""
    name = platform.machine()
    if name not in ARCHITECTURES or sys.maxsize < 2**32 or sys.byteorder != "little":
        raise SandboxUnavailable(f"seccomp: there is no system call table for {name}, only for x86_64 and aarch64")
    return ARCHITECTURES[name]


def install(*, sockets: bool, truncation: bool) -> None:
    """Put the filter in force for all threads of this process, for good. Raises `SandboxUnavailable`."""
    architecture = this_architecture()
    instructions = program(architecture, rules(os.getpid(), sockets=sockets, truncation=truncation))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in instructions))
    argument = _Program(len(instructions), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result = libc.syscall(
        ctypes.c_long(architecture.seccomp),
        ctypes.c_uint(_SET_MODE_FILTER),
        ctypes.c_uint(_ALL_THREADS),
        ctypes.byref(argument),
    )
    if result != 0:
        reason = os.strerror(ctypes.get_errno()) if result < 0 else f"thread {result} has another filter"
        raise SandboxUnavailable(f"seccomp refused the filter: {reason}")
