"""The loop of the process: one thread reads the control socket, plugins run on the others.

The first run at a time is on the main thread, where signal handlers and event loops of plugins work
and where even a blocking system call can be interrupted; further ones, of asynchronous triggers,
have threads of their own.
"""

import builtins
import os
import queue
import resource
import signal
import socket
import sys
import threading
import traceback

from . import _native, cache, calls, line_builder, loader, local, protocol
from .run import Run

CONTROL_FD = 3
# Under memory pressure the kernel takes a worker rather than the server.
_OOM_SCORE_ADJ = "800"
_PACKAGE_DIR = os.path.dirname(os.path.abspath(__file__)) + os.sep

_BUILTINS = (
    line_builder.LineBuilder,
    line_builder.InfluxDBError,
    line_builder.InvalidMeasurementError,
    line_builder.InvalidKeyError,
    line_builder.InvalidLineError,
    local.QueryError,
)


def main():
    _be_a_worker()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=CONTROL_FD)
    sock.set_inheritable(False)
    # A forked child is no worker: what it sends must not be taken for ours.
    os.register_at_fork(after_in_child=sock.close)
    Worker(protocol.Channel(sock)).serve()


def _be_a_worker():
    _native.die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(_OOM_SCORE_ADJ)
    except OSError:
        pass  # not allowed in some containers; nothing depends on it
    sys.dont_write_bytecode = True
    sys.argv = ["tidemill-plugin"]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    for name in _BUILTINS:
        setattr(builtins, name.__name__, name)
        setattr(sys.modules["__main__"], name.__name__, name)


class Worker:
    def __init__(self, channel):
        self._channel = channel
        self._loader = loader.Loader()
        self._local_store = cache.LocalStore()
        self._global_store = cache.GlobalStore()
        self._runs = {}
        self._lock = threading.Lock()
        self._for_main_thread = queue.SimpleQueue()
        self._main_thread = threading.main_thread().ident
        self._main_is_busy = False
        self._on_main_thread = None  # the run whose plugin code is on the main thread now

    def serve(self):
        """Until the server closes the socket; then the process ends, whatever still runs."""
        signal.signal(signal.SIGINT, self._interrupt)
        threading.Thread(target=self._read_frames, name="control", daemon=True).start()
        self._channel.send(protocol.READY, 0, 0, protocol.Writer().text(sys.version.split()[0]).bytes())
        while True:
            run = self._for_main_thread.get()
            self._execute(run)

    def _read_frames(self):
        try:
            while (frame := self._channel.receive()) is not None:
                self._on_frame(frame)
        except BaseException:
            traceback.print_exc()
        finally:
            # A worker without its server has nobody to work for.
            try:
                sys.stdout.flush()
            finally:
                os._exit(0)

    def _on_frame(self, frame):
        if frame.type == protocol.RUN:
            return self._start(frame)
        with self._lock:
            run = self._runs.get(frame.run)
        if run is None:
            return
        if frame.type == protocol.REPLY:
            run.deliver(frame.call, frame.payload)
        elif frame.type == protocol.CANCEL:
            run.cancel()
            self._interrupt_thread_of(run)

    def _start(self, frame):
        run = Run(frame.run, protocol.RunMessage(frame.payload), self._channel, self._local_store)
        with self._lock:
            self._runs[run.number] = run
            use_main = not self._main_is_busy
            if use_main:
                self._main_is_busy = True
        if use_main:
            self._for_main_thread.put(run)
        else:
            threading.Thread(target=self._execute, args=(run,), name=f"run-{run.number}", daemon=True).start()

    def _execute(self, run):
        is_main = threading.get_ident() == self._main_thread
        finished = self._run_plugin(run, is_main)
        with self._lock:
            self._runs.pop(run.number, None)
            if is_main:
                self._main_is_busy = False
        try:
            sys.stdout.flush()
        except Exception:
            pass  # the plugin's affair, if it has closed it
        try:
            self._channel.send(protocol.FINISHED, run.number, 0, finished)
        except BaseException:
            os._exit(1)  # the plugin has closed the socket; the server sees that by our end

    def _run_plugin(self, run, is_main):
        """The payload that says how the run ended."""
        answer = error = None
        try:
            with run.interrupt_lock:
                run.thread = threading.get_ident()
            if is_main:
                self._on_main_thread = run
            answer = self._call_plugin(run)
        except BaseException as raised:
            error = raised
        self._leave_plugin(run, is_main)
        outputs = run.end()
        if error is not None:
            outcome = protocol.CANCELLED if run.is_cancelled else protocol.FAILED
            return protocol.encode_finished(outcome, _text_of(error), _traceback_of(error))
        try:
            return protocol.checked(protocol.encode_finished(protocol.OK, outputs=outputs, answer=answer))
        except Exception as problem:  # lines that are no UTF-8, say
            return protocol.encode_finished(protocol.FAILED, _text_of(problem), _traceback_of(problem))

    def _leave_plugin(self, run, is_main):
        """From here on a cancel has nothing to interrupt; one that comes just now is swallowed."""
        while True:
            try:
                if is_main:
                    self._on_main_thread = None
                with run.interrupt_lock:
                    run.thread = None
                if not is_main:
                    _native.clear_raise(threading.get_ident())
                return
            except local.RunCancelled:
                continue

    def _call_plugin(self, run):
        message = run.message
        kind = calls.KINDS[message.kind]
        if run.is_cancelled:
            raise local.RunCancelled()
        function = self._loader.function(message.plugin_path, message.is_package, kind)
        influxdb3_local = local.Local(run, cache.Cache(self._local_store, self._global_store, run))
        returned = function(influxdb3_local, *kind.arguments(message.call), message.arguments)
        return kind.answer_of(returned)

    def _interrupt_thread_of(self, run):
        with run.interrupt_lock:
            if run.thread is None:
                return
            if run.thread == self._main_thread and signal.getsignal(signal.SIGINT) == self._interrupt:
                # A signal ends even sleep() and recv(); the handler runs on the main thread.
                signal.pthread_kill(run.thread, signal.SIGINT)
            else:
                _native.raise_in_thread(run.thread, local.RunCancelled)

    def _interrupt(self, _signal, _frame):
        run = self._on_main_thread
        if run is not None and run.is_cancelled:
            raise local.RunCancelled()


def _text_of(error):
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be printed)"
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        text = error.args[0] if " " in error.args[0] else text
    if isinstance(error, loader.MissingFunction):
        return text
    return f"{name}: {text}" if text else name


def _traceback_of(error):
    """Python's own text, without the worker's frames."""
    if isinstance(error, loader.MissingFunction):
        return ""
    try:
        report = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        _drop_own_frames(report)
        return "".join(report.format())
    except Exception:
        return "(the traceback cannot be printed)"


def _drop_own_frames(report):
    if report is None:
        return
    plugin_frames = [frame for frame in report.stack if not frame.filename.startswith(_PACKAGE_DIR)]
    # Without any, the mistake may be ours; only a file that cannot be compiled is surely not.
    if plugin_frames or issubclass(report.exc_type, SyntaxError):
        report.stack = traceback.StackSummary.from_list(plugin_frames)
    _drop_own_frames(report.__cause__)
    _drop_own_frames(report.__context__)
