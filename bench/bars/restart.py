"""Restart after kill -9 with 2 M unflushed rows: time to the first right answer, CPU and memory of replay.

The rows lie in eight databases, so that no table is large enough to be flushed. Right means that
every database counts all its rows.
"""
import time

from . import kit

DATABASES = 8
ROWS_EACH = 250_000
ANSWER_SECONDS_MAX = 60


def ask(server):
    """Rows that the server counts, or None while it does not answer."""
    try:
        return sum(server.count(f"bench{i}", 0) for i in range(DATABASES))
    except kit.peers.BenchError:
        return None


def measure(path):
    server = kit.fresh_server()
    try:
        loads = [server.load_measured(f"bench{i}", path, ROWS_EACH) for i in range(DATABASES)]
        flushed = server.metric("tidemill_storage_flushed_rows_total")
        server.kill()
        begin = time.monotonic()
        server.again()
        right = kit.wait_for(lambda: ask(server) == DATABASES * ROWS_EACH, ANSWER_SECONDS_MAX)
        seconds = time.monotonic() - begin
        if not right:
            raise kit.peers.BenchError(f"after the restart {ask(server)} rows of {DATABASES * ROWS_EACH}")
        return {
            "seconds": seconds,
            "flushed": flushed,
            "ingest_us": sum(load["ack_us"] for load in loads) / DATABASES,
            "replay_us": server.total_cpu() / (DATABASES * ROWS_EACH) * 1e6,
            "peak_mb": server.memory_mb("VmHWM"),
        }
    finally:
        server.kill()


def run(rounds):
    path = kit.dataset(1_000_000)
    results = []
    for number in range(rounds):
        results.append(measure(path))
        kit.say(f"restart: round {number + 1} of {rounds} done")
    column = lambda key: [result[key] for result in results]
    faster = [result["ingest_us"] / result["replay_us"] for result in results]
    return [
        kit.Bar("restart to the first right answer, s", kit.median_and_range(column("seconds")), "<= 5", "<= 1.5"),
        kit.Bar("replay rows per CPU-s / ingest rows per CPU-s", kit.median_and_range(faster), ">= 3", ">= 3"),
        kit.Bar("  ingest CPU us/row", kit.median_and_range(column("ingest_us"))),
        kit.Bar("  CPU us/row of start, replay and answer", kit.median_and_range(column("replay_us"))),
        kit.Bar("  RSS peak after the restart, MB", kit.median_and_range(column("peak_mb"))),
        kit.Bar("  rows flushed before the kill (must be 0)", f"{max(column('flushed')):.0f}"),
    ]
