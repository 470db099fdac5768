"""Runs a seccomp filter as the kernel does: classic BPF over a system call's number, processor and arguments.

https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html and linux/bpf_common.h.
"""

import struct

_LOAD, _ALU_AND, _RETURN = 0x20, 0x54, 0x06
_JUMP, _EQUAL, _GREATER, _GREATER_EQUAL, _ANY_BIT = 0x05, 0x15, 0x25, 0x35, 0x45


def run(program: bytes, number: int, processor: int, *arguments: int) -> int:
    """Return the action of a filter for a system call."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number, processor, 0, *words)
    instructions = list(struct.iter_unpack("<HBBI", program))
    position, accumulator = 0, 0
    while True:
        code, if_true, if_false, constant = instructions[position]
        position += 1
        if code == _RETURN:
            return int(constant)
        if code == _LOAD:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == _ALU_AND:
            accumulator &= constant
        elif code == _JUMP:
            position += constant
        else:
            holds = {
                _EQUAL: accumulator == constant,
                _GREATER: accumulator > constant,
                _GREATER_EQUAL: accumulator >= constant,
                _ANY_BIT: bool(accumulator & constant),
            }[code]
            position += if_true if holds else if_false
