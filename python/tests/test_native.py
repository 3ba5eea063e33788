import datetime
import random
import struct
import unittest

from payloads import Payload
from tidemill_worker import _native
from tidemill_worker.rows import Row, row_type

STRING, INT64, UINT64, FLOAT64, BOOL = range(5)
NULL, KBOOL, KINT, KUINT, KFLOAT, KSTRING, TIMESTAMP, TIMESTAMP_TZ, DATE, TIME, INTERVAL, BINARY, LIST, STRUCT = range(14)


def two_series():
    """m,h=a,r=x i=-1i,s="é",f=0.5 1;  m,h=b b=t,u=18446744073709551615u 2;  m,h=a,r=x all 3"""
    p = Payload().fixed("I", 1).text("m").fixed("I", 2).text("h").text("gone").fixed("I", 1)
    p.fixed("IIII", 3, 2, 2, 5)
    p.text("h").fixed("I", 2).strings(["a", "b"])
    p.text("r").fixed("I", 1).strings(["x"])
    p.array("I", [1, 1, 2, 0]).array("I", [0, 1, 0]).array("q", [1, 2, 3])
    p.text("i").fixed("BB", INT64, 1).array("B", [1, 0, 1]).array("q", [-1, 0, -(2**63)])
    p.text("s").fixed("BB", STRING, 1).array("B", [1, 0, 1]).strings(["é", "", ""])
    p.text("f").fixed("BB", FLOAT64, 1).array("B", [1, 0, 1]).array("d", [0.5, 0, -0.0])
    p.text("b").fixed("BB", BOOL, 1).array("B", [0, 1, 1]).array("Q", [0, 1, 0])
    p.text("u").fixed("BB", UINT64, 1).array("B", [0, 1, 1]).array("Q", [0, 2**64 - 1, 5])
    return bytes(p.data)


