"""One run of the plugin: its calls to the server, its queued lines, and how it is cancelled."""

import threading

from . import _native, protocol
from .local import QueryError, RunCancelled, log_payload

_CACHE_STATES = {
    protocol.CACHE_ABSENT: "absent",
    protocol.CACHE_UNCHANGED: "unchanged",
    protocol.CACHE_VALUE: "value",
}


class _Call:
    """A call that waits for its answer."""

    __slots__ = ("done", "reply")

    def __init__(self):
        self.done = threading.Event()
        self.reply = None


class Run:
    def __init__(self, number, message, channel, local_store):
        self.number = number
        self.message = message
        self.is_cancelled = False
        self.is_over = False
        self.thread = None  # the one that is in the plugin's code; guarded by interrupt_lock
        self.interrupt_lock = threading.Lock()
        self._channel = channel
        self._local_store = local_store
        self._lock = threading.Lock()
        self._calls = {}
        self._next_call = 1
        self._outputs = {}  # database -> lines, in order of first use
        self._queued_bytes = 0

    # What influxdb3_local asks.

    def log(self, severity, text):
        self._check()
        self._channel.send(protocol.LOG, self.number, 0, log_payload(severity, text))

    def query(self, sql, parameters, database):
        writer = protocol.Writer().text(sql).u32(len(parameters))
        for name, value in parameters.items():
            writer.text(name).text(value)
        reader = self._ask(protocol.QUERY, writer.text(database).bytes(), QueryError)
        return _native.decode_result(reader.payload, reader.offset)

    def queue(self, database, lines):
        self._check()
        with self._lock:
            self._queued_bytes += len(lines)
            self._outputs.setdefault(database, []).append(lines)
        if self._queued_bytes > protocol.PAYLOAD_BYTES_MAX // 2:
            raise MemoryError(
                f"the run has queued {self._queued_bytes} characters of lines, at most"
                f" {protocol.PAYLOAD_BYTES_MAX // 2} are allowed; write_sync has no such limit"
            )

    def write_sync(self, database, lines, no_sync):
        payload = protocol.Writer().text(database).text(lines).u8(1 if no_sync else 0).bytes()
        self._ask(protocol.WRITE_SYNC, payload, Exception)

    def sweep_cache(self):
        self._local_store.sweep()

    # What cache.GlobalStore asks.

    def cache_get(self, key, known_version):
        payload = protocol.Writer().text(key).u64(known_version).bytes()
        reader = self._ask(protocol.CACHE_GET, payload, Exception)
        state = _CACHE_STATES[reader.u8()]
        return state, reader.u64(), reader.blob()

    def cache_put(self, key, ttl, pickled):
        writer = protocol.Writer().text(key)
        if ttl is None:
            writer.u8(0)
        else:
            writer.u8(1).f64(ttl)
        return self._ask(protocol.CACHE_PUT, writer.blob(pickled).bytes(), Exception).u64()

    def cache_delete(self, key):
        return bool(self._ask(protocol.CACHE_DELETE, protocol.Writer().text(key).bytes(), Exception).u8())

    # What the worker's loop does.

    def deliver(self, number, payload):
        with self._lock:
            call = self._calls.pop(number, None)
        if call is not None:
            call.reply = payload
            call.done.set()

    def cancel(self):
        self.is_cancelled = True
        self._wake_all()

    def end(self):
        """No more calls. The queued lines, by database."""
        self.is_over = True
        self._wake_all()
        with self._lock:
            return [(database, "\n".join(lines)) for database, lines in self._outputs.items()]

    def _check(self):
        if self.is_cancelled:
            raise RunCancelled()
        if self.is_over:
            raise RuntimeError(
                f"run {self.message.run_id} of trigger '{self.message.trigger}' is over:"
                " influxdb3_local can be used only while its run lasts"
            )

    def _ask(self, frame_type, payload, error_class):
        """Sends a call and waits for its answer, without the GIL."""
        self._check()
        call = _Call()
        with self._lock:
            number = self._next_call
            self._next_call += 1
            self._calls[number] = call
        try:
            self._channel.send(frame_type, self.number, number, payload)
            call.done.wait()
        finally:
            with self._lock:
                self._calls.pop(number, None)
        if call.reply is None:
            self._check()
        reader = protocol.Reader(call.reply)
        if reader.u8():
            return reader
        raise error_class(reader.text())

    def _wake_all(self):
        with self._lock:
            calls = list(self._calls.values())
            self._calls.clear()
        for call in calls:
            call.done.set()
