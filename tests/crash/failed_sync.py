#!/usr/bin/python3
"""fsync fails under the real server, by a preloaded library (failing_sync.c).

The write it was for must say that its outcome is unknown, every later one is refused though fsync works
again, /health says why, reads go on; a restart has every acknowledged row and takes writes.

  failed_sync.py build/release/bin/tidemill build/release/tests/libfailing_sync.so [--seed S] [--count N]
"""

import argparse
import os
import random
import sys
import tempfile

from server import Lost, Server, Violation, ask, conclude, query, show_failure, write

DATABASE = "sync"


def expect(what, answer, status, text):
    if answer[0] != status or text not in answer[1].decode():
        raise Violation(f"{what}: answered {answer[0]} {answer[1][:300]!r}, expected {status} '{text}'")


def check(connection, acknowledged, unknown):
    found = {row["seq"] for row in query(connection, DATABASE, "SELECT seq FROM t")}
    if not acknowledged <= found:
        raise Lost(f"rows {sorted(acknowledged - found)} of {len(acknowledged)} acknowledged ones")
    if not found <= acknowledged | unknown:
        raise Violation(f"rows {sorted(found - acknowledged - unknown)} were refused")


def run_round(options, work_dir, rng):
    data_dir = os.path.join(work_dir, "data")
    switch = os.path.join(work_dir, "fail")
    log_path = os.path.join(work_dir, "server.log")
    environment = {"LD_PRELOAD": options.library, "TIDEMILL_TEST_FAIL_SYNC": switch}
    acknowledged, unknown = set(), set()
    server = Server(options.binary, data_dir, [], log_path, environment)
    try:
        server.wait_until_ready()
        connection = server.connect()
        for row in range(rng.randint(1, 20)):
            expect("a write", write(connection, DATABASE, f"t seq={row}i {row + 1}"), 204, "")
            acknowledged.add(row)
        open(switch, "w").close()
        unknown.add(1000)
        expect("the write whose fsync fails", write(connection, DATABASE, "t seq=1000i 1000"), 500, "sync")
        os.remove(switch)
        for row in range(2000, 2000 + rng.randint(1, 5)):
            expect("a later write", write(connection, DATABASE, f"t seq={row}i {row}"), 503,
                   "nothing was stored")
        expect("/health", ask(connection, "GET", "/health"), 503, "the WAL has failed: sync")
        check(connection, acknowledged, set())
        server.kill()

        server = Server(options.binary, data_dir, [], log_path)
        server.wait_until_ready()
        connection = server.connect()
        check(connection, acknowledged, unknown)
        expect("a write after the restart", write(connection, DATABASE, "t seq=3000i 3000"), 204, "")
        expect("/health after the restart", ask(connection, "GET", "/health"), 200, "")
    finally:
        server.end()
    return len(acknowledged)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("library")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--long", dest="count", action="store_const", const=20, help="20 rounds")
    options = parser.parse_args()
    options.binary, options.library = os.path.abspath(options.binary), os.path.abspath(options.library)
    rng = random.Random(options.seed)
    rows, found = 0, None
    for _ in range(options.count):
        with tempfile.TemporaryDirectory(prefix="tidemill-failed-sync-") as work_dir:
            try:
                rows += run_round(options, work_dir, rng)
            except Violation as violation:
                found = violation
                show_failure(violation, os.path.join(work_dir, "server.log"))
                break
    return conclude("failed-sync", options.seed, f"{options.count} rounds", f"{rows} rows", found)


if __name__ == "__main__":
    sys.exit(main())
