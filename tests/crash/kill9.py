#!/usr/bin/python3
"""Kills the server at random moments and checks that no acknowledged row is lost.

Writers send rows (writer, seq, crc) and note every answer; a reader counts all the while; after a
random time the server gets SIGKILL, at times while it is still starting. The next start must show
  - every acknowledged row exactly once, with the values that were sent,
  - of a request without an answer either all rows or none, and the same ever after,
  - no row of a request that was refused, and none that was never sent,
  - to the reader: never fewer rows than it has seen or than were acknowledged, over restarts too.

  kill9.py build/release/bin/tidemill --loops 100 [--seed 7] [-- more flags for serve]

The binary is the first argument or $TIDEMILL_BIN. The exit status is 0 when all held; otherwise the
seed and the data directory, which is kept, are printed. This tests the program and the order of its
writes; what a power cut does is tested in src/wal/fault_test.cc, since SIGKILL loses no page.
"""

import argparse
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zlib

DATABASE = "crash"
TABLE = "rows"
BASE_TIME_NS = 1_700_000_000_000_000_000
ROWS_PER_REQUEST_MAX = 20
PAUSE_S_MAX = 0.01  # between two requests of a writer: what is written is read back in Python
START_LIMIT_S = 60
REQUEST_LIMIT_S = 30
FULL_CHECK_EVERY = 20  # lives; the others check the rows of the last lives only

ADDRESS = re.compile(r"(?:https?://)?(\d+\.\d+\.\d+\.\d+|localhost|\[[0-9a-fA-F:]+\]):(\d{2,5})\b")
LOST_CONNECTION = (OSError, http.client.HTTPException)


class Violation(Exception):
    """A promise was broken."""


def crc_of(writer, seq):
    return zlib.crc32(f"{writer}:{seq}".encode())


def line_of(writer, seq, life):
    time_ns = BASE_TIME_NS + seq * 1000 + writer
    return f"{TABLE},writer=w{writer} seq={seq}i,crc={crc_of(writer, seq)}i,life={life}i {time_ns}"


