import unittest

from tidemill_worker.answer import from_return_value

HTML = ("Content-Type", "text/html")
JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain")
BINARY = ("Content-Type", "application/octet-stream")


class FlaskLike:
    status_code = 202
    headers = {"Content-Type": "text/custom"}

    def __flask_response__(self):
        return True

    def get_data(self):
        return "custom"


class RealFlaskLike:
    status_code = 203
    headers = {"X": "1"}

    def get_data(self):
        return b"data"


class StarletteLike:
    status_code = 204
    headers = {"X": "1"}
    body = b""


class SubDict(dict):
    pass


class AnswerTest(unittest.TestCase):
    def test_every_form(self):
        cases = [
            (FlaskLike(), (202, [("Content-Type", "text/custom")], b"custom")),
            ("text", (200, [HTML], b"text")),
            ("é", (200, [HTML], "é".encode())),
            ({"a": 1}, (200, [JSON], b'{"a": 1}')),
            (SubDict(a=1), (200, [JSON], b'{"a": 1}')),
            ([1, None], (200, [JSON], b"[1, null]")),
            (("x",), (200, [HTML], b"x")),
            (("x", 201), (200 + 1, [HTML], b"x")),
            (("x", {"H": "v"}), (200, [HTML, ("H", "v")], b"x")),
            (("x", 404, {"H": "v"}), (404, [HTML, ("H", "v")], b"x")),
            (({"a": 1}, 404), (404, [JSON], b'{"a": 1}')),
            (("x", {"A": "1"}, {"B": "2"}), (200, [HTML, ("A", "1"), ("B", "2")], b"x")),
            (("x", {"Content-Type": "t"}), (200, [("Content-Type", "t")], b"x")),
            (("x", {"content-type": "t"}), (200, [HTML, ("content-type", "t")], b"x")),
            (("x", "ignored"), (200, [HTML], b"x")),
            ((5, 201), (201, [TEXT], b"5")),
            ((None,), (200, [TEXT], b"None")),
            ((b"\x00\xff", 200), (200, [BINARY], b"\x00\xff")),
            (b"\x00\xff", (200, [BINARY], b"\x00\xff")),
            ((piece for piece in ("a", b"b", 5, "c")), (200, [HTML], b"abc")),
            ((), (200, [HTML], b"")),
            (("a", "b", "c", "d"), (200, [HTML], b"abcd")),
            (RealFlaskLike(), (203, [("X", "1")], b"data")),
            (StarletteLike(), (204, [("X", "1")], b"")),
            (None, (204, [], b"")),
        ]
        for value, expected in cases:
            with self.subTest(repr(value)):
                self.assertEqual(from_return_value(value), expected)

    def test_what_is_no_answer_is_an_error(self):
        cases = [
            (5, TypeError, "Unsupported return type from Python function"),
            (True, TypeError, "Unsupported return type from Python function"),
            (object(), TypeError, "Unsupported return type from Python function"),
            (("x", 200, "h"), TypeError, "expected a dictionary in header item"),
            (("x", {"H": 5}), TypeError, "response headers must be str"),
            (("x", 99), ValueError, "HTTP status must be from 100 to 999, not 99"),
            (("x", 1000), ValueError, "HTTP status must be from 100 to 999"),
            (("x", {"a b": "v"}), ValueError, "cannot be the name of a response header"),
            (("x", {"": "v"}), ValueError, "cannot be the name of a response header"),
            (("x", {"A": "1\r\nB: 2"}), ValueError, "must be one line"),
            ({"a": object()}, TypeError, "not JSON serializable"),
        ]
        for value, error, message in cases:
            with self.subTest(repr(value)):
                with self.assertRaises(error) as raised:
                    from_return_value(value)
                self.assertIn(message, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
