#!/usr/bin/env python3
"""`tidemill storage check` on real data directories: sound, in use, damaged in each kind of file.

  check.py PATH_TO_TIDEMILL
"""
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
import server  # noqa: E402


def check(binary, data_dir):
    run = subprocess.run([binary, "storage", "check", "--data-dir", data_dir, "--node-id", "n"],
                         capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def digest(data_dir):
    """Names, sizes, times and bytes of everything in it."""
    sums = []
    for folder, _, names in sorted(os.walk(data_dir)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                sums.append((path, os.stat(path).st_mtime_ns, hashlib.sha256(file.read()).hexdigest()))
    return sums


def make_directory(binary, data_dir, log):
    """Some rows in Parquet files, later ones in the log alone."""
    first = server.Server(binary, data_dir, [], log)
    first.wait_until_ready()
    connection = first.connect()
    for i in range(20):
        assert server.write(connection, "sensors", f"home,room=r{i} temp={i} {i}\nroof wind={i} {i}")[0] == 204
    first.process.terminate()
    first.process.wait()
    first.end()
    second = server.Server(binary, data_dir, [], log)
    second.wait_until_ready()
    status, output = check(binary, data_dir)
    expect("a directory in use", status == 1 and "another server runs on" in output, output)
    connection = second.connect()
    for i in range(100, 120):
        assert server.write(connection, "sensors", f"home,room=r{i} temp={i} {i}")[0] == 204
    second.kill()


def expect(what, holds, output):
    print(("ok      " if holds else "FAILED  ") + what)
    if not holds:
        print(output)
        sys.exit(1)


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0x10]))


def one(pattern, last=False):
    return sorted(glob.glob(pattern, recursive=True))[-1 if last else 0]


def find(path, text, nth):
    with open(path, "rb") as file:
        content = file.read()
    at = -1
    for _ in range(nth):
        at = content.index(text, at + 1)
    return at


def main():
    binary = sys.argv[1]
    scratch = tempfile.mkdtemp(prefix="tidemill-storage-check-")
    origin = os.path.join(scratch, "sound")
    make_directory(binary, origin, os.path.join(scratch, "server.log"))
    before = digest(origin)
    status, output = check(binary, origin)
    expect("a sound directory", status == 0 and output.endswith("all is well\n"), output)
    expect("nothing is changed", digest(origin) == before, output)

    def damaged(what, expected, damage):
        copy = os.path.join(scratch, "damaged")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(origin, copy)
        damage(copy + "/n")
        before = digest(copy)
        status, output = check(binary, copy)
        expect(what, status == 1 and all(text in output for text in ["DAMAGED", *expected]), output)
        expect(what + ": nothing is changed", digest(copy) == before, output)

    def break_group(node):
        segment = one(node + "/wal/*.wal", last=True)
        flip(segment, find(segment, b"r105", 1))

    damaged("a group of the log", [".wal' at offset", "cannot be read", "sensors.home"],
            break_group)
    damaged("the head of a segment", ["the segment's header or state record cannot be read"],
            lambda node: flip(one(node + "/wal/*.wal", last=True), 20))
    damaged("a Parquet block", ["is damaged in the block at offset 0", "sensors."],
            lambda node: flip(one(node + "/dbs/*/*/*.parquet"), 100))
    damaged("block checksums", [".crc' is damaged"], lambda node: flip(one(node + "/dbs/*/*/*.crc"), 24))
    damaged("a missing Parquet file", [".parquet"], lambda node: os.remove(one(node + "/dbs/*/*/*.parquet")))
    damaged("the catalog", ["catalog '"], lambda node: flip(node + "/catalog/catalog.log", 60))
    damaged("the manifest", ["manifest '"], lambda node: flip(node + "/manifest", 40))
    damaged("a lost manifest", ["manifest"], lambda node: os.remove(node + "/manifest"))

    status, output = check(binary, os.path.join(scratch, "nowhere"))
    expect("a directory that is not there", status == 1 and "there is no data directory" in output, output)
    expect("... and is not made", not os.path.exists(os.path.join(scratch, "nowhere")), output)
    shutil.rmtree(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
