"""influxdb3_local.cache: what a plugin keeps between its runs.

A trigger's own entries are the live objects themselves, in this process. Entries with
use_global=True are shared by all triggers: the server keeps them pickled, with a version that
changes with every put; while it is unchanged, get returns the same object again.
"""

import math
import pickle
import threading
import time

SWEEP_SECONDS = 10
_TTL_SECONDS_MAX = 2**64


def _check_key(key):
    if not isinstance(key, str):
        raise TypeError(f"cache key must be a str, not {type(key).__name__}")


def _check_ttl(ttl):
    if ttl is None:
        return None
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)):
        raise TypeError(f"cache ttl must be a number of seconds or None, not {type(ttl).__name__}")
    seconds = float(ttl)
    if math.isnan(seconds) or seconds < 0 or seconds >= _TTL_SECONDS_MAX:
        raise ValueError(f"cache ttl must be a number of seconds from 0 up, not {ttl!r}")
    return seconds


class LocalStore:
    """The live entries of one trigger, for as long as the process lives. Thread-safe."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._entries = {}  # key -> (value, when it expires or None)
        self._next_sweep = clock() + SWEEP_SECONDS

    def put(self, key, value, ttl):
        expires = None if ttl is None else self._clock() + ttl
        with self._lock:
            self._entries[key] = (value, expires)

    def get(self, key, default):
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return default
            if self._is_live(entry, self._clock()):
                return entry[0]
            expired = self._entries.pop(key)
        del expired  # outside the lock: a value's __del__ may use the cache
        return default

    def delete(self, key):
        with self._lock:
            entry = self._entries.pop(key, None)
        return entry is not None and self._is_live(entry, self._clock())

    def sweep(self):
        now = self._clock()
        if now < self._next_sweep:
            return
        with self._lock:
            self._next_sweep = now + SWEEP_SECONDS
            expired = [key for key, entry in self._entries.items() if not self._is_live(entry, now)]
            values = [self._entries.pop(key) for key in expired]
        del values

    @staticmethod
    def _is_live(entry, now):
        return entry[1] is None or now < entry[1]


class GlobalStore:
    """This process's view of the shared entries: objects by version, unpickled once each."""

    def __init__(self):
        self._objects = {}  # key -> (version, object)

    def put(self, server, key, value, ttl):
        try:
            pickled = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            raise TypeError(
                f"cache key '{key}': a value of type {type(value).__name__} cannot be shared with"
                f" use_global=True, since it cannot be pickled ({error}); the trigger's own cache keeps"
                " any object"
            ) from error
        version = server.cache_put(key, ttl, pickled)
        self._objects[key] = (version, value)

    def get(self, server, key, default):
        version, value = self._objects.get(key, (0, None))
        state, now_version, pickled = server.cache_get(key, version)
        if state == "absent":
            self._objects.pop(key, None)
            return default
        if state == "value":
            value = pickle.loads(pickled)
            self._objects[key] = (now_version, value)
        return value

    def delete(self, server, key):
        self._objects.pop(key, None)
        return server.cache_delete(key)


class Cache:
    """The handle that plugins hold."""

    __slots__ = ("_local", "_global", "_server")

    def __init__(self, local_store, global_store, server):
        self._local = local_store
        self._global = global_store
        self._server = server

    def put(self, key, value, ttl=None, use_global=None):
        """Keeps value under key, for ttl seconds if given."""
        _check_key(key)
        seconds = _check_ttl(ttl)
        if use_global:
            self._global.put(self._server, key, value, seconds)
        else:
            self._local.put(key, value, seconds)

    def get(self, key, default=None, use_global=None):
        """The value under key, else default."""
        _check_key(key)
        if use_global:
            return self._global.get(self._server, key, default)
        return self._local.get(key, default)

    def delete(self, key, use_global=None):
        """Removes the entry. True when there was one."""
        _check_key(key)
        if use_global:
            return self._global.delete(self._server, key)
        return self._local.delete(key)
