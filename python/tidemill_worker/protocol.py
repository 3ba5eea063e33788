"""Frames and messages as bytes: the worker's side of docs/formats/worker_protocol.md."""

import fcntl
import mmap
import os
import socket
import struct

VERSION = 1
INLINE_BYTES_MAX = 32 << 10
PAYLOAD_BYTES_MAX = 1 << 30

RUN, CANCEL, REPLY = 1, 2, 3
READY, LOG, QUERY, WRITE_SYNC, CACHE_GET, CACHE_PUT, CACHE_DELETE, FINISHED = range(16, 24)

OK, FAILED, CANCELLED = 0, 1, 2
CALL_WRITE, CALL_SCHEDULE, CALL_REQUEST = 1, 2, 3
CACHE_ABSENT, CACHE_UNCHANGED, CACHE_VALUE = 0, 1, 2

_HEAD = struct.Struct("<IBBHQQQ")
_FLAG_SHARED = 1
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")
_I64 = struct.Struct("<q")
_U64 = struct.Struct("<Q")
_F64 = struct.Struct("<d")
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class Frame:
    __slots__ = ("type", "run", "call", "payload")

    def __init__(self, frame_type, run, call, payload):
        self.type = frame_type
        self.run = run
        self.call = call
        self.payload = payload  # bytes or mmap


class Channel:
    """The control socket. send() may be called by any thread, receive() by one."""

    def __init__(self, sock):
        self._sock = sock
        self._packet = bytearray(_HEAD.size + INLINE_BYTES_MAX)

    def send(self, frame_type, run, call, payload):
        if len(checked(payload)) <= INLINE_BYTES_MAX:
            head = _HEAD.pack(_HEAD.size + len(payload), VERSION, frame_type, 0, run, call, len(payload))
            self._sock.sendmsg([head, payload])
            return
        head = _HEAD.pack(_HEAD.size, VERSION, frame_type, _FLAG_SHARED, run, call, len(payload))
        fd = _sealed_memory(payload)
        try:
            socket.send_fds(self._sock, [head], [fd])
        finally:
            os.close(fd)

    def receive(self):
        """The next frame, or None when the server has closed the socket."""
        count, ancillary, _, _ = self._sock.recvmsg_into(
            [self._packet], socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC
        )
        if count == 0:
            return None
        _, _, frame_type, flags, run, call, size = _HEAD.unpack_from(self._packet)
        if not flags & _FLAG_SHARED:
            return Frame(frame_type, run, call, bytes(memoryview(self._packet)[_HEAD.size : _HEAD.size + size]))
        fd = _I32.unpack(ancillary[0][2])[0]
        try:
            return Frame(frame_type, run, call, mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ))
        finally:
            os.close(fd)


def checked(payload):
    """The payload, if it is not too large for a frame."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise OverflowError(
            f"{len(payload)} bytes for one message to the server, at most {PAYLOAD_BYTES_MAX} are allowed"
        )
    return payload


def _sealed_memory(payload):
    fd = os.memfd_create("tidemill-reply", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        rest = memoryview(payload)
        while rest:
            rest = rest[os.write(fd, rest) :]
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


class Writer:
    """Builds a payload."""

    def __init__(self):
        self._parts = []

    def u8(self, value):
        self._parts.append(bytes((value,)))
        return self

    def i32(self, value):
        self._parts.append(_I32.pack(value))
        return self

    def u32(self, value):
        self._parts.append(_U32.pack(value))
        return self

    def u64(self, value):
        self._parts.append(_U64.pack(value))
        return self

    def f64(self, value):
        self._parts.append(_F64.pack(value))
        return self

    def blob(self, value):
        self._parts.append(_U32.pack(len(value)))
        self._parts.append(value)
        return self

    def text(self, value):
        return self.blob(value.encode("utf-8"))

    def lossy_text(self, value, bytes_max=None):
        """For logs and errors, which must arrive whatever is in them."""
        return self.blob(_cut(value.encode("utf-8", "backslashreplace"), bytes_max))

    def bytes(self):
        return b"".join(self._parts)


def _cut(encoded, bytes_max):
    if bytes_max is None or len(encoded) <= bytes_max:
        return encoded
    kept = encoded[:bytes_max].decode("utf-8", "ignore").encode()
    return kept + f"... ({len(encoded)} bytes, cut)".encode()


class Reader:
    """Takes a payload apart."""

    def __init__(self, payload, offset=0):
        self.payload = payload
        self.offset = offset

    def _unpack(self, form):
        value = form.unpack_from(self.payload, self.offset)[0]
        self.offset += form.size
        return value

    def u8(self):
        value = self.payload[self.offset]
        self.offset += 1
        return value

    def u32(self):
        return self._unpack(_U32)

    def i64(self):
        return self._unpack(_I64)

    def u64(self):
        return self._unpack(_U64)

    def blob(self):
        size = self._unpack(_U32)
        begin = self.offset
        self.offset = begin + size
        return self.payload[begin : self.offset]

    def text(self):
        return self.blob().decode("utf-8", "replace")

    def pairs(self):
        return [(self.text(), self.text()) for _ in range(self.u32())]


class RunMessage:
    """What a RUN frame says. `call` is a Reader at the beginning of what belongs to the kind."""

    def __init__(self, payload):
        reader = Reader(payload)
        self.run_id = reader.text()
        self.batch_id = reader.text()
        self.attempt = reader.u32()
        self.trigger_id = reader.u32()
        self.trigger = reader.text()
        self.database = reader.text()
        self.time_limit_ns = reader.i64()
        self.plugin_filename = reader.text()
        self.plugin_path = reader.text()
        self.is_package = bool(reader.u8())
        self.arguments = dict(reader.pairs()) if reader.u8() else None
        self.kind = reader.u8()
        self.call = reader


def encode_finished(outcome, error="", traceback="", outputs=(), answer=None):
    """outputs: (database, lines) pairs; answer: (status, headers, body) or None."""
    writer = Writer().u8(outcome)
    writer.lossy_text(error, 64 << 10).lossy_text(traceback, 256 << 10)
    writer.u32(len(outputs))
    for database, lines in outputs:
        writer.text(database).text(lines)
    writer.u8(0 if answer is None else 1)
    if answer is not None:
        status, headers, body = answer
        writer.i32(status).u32(len(headers))
        for name, value in headers:
            writer.blob(name.encode("latin-1")).blob(value.encode("utf-8"))
        writer.blob(body)
    return writer.bytes()
