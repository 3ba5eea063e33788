"""What the clients of a crash test were told: rows in Ledger, databases and tables in Definitions.

Both are held against what a restarted server shows. Not a test itself.
"""

import threading
import zlib

from server import Lost, Violation

BASE_TIME_NS = 1_700_000_000_000_000_000
TABLE = "rows"
SIDE_TABLES = 50  # a new one in each life, then again
COLUMNS = 200     # a new one in each life, then again


def crc_of(writer, seq):
    return zlib.crc32(f"{writer}:{seq}".encode())


def side_table(life):
    return f"side{life % SIDE_TABLES}"


def column(life):
    return f"n{life % COLUMNS}"


class Request:
    """Rows that were sent together, in two tables; after a crash they are all there or none is."""

    def __init__(self, writer, first, count, life):
        self.writer, self.first, self.count, self.life = writer, first, count, life
        self.state = "unknown"  # "stored", "refused"

    def keys(self):
        return [(self.writer, seq) for seq in range(self.first, self.first + self.count)]

    def body(self):
        lines = [f"{TABLE},writer=w{self.writer} seq={seq}i,crc={crc_of(self.writer, seq)}i,"
                 f"life={self.life}i,{column(self.life)}={seq}i {BASE_TIME_NS + seq * 1000 + self.writer}"
                 for _, seq in self.keys()]
        lines.append(f"{side_table(self.life)},writer=w{self.writer} seq={self.first}i,life={self.life}i "
                     f"{BASE_TIME_NS + self.first * 1000 + self.writer}")
        return "\n".join(lines)


class Ledger:
    """Everything that was ever sent, and what was said about it."""

    def __init__(self, writers):
        self.lock = threading.Lock()
        self.requests = []
        self.next_seq = [0] * writers
        self.acknowledged_rows = 0
        self.sent_rows = 0
        self.seen_rows = 0  # the most any reader has seen
        self.violations = []

    def new_request(self, writer, count, life):
        with self.lock:
            request = Request(writer, self.next_seq[writer], count, life)
            self.next_seq[writer] += count
            self.requests.append(request)
            self.sent_rows += count
            return request

    def acknowledge(self, request):
        with self.lock:
            request.state = "stored"
            self.acknowledged_rows += request.count

    def refuse(self, request):
        with self.lock:
            request.state = "refused"

    def report(self, violation):
        with self.lock:
            self.violations.append(violation)

    def settle(self, rows, side_rows, since_life):
        """Compares with the rows that a server shows of lives from `since_life` on; decides the
        requests that had no answer."""
        requests = [request for request in self.requests if request.life >= since_life]
        expected = {key: request for request in requests for key in request.keys()}
        found = set()
        for row in rows:
            key = (int(row["writer"][1:]), row["seq"])
            self._check_row(row, key, expected.get(key))
            if key in found:
                raise Violation(f"twice the row {key}")
            found.add(key)
        sides = {(int(row["writer"][1:]), row["seq"], row["life"]) for row in side_rows}
        if len(sides) != len(side_rows):
            raise Violation("a row of a side table is there twice")
        for request in requests:
            there = sum(key in found for key in request.keys())
            there += (request.writer, request.first, request.life) in sides
            self._settle_request(request, there)

    @staticmethod
    def _check_row(row, key, request):
        if request is None or row["life"] != request.life or row["crc"] != crc_of(*key):
            raise Violation(f"a row that was never sent: {row}")
        more = {name: value for name, value in row.items() if name[0] == "n"}
        if more != {column(request.life): row["seq"]}:
            raise Violation(f"a row with other columns than were sent: {row}")

    def _settle_request(self, request, there):
        count = request.count + 1  # with its row in the side table
        what = (f"{there} of {count} rows of writer {request.writer} from seq "
                f"{request.first} on, sent in life {request.life}")
        if request.state == "stored" and there != count:
            raise Lost(f"acknowledged, but only {what} are there")
        if request.state == "refused" and there != 0:
            raise Violation(f"refused, or not there before, but {what} are there")
        if request.state == "unknown":
            if there not in (0, count):
                raise Violation(f"a request is torn: {what} are there")
            request.state = "stored" if there else "refused"
            with self.lock:
                self.acknowledged_rows += request.count if there else 0


class Definitions:
    """Databases and tables that were made and dropped: for each, what it may be now."""

    def __init__(self):
        self.may_be = {}  # ("database", name) or ("table", name) -> set of True, False
        self.acknowledged = 0

    def begin(self, key, exists):
        """Asked for; there is no answer yet."""
        self.may_be.setdefault(key, {False}).add(exists)

    def acknowledge(self, key, exists):
        self.may_be[key] = {exists}
        self.acknowledged += 1

    def names(self, kind):
        """Those that are surely there."""
        return [name for (of, name), states in self.may_be.items() if of == kind and states == {True}]

    def settle(self, kind, names):
        for (of, name), states in self.may_be.items():
            if of != kind:
                continue
            if (name in names) not in states:
                raise Lost(f"{kind} '{name}' is {'' if name in names else 'not '}there, "
                           f"and the last acknowledged change says otherwise")
            self.may_be[of, name] = {name in names}