class Server:
    """One life of the program."""

    def __init__(self, binary, data_dir, flags, log_path):
        self.log = open(log_path, "ab")
        self.process = subprocess.Popen(
            [binary, "serve", "--node-id", "n", "--object-store", "file", "--data-dir", data_dir,
             "--http-bind", "127.0.0.1:0", "--without-auth", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.address = None
        self.has_address = threading.Event()
        self.drain = threading.Thread(target=self._read_output, daemon=True)
        self.drain.start()

    def _read_output(self):
        for line in self.process.stdout:
            self.log.write(line)
            found = ADDRESS.search(line.decode(errors="replace"))
            if found and self.address is None:
                host = "127.0.0.1" if found[1] == "0.0.0.0" else found[1].strip("[]")
                self.address = (host, int(found[2]))
                self.has_address.set()
        self.log.flush()
        self.has_address.set()  # or there will be none

    def wait_until_ready(self):
        deadline = time.monotonic() + START_LIMIT_S
        self.has_address.wait(START_LIMIT_S)
        while time.monotonic() < deadline and self.address and self.process.poll() is None:
            try:
                connection = self.connect()
                connection.request("GET", "/health")
                connection.getresponse().read()
                return
            except LOST_CONNECTION:
                time.sleep(0.01)
        raise Violation(f"the server did not start within {START_LIMIT_S} s "
                        f"(exit status {self.process.poll()}, log {self.log.name})")

    def connect(self):
        connection = http.client.HTTPConnection(*self.address, timeout=REQUEST_LIMIT_S)
        connection.connect()
        return connection

    def kill(self):
        if self.process.poll() is not None:
            raise Violation(f"the server ended by itself with status {self.process.returncode}, "
                            f"log {self.log.name}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.drain.join()
        self.log.close()


class Request:
    """Rows that were sent together; after a crash they are all there or none is."""

    def __init__(self, writer, first, count, life):
        self.writer, self.first, self.count, self.life = writer, first, count, life
        self.state = "unknown"  # "stored", "refused"

    def keys(self):
        return [(self.writer, seq) for seq in range(self.first, self.first + self.count)]

    def body(self):
        return "\n".join(line_of(self.writer, seq, self.life) for _, seq in self.keys())


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

    def report(self, message):
        with self.lock:
            self.violations.append(message)

    def settle(self, found, since_life):
        """Compares with the rows (writer, seq) -> (crc, life, times found) of lives from
        `since_life` on; decides the requests that had no answer."""
        expected = {}
        for request in self.requests:
            if request.life >= since_life:
                expected.update((key, request) for key in request.keys())
        for (writer, seq), (crc, life, times) in found.items():
            request = expected.get((writer, seq))
            if request is None or life != request.life or crc != crc_of(writer, seq):
                raise Violation(f"a row that was never sent: writer {writer} seq {seq} crc {crc} "
                                f"life {life}")
            if times != 1:
                raise Violation(f"{times} times the row writer {writer} seq {seq}")
        for request in self.requests:
            if request.life < since_life:
                continue
            there = sum(key in found for key in request.keys())
            self._settle_request(request, there)

    def _settle_request(self, request, there):
        what = (f"{there} of {request.count} rows of writer {request.writer} from seq "
                f"{request.first} on, sent in life {request.life}")
        if request.state == "stored" and there != request.count:
            raise Violation(f"acknowledged, but only {what} are there")
        if request.state == "refused" and there != 0:
            raise Violation(f"refused, or not there before, but {what} are there")
        if request.state == "unknown":
            if there not in (0, request.count):
                raise Violation(f"a request is torn: {what} are there")
            request.state = "stored" if there else "refused"
            with self.lock:
                self.acknowledged_rows += there


def run_writer(server, ledger, writer, life, rng, stop):
    try:
        connection = server.connect()
    except LOST_CONNECTION:
        return
    path = "/api/v3/write_lp?" + urllib.parse.urlencode({"db": DATABASE, "precision": "ns"})
    while not stop.is_set():
        request = ledger.new_request(writer, rng.randint(1, ROWS_PER_REQUEST_MAX), life)
        try:
            connection.request("POST", path, request.body())
            response = connection.getresponse()
            body = response.read()
        except LOST_CONNECTION:
            return  # the outcome is unknown until the next start
        if response.status == 204:
            ledger.acknowledge(request)
            time.sleep(rng.random() * PAUSE_S_MAX)
        elif response.status == 503:
            ledger.refuse(request)
            time.sleep(0.05)
        else:
            ledger.report(f"write answered {response.status}: {body[:300]!r}")
            return


def query(connection, sql):
    path = "/api/v3/query_sql?" + urllib.parse.urlencode(
        {"db": DATABASE, "q": sql, "format": "jsonl"})
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise Violation(f"query answered {response.status}: {body[:300]!r}")
    return [json.loads(row) for row in body.splitlines()]


def run_reader(server, ledger, stop):
    """A row that was once seen, or was acknowledged, is seen by every later query."""
    try:
        connection = server.connect()
        while not stop.is_set():
            with ledger.lock:
                floor = max(ledger.seen_rows, ledger.acknowledged_rows)
            if floor == 0:  # the table may not exist yet
                stop.wait(0.01)
                continue
            rows = query(connection, f"SELECT count(*) AS n FROM {TABLE}")[0]["n"]
            with ledger.lock:
                ceiling = ledger.sent_rows
                ledger.seen_rows = max(ledger.seen_rows, rows)
            if not floor <= rows <= ceiling:
                ledger.report(f"a reader counts {rows} rows, after {floor} were there and "
                              f"{ceiling} were sent")
    except LOST_CONNECTION:
        return
    except Violation as violation:
        ledger.report(str(violation))


def check(server, ledger, since_life):
    with ledger.lock:
        is_anything_stored = ledger.acknowledged_rows > 0
    connection = server.connect()
    try:
        rows = query(connection, f"SELECT writer, seq, crc, life FROM {TABLE} "
                                 f"WHERE life >= {since_life}")
    except Violation:
        if is_anything_stored:
            raise
        rows = []  # no table: nothing was stored yet
    found = {}
    for row in rows:
        key = (int(row["writer"][1:]), row["seq"])
        times = found[key][2] if key in found else 0
        found[key] = (row["crc"], row["life"], times + 1)
    ledger.settle(found, since_life)


def live(server, ledger, life, options, rng):
    """Writers and a reader for a random time; then the end."""
    stop = threading.Event()
    threads = [threading.Thread(target=run_writer, args=(server, ledger, writer, life,
                                                         random.Random(rng.random()), stop))
               for writer in range(options.writers)]
    threads.append(threading.Thread(target=run_reader, args=(server, ledger, stop)))
    for thread in threads:
        thread.start()
    after_ms = rng.randint(options.min_ms, options.max_ms)
    time.sleep(after_ms / 1000)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    return after_ms


def run(options, data_dir, log_path):
    rng = random.Random(options.seed)
    ledger = Ledger(options.writers)
    for life in range(options.loops + 1):
        server = Server(options.binary, data_dir, options.serve_flags, log_path)
        is_last = life == options.loops
        if not is_last and life > 0 and rng.random() < options.early_kills:
            after_ms = rng.randint(0, 300)
            time.sleep(after_ms / 1000)
            server.kill()
            print(f"life {life}: killed while starting, after {after_ms} ms", flush=True)
            continue
        try:
            started = time.monotonic()
            server.wait_until_ready()
            ready_ms = (time.monotonic() - started) * 1000
            is_full = is_last or life % FULL_CHECK_EVERY == 0
            check(server, ledger, 0 if is_full else max(0, life - 5))
            if is_last:
                server.kill()
                break
            before = ledger.acknowledged_rows
            after_ms = live(server, ledger, life, options, rng)
            if ledger.violations:
                raise Violation(ledger.violations[0])
            print(f"life {life}: ready after {ready_ms:.0f} ms, killed after {after_ms} ms, "
                  f"{ledger.acknowledged_rows - before} rows acknowledged", flush=True)
        finally:
            if server.process.poll() is None:
                server.process.kill()
    stored = sum(request.count for request in ledger.requests if request.state == "stored")
    print(f"ok: {options.loops} kills, {ledger.sent_rows} rows sent, {stored} stored, none lost, "
          f"none twice, none torn")


def main():
    arguments = sys.argv[1:]
    serve_flags = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, serve_flags = arguments[:at], arguments[at + 1:]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=os.environ.get("TIDEMILL_BIN"))
    parser.add_argument("--loops", "--count", type=int, default=60)
    parser.add_argument("--long", dest="loops", action="store_const", const=1000, help="1,000 loops")
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--min-ms", type=int, default=20)
    parser.add_argument("--max-ms", type=int, default=1500)
    parser.add_argument("--early-kills", type=float, default=0.15,
                        help="share of lives that end while the server is starting")
    options = parser.parse_args(arguments)
    options.serve_flags = serve_flags
    if not options.binary:
        parser.error("name the binary or set TIDEMILL_BIN")
    options.binary = os.path.abspath(options.binary)

    work_dir = tempfile.mkdtemp(prefix="tidemill-kill9-")
    print(f"seed {options.seed}, data in {work_dir}", flush=True)
    try:
        run(options, os.path.join(work_dir, "data"), os.path.join(work_dir, "server.log"))
    except Violation as violation:
        print(f"FAILED: {violation}\nseed {options.seed}, data kept in {work_dir}")
        return 1
    shutil.rmtree(work_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
