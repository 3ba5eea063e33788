"""Memory under many series: 10^6 series of 10 tags at once, then series that live for one row only.

Churn goes on for at least 20 flushes; growth compares the RSS peak of the second half of it with
that of the first.
"""
import threading

from . import kit

SERIES = 1_000_000
CHURN_HOSTS, CHURN_STEPS = 200_000, 40
CHURN_ROWS = CHURN_HOSTS * CHURN_STEPS


class MemoryWatch:
    """Samples RSS every 50 ms until it is stopped."""

    def __init__(self, server):
        self.server, self.samples, self.done = server, [], threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.done.wait(0.05):
            self.samples.append(self.server.memory_mb())

    def stop(self):
        self.done.set()
        self.thread.join()
        return self.samples


def watched_load(server, path, rows):
    watch = MemoryWatch(server)
    try:
        server.load("bench", path, rows, settle=0)
    finally:
        samples = watch.stop()
    return samples


def run(_rounds):
    server = kit.fresh_server()
    try:
        first = watched_load(server, kit.dataset(2 * SERIES, hosts=SERIES), 2 * SERIES)
        before = server.metric("tidemill_storage_flushed_files_total")
        path = kit.dataset(CHURN_ROWS, hosts=CHURN_HOSTS, churn=1)
        churn = watched_load(server, path, CHURN_ROWS)
        flushes = server.metric("tidemill_storage_flushed_files_total") - before
        counted = server.count("bench", 0)
    finally:
        server.kill()
    half = len(churn) // 2
    growth = max(churn[half:]) / max(churn[:half])
    return [
        kit.Bar("RSS peak with 10^6 series of 10 tags, MB", f"{max(first):.0f}", "<= 600", "<= 600"),
        kit.Bar("RSS peak under churn, MB", f"{max(churn):.0f}", "<= 600", "<= 600"),
        kit.Bar("RSS peak, second half of churn / first half", f"{growth:.2f}", "<= 1.1", "<= 1.0"),
        kit.Bar("  flushes under churn", f"{flushes:.0f}", ">= 20"),
        kit.Bar("  rows stored, points written", f"{counted:.0f} of {2 * SERIES + CHURN_ROWS}"),
    ]
