"""What process_request returned, as an HTTP answer: (status, headers, body).

The forms are Flask's. The first that fits counts:
  an object with __flask_response__() that is True     its status_code, headers, get_data()
  a tuple (body), (body, status), (body, headers), (body, status, headers)
  str                                                  text/html
  bytes                                                application/octet-stream
  dict, list                                           JSON
  an object with status_code, headers and its body     as Flask's and Starlette's responses have them
  anything iterable                                    its str and bytes items, joined
  None                                                 204
"""

import json

_HTML = "text/html"
_JSON = "application/json"
_TEXT = "text/plain"
_BINARY = "application/octet-stream"


def from_return_value(value):
    status, headers, body = _answer(value)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
        raise ValueError(f"HTTP status must be from 100 to 999, not {status!r}")
    return status, _checked_headers(headers), body


def _answer(value):
    marker = getattr(value, "__flask_response__", None)
    if callable(marker) and marker() is True:
        return _from_response(value, value.get_data())
    if isinstance(value, tuple) and 1 <= len(value) <= 3:
        return _from_tuple(value)
    if isinstance(value, str):
        return 200, [("Content-Type", _HTML)], value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return 200, [("Content-Type", _BINARY)], bytes(value)
    if isinstance(value, (dict, list)):
        return 200, [("Content-Type", _JSON)], json.dumps(value).encode()
    if isinstance(getattr(value, "status_code", None), int) and hasattr(value, "headers"):
        if callable(getattr(value, "get_data", None)):
            return _from_response(value, value.get_data())
        if isinstance(getattr(value, "body", None), (bytes, str)):
            return _from_response(value, value.body)
    if value is None:
        return 204, [], b""
    if hasattr(value, "__iter__"):
        return 200, [("Content-Type", _HTML)], b"".join(_pieces(value))
    raise TypeError(f"Unsupported return type from Python function: {type(value).__name__}")


def _from_response(response, data):
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray)):
        raise TypeError(f"the body of a response must be str or bytes, not {type(data).__name__}")
    return response.status_code, list(dict(response.headers).items()), bytes(data)


def _from_tuple(value):
    content_type, body = _tuple_body(value[0])
    status = 200
    headers = {"Content-Type": content_type}
    if len(value) > 1:
        if isinstance(value[1], dict):
            headers.update(value[1])
        elif isinstance(value[1], int) and not isinstance(value[1], bool):
            status = value[1]
    if len(value) > 2:
        if not isinstance(value[2], dict):
            raise TypeError(f"expected a dictionary in header item, not {type(value[2]).__name__}")
        headers.update(value[2])
    return status, list(headers.items()), body


def _tuple_body(body):
    if isinstance(body, str):
        return _HTML, body.encode()
    if isinstance(body, (dict, list)):
        return _JSON, json.dumps(body).encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return _BINARY, bytes(body)
    return _TEXT, str(body).encode()


def _pieces(items):
    for item in items:
        if isinstance(item, str):
            yield item.encode()
        elif isinstance(item, bytes):
            yield item


def _checked_headers(headers):
    for name, value in headers:
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"response headers must be str, not {name!r}: {value!r}")
        if not name or not name.isascii() or not name.isprintable() or any(c in ' ():,;<=>?@[\\]{}/"' for c in name):
            raise ValueError(f"'{name}' cannot be the name of a response header")
        if any(c in value for c in "\r\n\0"):
            raise ValueError(f"the value of response header '{name}' must be one line")
    return headers