class TablesTest(unittest.TestCase):
    def decode(self, payload, offset=0):
        return _native.decode_tables(payload, offset, row_type)

    def test_rows_have_what_was_written_in_the_order_tags_fields_time(self):
        tables = self.decode(two_series())
        self.assertEqual(
            tables,
            [
                {
                    "table_name": "m",
                    "rows": [
                        {"h": "a", "r": "x", "i": -1, "s": "é", "f": 0.5, "time": 1},
                        {"h": "b", "b": True, "u": 2**64 - 1, "time": 2},
                        {"h": "a", "r": "x", "i": -(2**63), "s": "", "f": -0.0, "b": False, "u": 5, "time": 3},
                    ],
                }
            ],
        )
        self.assertEqual([list(row) for row in tables[0]["rows"]],
                         [["h", "r", "i", "s", "f", "time"], ["h", "b", "u", "time"],
                          ["h", "r", "i", "s", "f", "b", "u", "time"]])
        self.assertIs(tables[0]["rows"][1]["b"], True)
        self.assertIsNone(tables[0]["rows"][0]["gone"])
        self.assertIsInstance(tables[0]["rows"][0], Row)

    def test_rows_of_many_and_of_few_series_are_the_same(self):
        for rows, series in [(30, 2), (30, 30), (5, 3), (1, 1)]:
            with self.subTest((rows, series)):
                p = Payload().fixed("I", 1).text("m").fixed("I", 0).fixed("I", 1)
                p.fixed("IIII", rows, series, 2, 1)
                p.text("a").fixed("I", series).strings([f"a{i}" for i in range(series)])
                p.text("b").fixed("I", 1).strings(["b"])
                # The second tag is absent in every third series.
                p.array("I", [c for i in range(series) for c in (i + 1, 0 if i % 3 == 2 else 1)])
                p.array("I", [r % series for r in range(rows)]).array("q", list(range(rows)))
                p.text("f").fixed("BB", FLOAT64, 0).array("d", [r / 2 for r in range(rows)])
                expected = []
                for r in range(rows):
                    row = {"a": f"a{r % series}"}
                    if r % series % 3 != 2:
                        row["b"] = "b"
                    row |= {"f": r / 2, "time": r}
                    expected.append(row)
                made = self.decode(bytes(p.data))[0]["rows"]
                self.assertEqual(made, expected)
                self.assertEqual([list(row) for row in made], [list(row) for row in expected])

    def test_a_row_shares_nothing_with_its_neighbours(self):
        rows = self.decode(two_series())[0]["rows"]
        rows[0]["h"] = "changed"
        rows[0]["new"] = 1
        self.assertEqual(rows[2]["h"], "a")
        self.assertNotIn("new", rows[2])

    def test_starts_at_the_offset_it_is_given(self):
        self.assertEqual(self.decode(bytes(8) + two_series(), 8), self.decode(two_series()))

    def test_damaged_payloads_are_errors(self):
        good = two_series()
        for size in range(len(good)):
            with self.subTest(size), self.assertRaises(ValueError):
                self.decode(good[:size])
        rng = random.Random(1)
        for _ in range(3000):
            damaged = bytearray(good)
            for _ in range(rng.randint(1, 4)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            try:
                self.decode(bytes(damaged))
            except (ValueError, MemoryError):
                pass


def one_column(kind, write):
    p = Payload().fixed("I", 1).text("c").fixed("BI", kind, 0).fixed("I", 1)
    p.fixed("I", 2)  # rows of the batch
    p.fixed("IB", 2, 1).array("B", [1, 0])
    write(p)
    return bytes(p.data)


class ResultTest(unittest.TestCase):
    def values(self, kind, write):
        rows = _native.decode_result(one_column(kind, write), 0)
        self.assertEqual([list(row) for row in rows], [["c"], ["c"]])
        self.assertIsNone(rows[1]["c"])
        self.assertIs(type(rows[0]), dict)
        return rows[0]["c"]

    def test_every_kind_of_value(self):
        ns = 1_700_000_000_123_456_789
        for kind, write, expected in [
            (NULL, lambda p: None, None),
            (KBOOL, lambda p: p.array("Q", [1, 0]), True),
            (KINT, lambda p: p.array("q", [-5, 0]), -5),
            (KUINT, lambda p: p.array("Q", [2**64 - 1, 0]), 2**64 - 1),
            (KFLOAT, lambda p: p.array("d", [1.5, 0]), 1.5),
            (KSTRING, lambda p: p.strings(["é", ""]), "é"),
            (TIMESTAMP, lambda p: p.array("q", [ns, 0]), ns),
            (TIMESTAMP_TZ, lambda p: p.array("q", [ns, 0]), ns),
            (DATE, lambda p: p.array("q", [19675, 0]), datetime.date(2023, 11, 14)),
            (DATE, lambda p: p.array("q", [10**9, 0]), 10**9),
            (TIME, lambda p: p.array("q", [5, 0]), 5),
            (INTERVAL, lambda p: p.array("q", [0, 2, 3, 0, 0, 0]), 2 * 86_400 * 10**9 + 3),
            (INTERVAL, lambda p: p.array("q", [1, 2, 3, 0, 0, 0]), {"months": 1, "days": 2, "nanoseconds": 3}),
            (BINARY, lambda p: p.strings(["ab", ""]), b"ab"),
        ]:
            with self.subTest((kind, expected)):
                value = self.values(kind, write)
                self.assertEqual(value, expected)
                self.assertIs(type(value), type(expected))

    def test_lists_and_structs_nest(self):
        p = Payload().fixed("I", 1).text("c").fixed("BI", LIST, 1).text("")
        p.fixed("BI", STRUCT, 2).text("x").fixed("BI", KINT, 0).text("y").fixed("BI", KSTRING, 0)
        p.fixed("I", 1).fixed("I", 2)
        p.fixed("IB", 2, 0).array("I", [2, 2])
        p.fixed("IB", 2, 1).array("B", [1, 0])
        p.fixed("IB", 2, 0).array("q", [7, 0])
        p.fixed("IB", 2, 0).strings(["s", ""])
        self.assertEqual(_native.decode_result(bytes(p.data), 0), [{"c": [{"x": 7, "y": "s"}, None]}, {"c": []}])

    def test_no_batches_are_no_rows_and_the_last_of_equal_names_wins(self):
        p = Payload().fixed("I", 2).text("c").fixed("BI", KINT, 0).text("c").fixed("BI", KINT, 0)
        self.assertEqual(_native.decode_result(bytes(p.data) + struct.pack("<I", 0), 0), [])
        p.fixed("I", 1).fixed("I", 1)
        p.fixed("IB", 1, 0).array("q", [1]).fixed("IB", 1, 0).array("q", [2])
        self.assertEqual(_native.decode_result(bytes(p.data), 0), [{"c": 2}])

    def test_damaged_payloads_are_errors(self):
        good = one_column(KSTRING, lambda p: p.strings(["abc", "d"]))
        for size in range(len(good)):
            with self.subTest(size), self.assertRaises(ValueError):
                _native.decode_result(good[:size], 0)
        deep = Payload().fixed("I", 1).text("c")
        for _ in range(100_000):
            deep.fixed("BI", LIST, 1).text("")
        with self.assertRaises(ValueError):
            _native.decode_result(bytes(deep.data), 0)


if __name__ == "__main__":
    unittest.main()
