"""influxdb3_local: what a plugin may ask of the server, for one run.

A new object for each run. Threads that the plugin starts may use it while the run lasts; after it,
log lines still reach the server's log, and the rest says that the run is over.
"""

import sys

from . import protocol

CANCEL_TEXT = "influxdb3 is shutting down; aborting plugin execution"
_LOG_BYTES_MAX = 1 << 20
_INFO, _WARN, _ERROR = 0, 1, 2
_SEVERITY_NAMES = ("INFO", "WARN", "ERROR")


class QueryError(Exception):
    """A query failed. A builtin in every plugin."""


QueryError.__module__ = "influxdb3_py_api"


class RunCancelled(KeyboardInterrupt):
    """The server wants the run to end. A BaseException: `except Exception` lets it pass."""

    def __init__(self, *args):
        super().__init__(*(args or (CANCEL_TEXT,)))


# Plugins and tracebacks know it by its base's name; only the text and this class tell it apart.
RunCancelled.__name__ = RunCancelled.__qualname__ = "KeyboardInterrupt"
RunCancelled.__module__ = "builtins"


class Local:
    __slots__ = ("_run", "_cache")

    def __init__(self, run, cache):
        self._run = run
        self._cache = cache

    def info(self, *args):
        """Logs the arguments, joined with blanks."""
        self._log(_INFO, args)

    def warn(self, *args):
        """Logs the arguments as a warning."""
        self._log(_WARN, args)

    def error(self, *args):
        """Logs the arguments as an error. The run goes on."""
        self._log(_ERROR, args)

    def query(self, query, args=None, database=None):
        """The rows of an SQL query as a list of dicts. $name in the text stands for args["name"]."""
        if not isinstance(query, str):
            raise TypeError(f"query must be a str, not {type(query).__name__}")
        parameters = _checked_parameters(args)
        if database is not None:
            _check_database(database)
        return self._run.query(query, parameters, database or "")

    def write(self, line_builder):
        """Queues lines for the trigger's database; written if and when the run succeeds."""
        self._run.queue("", _lines_of(line_builder))

    def write_to_db(self, db_name, line_builder):
        """Queues lines for another database."""
        _check_database(db_name)
        self._run.queue(db_name, _lines_of(line_builder))

    def write_sync(self, line_builder, no_sync):
        """Writes lines now, whatever becomes of the run. no_sync=True: without waiting for the disk."""
        self._run.write_sync("", _lines_of(line_builder), bool(no_sync))

    def write_sync_to_db(self, db_name, line_builder, no_sync):
        """Writes lines to another database now."""
        _check_database(db_name)
        self._run.write_sync(db_name, _lines_of(line_builder), bool(no_sync))

    @property
    def cache(self):
        """What the trigger keeps between runs: put, get, delete."""
        self._run.sweep_cache()
        return self._cache

    def _log(self, severity, args):
        text = " ".join(str(arg) for arg in args)
        if self._run.is_over:
            print(f"{_SEVERITY_NAMES[severity]}: {text}", file=sys.stderr)
            return
        self._run.log(severity, text)


def _lines_of(line_builder):
    lines = line_builder.build()
    if not isinstance(lines, str):
        raise TypeError(f"build() must return a str, not {type(lines).__name__}")
    return lines


def _check_database(name):
    if not isinstance(name, str):
        raise TypeError(f"database name must be a str, not {type(name).__name__}")


def _checked_parameters(args):
    if args is None:
        return {}
    if not isinstance(args, dict):
        raise TypeError(f"query args must be a dict, not {type(args).__name__}")
    for name, value in args.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"query args must be str, but '{name}' is of type {type(value).__name__}")
    return args


def log_payload(severity, text):
    return protocol.Writer().u8(severity).lossy_text(text, _LOG_BYTES_MAX).bytes()
