#!/usr/bin/python3
"""The real server on a small file system that becomes full, twice, and has space again.

Full: writes get 503 with the reason, /health says so, reads go on. Space again: writes are taken, with
no restart. The second time the server is killed and started on the full disk. No acknowledged row may be
missing. Needs root (a tmpfs of 320 MiB is mounted); skips with exit status 77 where that cannot be done.

  full_disk.py build/release/bin/tidemill [--seed S] [--count ROUNDS]
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

from server import Lost, Server, Violation, ask, conclude, query, show_failure, write

SKIPPED = 77
DISK_MIB = 320  # with space again: room for two segments of the log, the reserve, and what they become in files
FLAGS = ["--disk-reserve", str(8 << 20)]
TEXT_BYTES = 4000
LINES = 500  # 2 MB of text that does not compress
RESUME_LIMIT_S = 10


class Disk:
    """A tmpfs, and a file that takes its space."""

    def __init__(self, path):
        self.path = path
        self.filler = os.path.join(path, "filler")

    def mount(self):
        return os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", self.path],
            stderr=subprocess.DEVNULL, check=False).returncode == 0

    def unmount(self):
        subprocess.run(["umount", self.path], check=False)

    def fill(self, leave_bytes):
        free = os.statvfs(self.path)
        size = free.f_bavail * free.f_frsize - leave_bytes
        with open(self.filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)

    def free(self):
        os.remove(self.filler)


class Client:
    """Writes rows and knows how many there must be."""

    def __init__(self, rng):
        self.rng = rng
        self.next_row = 0
        self.stored = 0

    def write(self, connection, lines):
        rows = range(self.next_row, self.next_row + lines)
        self.next_row += lines
        body = "\n".join(f'big seq={row}i,text="{self.rng.randbytes(TEXT_BYTES // 2).hex()}" {row + 1}'
                         for row in rows)
        status, answer = write(connection, "full", body)
        if status == 204:
            self.stored += lines
        elif status != 503 or b"nothing was stored" not in answer:
            raise Violation(f"a full disk is no reason for {status}: {answer[:300]!r}")
        return status, answer

    def check(self, connection):
        rows = query(connection, "full", "SELECT count(*) AS n, count(DISTINCT seq) AS d FROM big")[0]
        if rows["n"] < self.stored:
            raise Lost(f"{rows['n']} rows of {self.stored} that were acknowledged")
        if rows["n"] > self.stored or rows["d"] != rows["n"]:
            raise Violation(f"{rows}, but {self.stored} rows were acknowledged")


def write_until_refused(client, connection):
    for _ in range(200):
        status, answer = client.write(connection, LINES)
        if status == 503:
            if b"disk full" not in answer:
                raise Violation(f"refused without the reason: {answer[:300]!r}")
            return
    raise Violation("the disk did not become full")


def expect_refusal_is_known(client, connection):
    status, body = ask(connection, "GET", "/health")
    if status != 503 or b"disk full" not in body:
        raise Violation(f"/health on a full disk: {status} {body[:300]!r}")
    client.check(connection)


def expect_writes_resume(client, connection):
    deadline = time.monotonic() + RESUME_LIMIT_S
    while client.write(connection, 1)[0] != 204:
        if time.monotonic() > deadline:
            raise Violation(f"there is space again, but no write is taken within {RESUME_LIMIT_S} s")
        time.sleep(0.1)
    status, body = ask(connection, "GET", "/health")
    if status != 200:
        raise Violation(f"/health when there is space again: {status} {body[:300]!r}")
    client.check(connection)


def run_round(options, disk, rng, log_path):
    data_dir = os.path.join(disk.path, "data")
    client = Client(rng)
    server = Server(options.binary, data_dir, FLAGS, log_path)
    try:
        server.wait_until_ready()
        connection = server.connect()
        client.write(connection, 10)
        disk.fill(rng.randrange(1 << 20, 8 << 20))
        write_until_refused(client, connection)
        expect_refusal_is_known(client, connection)
        disk.free()
        expect_writes_resume(client, connection)
        disk.fill(rng.randrange(1 << 16, 1 << 20))
        write_until_refused(client, connection)
        server.kill()

        server = Server(options.binary, data_dir, FLAGS, log_path)
        server.wait_until_ready()
        connection = server.connect()
        client.check(connection)
        disk.free()
        expect_writes_resume(client, connection)
    finally:
        server.end()
    return client.stored


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--long", dest="count", action="store_const", const=10, help="10 rounds")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    rng = random.Random(options.seed)
    stored, found = 0, None
    with tempfile.TemporaryDirectory(prefix="tidemill-full-disk-") as work_dir:
        for _ in range(options.count):
            disk = Disk(tempfile.mkdtemp(dir=work_dir))
            if not disk.mount():
                print("full-disk: skipped: mounting a tmpfs needs root")
                return SKIPPED
            log_path = os.path.join(work_dir, "server.log")
            try:
                stored += run_round(options, disk, rng, log_path)
            except Violation as violation:
                found = violation
                show_failure(violation, log_path)
                break
            finally:
                disk.unmount()
    return conclude("full-disk", options.seed, f"{options.count} rounds", f"{stored} rows", found)


if __name__ == "__main__":
    sys.exit(main())
