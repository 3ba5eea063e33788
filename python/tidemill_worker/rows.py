"""The dict that a row is: a real, filled dict, which also knows what columns its table has."""

import functools


class Row(dict):
    """row["x"] of a column that the row has no value for is None, as if it had been written so.

    `in`, get, len and iteration see only what is there. Copies of every kind are plain dicts.
    """

    __slots__ = ()
    _table = ""
    _columns = frozenset()

    def __missing__(self, key):
        if key in self._columns:
            return None
        import difflib  # for this message alone

        near = difflib.get_close_matches(key, self._columns, n=1) if isinstance(key, str) else ()
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise KeyError(f"table '{self._table}' has no column {key!r}{hint}")

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)

    def __copy__(self):
        return dict(self)


@functools.lru_cache(maxsize=256)
def row_type(table, columns):
    """The row class of a table with these columns."""
    return type("Row", (Row,), {"__slots__": (), "_table": table, "_columns": frozenset(columns) | {"time"}})
