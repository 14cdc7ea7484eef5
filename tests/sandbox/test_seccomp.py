"""The filter's program, run by an interpreter of its own here: both architectures, without installing anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmcs.sandbox import seccomp
from openmcs.sandbox.syscalls import NEWEST, NUMBERS
from openmcs.sandbox.walls import SandboxUnavailable

PID = 4321
PARENT = 4320
EPERM, ENOSYS = 0x00050000 | 1, 0x00050000 | 38
ANY_ARGUMENT = st.integers(0, 2**64 - 1)


def judge(block: Sequence[seccomp.Instruction], audit: int, number: int, arguments: Sequence[int] = ()) -> int:
    """What *block* answers: classic BPF over `struct seccomp_data`."""
    full = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = {0: number, 4: audit}
    for place, value in enumerate(full):
        data[16 + 8 * place] = value & 0xFFFFFFFF
        data[20 + 8 * place] = value >> 32
    register, position = 0, 0
    while True:
        code, if_true, if_false, operand = block[position]
        position += 1
        if code == 0x20:
            register = data[operand]
        elif code == 0x54:
            register &= operand
        elif code == 0x06:
            return int(operand)
        else:
            holds = {0x15: register == operand, 0x35: register >= operand, 0x45: bool(register & operand)}[code]
            position += if_true if holds else if_false


class Filter:
    """One architecture's program, asked by the names of system calls."""

    def __init__(self, name: str, *, sockets: bool = False, truncation: bool = False) -> None:
        self.architecture = seccomp.ARCHITECTURES[name]
        table = seccomp.rules(PID, sockets=sockets, truncation=truncation)
        self.block = seccomp.program(self.architecture, table)

    def has(self, call: str) -> bool:
        """Whether the architecture has this call at all."""
        return NUMBERS[call][self.architecture.column] is not None

    def __call__(self, call: str, *arguments: int) -> int:
        number = NUMBERS[call][self.architecture.column]
        assert number is not None
        return judge(self.block, self.architecture.audit, number, arguments)


@pytest.fixture(params=sorted(seccomp.ARCHITECTURES))
def name(request: pytest.FixtureRequest) -> str:
    """Each architecture in turn."""
    return str(request.param)


@pytest.mark.parametrize(
    ("call", "allowed", "refused"),
    [
        ("kill", [(PID, 9)], [(PARENT, 9), (0, 9), (2**32 - 1, 9)]),
        ("tgkill", [(PID, 99, 10)], [(PARENT, PARENT, 9)]),
        ("prlimit64", [(0, 2, 0, 1), (PID, 2, 0, 1)], [(PARENT, 2, 0, 1), (0, 0, 4096, 0), (0, 0, 1 << 40, 0)]),
        ("clone", [(0x3D0F00,)], [(17,), (0x4100 | 17,), (0x10000000,)]),
        ("sched_setaffinity", [(0,), (PID,)], [(PARENT,)]),
        ("setpriority", [(0, 0, 5), (0, PID, 5)], [(0, PARENT, 5), (1, 0, 5), (2, 0, 5)]),
        ("prctl", [(15,), (21,)], [(1,), (4,), (22,), (35,)]),
        ("ioctl", [(1, 0x5401)], [(0, 0x5412), (3, 0x8901)]),
        ("fcntl", [(3, 3), (3, 4)], [(3, 8, PARENT), (3, 10, 9), (3, 15), (3, 1024)]),
        ("mmap", [(0, 1, 3, 0x22), (0, 1, 1, 0x01)], [(0, 1, 3, 0x21), (0, 1, 3, 0x23), (0, 1, 3, 0x122)]),
        ("socketpair", [(1, 1), (1, 0x80801)], [(1, 2), (1, 5), (2, 1)]),
        ("sendto", [(3, 0, 0, 0x4000)], [(3, 0, 0, 0x20000000)]),
        ("sendmsg", [(3, 0, 0x4000)], [(3, 0, 0x20000000)]),
        ("setsockopt", [(3, 6, 1), (3, 1, 9), (3, 41, 26)], [(3, 6, 31), (3, 1, 50)]),
        ("socket", [], [(1, 1), (2, 1), (2, 2), (10, 1), (16, 3)]),
        ("connect", [], [(3,)]),
    ],
)
def test_arguments_decide(name: str, call: str, allowed: list[tuple[int, ...]], refused: list[tuple[int, ...]]) -> None:
    """Calls that honest code makes too are judged by their arguments."""
    judged = Filter(name)
    assert [judged(call, *each) for each in allowed] == [seccomp.ALLOW] * len(allowed)
    assert [judged(call, *each) for each in refused] == [EPERM] * len(refused)


