import unittest

from tidemill_worker.line_builder import (
    InfluxDBError,
    InvalidKeyError,
    InvalidLineError,
    InvalidMeasurementError,
    LineBuilder,
)


class LineBuilderTest(unittest.TestCase):
    def test_renders_every_kind_of_field(self):
        cases = [
            (lambda b: b.int64_field("f", -5), "m f=-5i"),
            (lambda b: b.int64_field("f", 1.5), "m f=1.5i"),
            (lambda b: b.uint64_field("f", 5), "m f=5u"),
            (lambda b: b.float64_field("f", 2), "m f=2.0"),
            (lambda b: b.float64_field("f", 2.5), "m f=2.5"),
            (lambda b: b.float64_field("f", True), "m f=1.0"),
            (lambda b: b.float64_field("f", 1e-07), "m f=1e-07"),
            (lambda b: b.float64_field("f", -0.0), "m f=0.0"),
            (lambda b: b.float64_field("f", float("nan")), "m f=nan"),
            (lambda b: b.float64_field("f", float("inf")), "m f=inf"),
            (lambda b: b.bool_field("f", []), "m f=f"),
            (lambda b: b.bool_field("f", 7), "m f=t"),
            (lambda b: b.string_field("f", 'say "\\"\nnow'), 'm f="say \\"\\\\\\"\nnow"'),
        ]
        for set_field, expected in cases:
            with self.subTest(expected):
                self.assertEqual(set_field(LineBuilder("m")).build(), expected)

    def test_escapes_names_and_tag_values(self):
        self.assertEqual(
            LineBuilder("complex,measurement").int64_field("f", 1).build(), "complex\\,measurement f=1i"
        )
        for value, rendered in [
            ("y=mx+b", "y\\=mx+b"),
            ("C:\\Program Files", "C:\\\\Program\\ Files"),
            ("a,b", "a\\,b"),
            (5, "5"),
        ]:
            with self.subTest(value):
                line = LineBuilder("m").tag("t", value).int64_field("f", 1).build()
                self.assertEqual(line, f"m,t={rendered} f=1i")
        self.assertEqual(LineBuilder("m").int64_field("a\\b", 1).build(), "m a\\\\b=1i")

    def test_keeps_the_first_order_and_the_last_value(self):
        line = (
            LineBuilder("m")
            .tag("b", 1)
            .tag("a", 2)
            .tag("b", 3)
            .int64_field("y", 1)
            .int64_field("x", 2)
            .int64_field("y", 3)
            .time_ns(1)
            .time_ns(2)
            .build()
        )
        self.assertEqual(line, "m,b=3,a=2 y=3i,x=2i 2")

    def test_refuses_names_that_cannot_be_written(self):
        for kind, set_key in [
            ("tag", lambda b, key: b.tag(key, 1)),
            ("field", lambda b, key: b.int64_field(key, 1)),
            ("field", lambda b, key: b.string_field(key, "x")),
        ]:
            for key, message in [
                ("", f"{kind} key cannot be empty"),
                ("a b", f"{kind} key 'a b' cannot contain spaces"),
                ("a,b", f"{kind} key 'a,b' cannot contain commas"),
                ("a=b", f"{kind} key 'a=b' cannot contain equals signs"),
                ("a=, ", f"{kind} key 'a=, ' cannot contain spaces"),
            ]:
                with self.subTest(message):
                    with self.assertRaises(InvalidKeyError) as raised:
                        set_key(LineBuilder("m"), key)
                    self.assertEqual(str(raised.exception), message)

    def test_refuses_what_is_no_line(self):
        with self.assertRaises(InvalidMeasurementError):
            LineBuilder("a b")
        with self.assertRaises(InvalidLineError) as raised:
            LineBuilder("m").tag("t", "v").build()
        self.assertEqual(str(raised.exception), "At least one field is required: m,t=v")
        with self.assertRaises(ValueError) as raised:
            LineBuilder("m").uint64_field("k", -1)
        self.assertEqual(str(raised.exception), "uint64 field 'k' cannot be negative")
        with self.assertRaises(AttributeError):
            LineBuilder("m").string_field("k", 5)
        for error in (InvalidKeyError, InvalidLineError, InvalidMeasurementError):
            self.assertTrue(issubclass(error, InfluxDBError))

    def test_shows_its_parts(self):
        builder = LineBuilder("m").tag("t", 1).int64_field("f", 2).time_ns(3)
        self.assertEqual(builder.measurement, "m")
        self.assertEqual(list(builder.tags.items()), [("t", "1")])
        self.assertEqual(list(builder.fields.items()), [("f", "2i")])
        self.assertEqual(builder._timestamp_ns, 3)


if __name__ == "__main__":
    unittest.main()
