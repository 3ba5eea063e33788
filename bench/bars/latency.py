"""p99 of a one-line synced write by 64 clients, against the p99 of fdatasync on the same disk.

Each round times the disk alone, then the server; the bar is the median of the rounds' ratios. The
disk is asked for the least it can do: 4 KiB over blocks that are written already. The clients send
at a fixed rate and latency counts from the moment a write was due; beside it, for context, the same
clients each sending as fast as they are answered, which on few cores measures those cores.
"""
import json
import os
import subprocess
import time

from . import kit

CLIENTS = 64
WRITES_PER_SECOND = 1_000
WRITES = 6_000
SYNCS = 1_500
BLOCK = os.urandom(4096)
BLOCKS = 4096  # a file of 16 MiB


def time_syncs(folder):
    """Milliseconds of each fdatasync."""
    path = os.path.join(folder, "sync-probe")
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for i in range(BLOCKS):
            os.pwrite(fd, BLOCK, i * len(BLOCK))
        os.fsync(fd)
        times = []
        for i in range(SYNCS):
            os.pwrite(fd, BLOCK, i % BLOCKS * len(BLOCK))
            begin = time.perf_counter()
            os.fdatasync(fd)
            times.append((time.perf_counter() - begin) * 1e3)
        return times
    finally:
        os.close(fd)
        os.unlink(path)


def write_lines(server, path, rate):
    """tsload's figures for one-line writes; rate 0: as fast as they are answered."""
    argv = [kit.peers.tool("tsload"), "--url", server.url(server.write_path("bench")), "--file", path,
            "--limit", str(WRITES), "--batch", "1", "--conns", str(CLIENTS), "--rate", str(rate)]
    result = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    if result["rows"] != WRITES:
        raise kit.peers.BenchError(f"{result['errors']} of {WRITES} writes failed: {result['first_error']}")
    return result


def run(rounds):
    rounds = max(rounds, 5)
    path = kit.dataset(1_000_000)
    ratios, disk_p50, disk_p99, write_p50, write_p99, saturated = [], [], [], [], [], []
    server = kit.fresh_server()
    try:
        server.load("bench", path, 1000, batch=1, conns=CLIENTS, settle=0)  # connections, table, first segment
        for number in range(rounds):
            syncs = time_syncs(server.folder)
            writes = write_lines(server, path, WRITES_PER_SECOND)
            saturated.append(write_lines(server, path, 0)["p99_ms"])
            disk_p50.append(kit.peers.percentile(syncs, 0.5))
            disk_p99.append(kit.peers.percentile(syncs, 0.99))
            write_p50.append(writes["p50_ms"])
            write_p99.append(writes["p99_ms"])
            ratios.append(write_p99[-1] / disk_p99[-1])
            kit.say(f"latency: round {number + 1} of {rounds} done")
    finally:
        server.kill()
    return [
        kit.Bar("p99 of a 1-line write / p99 of fdatasync", kit.median_and_range(ratios), "<= 4", "<= 2"),
        kit.Bar("  fdatasync p99, ms", kit.median_and_range(disk_p99)),
        kit.Bar("  write p99, ms", kit.median_and_range(write_p99)),
        kit.Bar("  fdatasync p50, ms", kit.median_and_range(disk_p50)),
        kit.Bar("  write p50, ms", kit.median_and_range(write_p50)),
        kit.Bar("  write p99 without a rate, ms", kit.median_and_range(saturated)),
    ]