def test_with_sockets_only_plain_tcp_can_be_opened(name: str) -> None:
    """IPv4 and IPv6 streams, blocking or not; no UDP, Unix, raw, multipath TCP, SCTP or SMC; no listening."""
    judged = Filter(name, sockets=True)
    for allowed in ((2, 1), (10, 1), (2, 0x80801, 6), (10, 0x801, 0)):
        assert judged("socket", *allowed) == seccomp.ALLOW
    for refused in ((2, 2), (1, 1), (16, 3), (17, 3), (2, 3), (2, 1, 262), (2, 1, 132), (2, 1, 256), (43, 1), (40, 1)):
        assert judged("socket", *refused) == EPERM
    assert judged("connect", 3) == seccomp.ALLOW
    assert {judged(each, 3) for each in ("bind", "listen", "accept", "accept4")} == {EPERM}


@pytest.mark.parametrize("sockets", [False, True])
@given(arguments=st.lists(ANY_ARGUMENT, min_size=6, max_size=6))
def test_no_argument_opens_what_is_always_refused(sockets: bool, arguments: list[int]) -> None:
    """Running programs, namespaces, io_uring and the like are refused whatever their arguments."""
    for architecture in seccomp.ARCHITECTURES:
        judged = Filter(architecture, sockets=sockets)
        for call in ("execve", "execveat", "unshare", "setns", "ptrace", "io_uring_setup", "bpf", "memfd_create"):
            assert judged(call, *arguments) == EPERM
        assert judged("clone3", *arguments) == ENOSYS


@given(number=st.integers(0, NEWEST), arguments=st.lists(ANY_ARGUMENT, min_size=6, max_size=6))
def test_calls_without_a_rule_are_allowed(number: int, arguments: list[int]) -> None:
    """A number that the table does not name is none of the filter's business."""
    for architecture in seccomp.ARCHITECTURES.values():
        if number in {each[architecture.column] for each in NUMBERS.values()}:
            continue
        block = seccomp.program(architecture, seccomp.rules(PID, sockets=False, truncation=False))
        assert judge(block, architecture.audit, number, arguments) == seccomp.ALLOW


def test_every_call_of_the_table_has_a_rule(name: str) -> None:
    """No system call is listed and then forgotten, and no rule names a call that is not listed."""
    ruled = set(seccomp.rules(PID, sockets=False, truncation=True)) | {"clone3", "openat2"}
    optional = {"creat"}  # it can only create, which Landlock refuses
    assert set(NUMBERS) - optional == ruled


def test_other_conventions_are_killed(name: str) -> None:
    """32-bit and x32 calls, whose numbers mean something else, end the process."""
    judged = Filter(name)
    assert judge(judged.block, 0x40000003, 1) == seccomp.KILL
    assert judge(judged.block, 0x40000028, 1) == seccomp.KILL
    if judged.architecture.has_x32:
        assert judge(judged.block, judged.architecture.audit, 0x40000000 | 59) == seccomp.KILL


def test_newer_calls_do_not_exist(name: str) -> None:
    """What a future kernel adds is answered as an old kernel would."""
    judged = Filter(name)
    assert judge(judged.block, judged.architecture.audit, NEWEST + 1) == ENOSYS
    assert judge(judged.block, judged.architecture.audit, NEWEST) == seccomp.ALLOW


def test_truncation_is_refused_where_landlock_does_not_see_it(name: str) -> None:
    """With an old Landlock, opening a file must not empty it."""
    old, new = Filter(name, truncation=True), Filter(name)
    assert old("openat", 0, 0, 0x200) == EPERM
    assert old("openat", 0, 0, 0x80000) == seccomp.ALLOW
    assert new("openat", 0, 0, 0x200) == seccomp.ALLOW
    if old.has("open"):
        assert old("open", 0, 0x201) == EPERM


def test_the_program_is_one_the_kernel_takes(name: str) -> None:
    """At most 4096 instructions, every jump inside the program and of one byte, a return at the end."""
    block = Filter(name, sockets=True, truncation=True).block
    assert len(block) <= 4096
    for place, each in enumerate(block):
        assert 0 <= each.if_true < 256 and 0 <= each.if_false < 256
        assert place + 1 + max(each.if_true, each.if_false) < len(block) or each.code == 0x06
    assert block[-1] == (0x06, 0, 0, seccomp.ALLOW)


@pytest.mark.parametrize(
    ("header", "column"),
    [("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0), ("/usr/include/asm-generic/unistd.h", 1)],
)
def test_the_numbers_are_the_kernels(header: str, column: int) -> None:
    """The table agrees with the kernel's own headers, where they are installed."""
    if not Path(header).exists():
        pytest.skip(f"{header} is not installed")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text()))
    ours = {name: numbers[column] for name, numbers in NUMBERS.items() if name in found}
    assert ours == {name: int(found[name]) for name in ours}
    assert len(ours) > 100


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a table for the processor there is no filter, and the error says so."""
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        seccomp.this_architecture()
