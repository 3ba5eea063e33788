"""LineBuilder: one line of line protocol, step by step. A builtin in every plugin."""

from collections import OrderedDict


class InfluxDBError(Exception):
    """Base of what LineBuilder raises."""


class InvalidMeasurementError(InfluxDBError):
    """The measurement's name cannot be written."""


class InvalidKeyError(InfluxDBError):
    """A tag's or field's name cannot be written."""


class InvalidLineError(InfluxDBError):
    """The line has no field."""


_FORBIDDEN_IN_KEYS = ((" ", "spaces"), (",", "commas"), ("=", "equals signs"))


def _check_key(key, kind):
    if not key:
        raise InvalidKeyError(f"{kind} key cannot be empty")
    for character, name in _FORBIDDEN_IN_KEYS:
        if character in key:
            raise InvalidKeyError(f"{kind} key '{key}' cannot contain {name}")


def _escape_tag_value(text):
    return text.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


class LineBuilder:
    """LineBuilder("cpu").tag("host", "a").float64_field("usage", 0.5).time_ns(t)

    Setters return the builder. Tags and fields keep the order in which they were first set.
    """

    def __init__(self, measurement):
        if " " in measurement:
            raise InvalidMeasurementError("Measurement name cannot contain spaces")
        self.measurement = measurement
        self.tags = OrderedDict()
        self.fields = OrderedDict()  # rendered
        self._timestamp_ns = None

    def tag(self, key, value):
        _check_key(key, "tag")
        self.tags[key] = str(value)
        return self

    def uint64_field(self, key, value):
        _check_key(key, "field")
        if value < 0:
            raise ValueError(f"uint64 field '{key}' cannot be negative")
        self.fields[key] = f"{value}u"
        return self

    def int64_field(self, key, value):
        _check_key(key, "field")
        self.fields[key] = f"{value}i"
        return self

    def float64_field(self, key, value):
        _check_key(key, "field")
        # The reader of the line takes "1" for a float too, but "1.0" says so to people.
        self.fields[key] = f"{int(value)}.0" if value % 1 == 0 else str(value)
        return self

    def string_field(self, key, value):
        _check_key(key, "field")
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        self.fields[key] = f'"{escaped}"'
        return self

    def bool_field(self, key, value):
        _check_key(key, "field")
        self.fields[key] = "t" if value else "f"
        return self

    def time_ns(self, timestamp_ns):
        self._timestamp_ns = timestamp_ns
        return self

    def build(self):
        line = self.measurement.replace(",", "\\,").replace(" ", "\\ ")
        if self.tags:
            line += "," + ",".join(f"{key}={_escape_tag_value(value)}" for key, value in self.tags.items())
        if not self.fields:
            raise InvalidLineError(f"At least one field is required: {line}")
        line += " " + ",".join(key.replace("\\", "\\\\") + f"={text}" for key, text in self.fields.items())
        if self._timestamp_ns is not None:
            line += f" {self._timestamp_ns}"
        return line
