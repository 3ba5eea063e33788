"""Rows per CPU-second up to the acknowledgement, as a share of the bare parse limit (the kit's lpscan).

10 tags, 10 fields, batches of 10,000 rows, synced. What flushes do behind the acknowledgement is
left out of the bar and shown beside it. TIDEMILL_OLD names an older binary to measure in the same
rounds.
"""
import os
import re
import subprocess

from . import kit

ROWS = 1_000_000


def parse_limit_ns(path):
    out = subprocess.run([kit.peers.tool("lpscan"), path], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"whole parse.* (\d+) ns/row", out).group(1))


def measure(path, binary):
    server = kit.fresh_server(binary=binary)
    try:
        return server.load_measured("bench", path, ROWS)
    finally:
        server.kill()


def run(rounds):
    path = kit.dataset(ROWS)
    old = os.environ.get("TIDEMILL_OLD")
    limits, new_results, old_results = [], [], []
    for number in range(rounds):
        limits.append(parse_limit_ns(path))
        if old:
            old_results.append(measure(path, old))
        new_results.append(measure(path, None))
        kit.say(f"write: round {number + 1} of {rounds} done")
    bars = describe("", limits, new_results, least="15 %", aim="25 %")
    if old:
        bars += describe("old binary: ", limits, old_results)
    return [kit.Bar("parse limit, CPU ns/row", kit.median_and_range(limits))] + bars


def describe(prefix, limits, results, least="", aim=""):
    shares = [limit / (result["ack_us"] * 1e3) * 100 for limit, result in zip(limits, results)]
    column = lambda key: [result[key] for result in results]
    return [
        kit.Bar(prefix + "share of the parse limit up to the ack", kit.median_and_range(shares, " %"), least, aim),
        kit.Bar(prefix + "  CPU us/row up to the ack", kit.median_and_range(column("ack_us"))),
        kit.Bar(prefix + "  CPU us/row with flushes", kit.median_and_range(column("total_us"))),
        kit.Bar(prefix + "  rows/s, wall", f"{kit.peers.median(column('rows_per_s')):,.0f}"),
    ]
