"""What the bars share: the kit's tools, a server to measure, and the table of results."""
import os
import subprocess
import sys
import time
from dataclasses import dataclass

KIT = os.environ["BENCH_KIT"]  # the kit's directory; ./dev bench finds it
sys.path.insert(0, KIT)
sys.dont_write_bytecode = True

import peers  # noqa: E402  (the kit)

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SECONDS_MAX = 1500  # of a whole run
BACKGROUND_THREADS = ("flush", "compact")  # work after the acknowledgement


@dataclass
class Bar:
    """One line of the table. `least` and `aim` are as printed; empty: a figure for context."""
    name: str
    measured: str
    least: str = ""
    aim: str = ""


def print_table(bars):
    rows = [("bar", "least", "aim", "measured")] + [(b.name, b.least, b.aim, b.measured) for b in bars]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip(), flush=True)


def say(text):
    print("bench:", text, file=sys.stderr, flush=True)


def median_and_range(values, unit=""):
    return f"{peers.median(values):.2f}{unit} [{min(values):.2f}-{max(values):.2f}]"


class Server(peers.Tidemill):
    """The product on a directory of its own, below `folder`."""

    def __init__(self, folder, binary=None, extra_args=()):
        super().__init__(extra_args)
        self.folder, self.chosen = folder, binary
        self.start(folder)

    def command(self):
        argv = super().command()
        return [self.chosen or argv[0], *argv[1:]]

    def again(self):
        """Starts on the same data; returns at once, before the server answers."""
        self.port = peers.free_port()
        log = os.path.join(self.folder, "server.log")
        self.process = peers.Process(self.command(), log, self.folder, self.environment())

    def kill(self):
        """kill -9, and reaped."""
        self.process.popen.kill()
        self.process.stop()

    def thread_cpu(self):
        """CPU-seconds so far by thread name, numbers at the end cut off: {'http': 1.2, 'flush': 0.3}."""
        task_dir, seconds = f"/proc/{self.process.pid}/task", {}
        for task in os.listdir(task_dir):
            try:
                with open(f"{task_dir}/{task}/stat") as file:
                    head, _, tail = file.read().rpartition(")")
            except OSError:
                continue  # ended meanwhile
            name = head.partition("(")[2].rstrip("0123456789").rstrip("-")
            values = tail.split()
            seconds[name] = seconds.get(name, 0.0) + (int(values[11]) + int(values[12])) / TICKS_PER_SECOND
        return seconds

    def ack_cpu(self):
        """CPU-seconds so far of everything but background work."""
        return sum(v for k, v in self.thread_cpu().items() if not k.startswith(BACKGROUND_THREADS))

    def total_cpu(self):
        return sum(self.thread_cpu().values())

    def memory_mb(self, what="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as file:
            for line in file:
                if line.startswith(what + ":"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def metric(self, name):
        """The sum of a counter over its labels."""
        lines = self.call("GET", "/metrics").splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.partition("{")[0].split(" ")[0] == name)

    def load_measured(self, database, path, rows, batch=10000, conns=2):
        """Loads and returns tsload's figures with `ack_us` and `total_us`: CPU-microseconds per row."""
        ack, total = self.ack_cpu(), self.total_cpu()
        result = self.load(database, path, rows, batch=batch, conns=conns, settle=0)
        result["ack_us"] = (self.ack_cpu() - ack) / rows * 1e6
        result["total_us"] = (self.total_cpu() - total) / rows * 1e6
        return result


def prepare():
    """Bounds the run and builds the kit's tools."""
    peers.guard(SECONDS_MAX)
    peers.build_tools()
    binary_dir = os.path.abspath(peers.BIN)
    subprocess.run(["make", "-s", "-C", KIT, "BIN=" + binary_dir, binary_dir + "/lpscan"], check=True, stdout=sys.stderr)


def dataset(rows, hosts=4000, churn=0):
    """The kit's deterministic rows; with `churn`, every host gets a new name each `churn` steps."""
    if not churn:
        return peers.dataset(rows, hosts=hosts)
    path = os.path.join(peers.DATA, f"cpu-{hosts}-{rows}-churn{churn}.lp")
    if not os.path.exists(path):
        os.makedirs(peers.DATA, exist_ok=True)
        say(f"generating {os.path.basename(path)}")
        argv = [peers.tool("tsgen"), "--rows", str(rows), "--hosts", str(hosts), "--churn", str(churn)]
        with open(path + ".part", "wb") as out:
            subprocess.run(argv, stdout=out, check=True)
        os.rename(path + ".part", path)
    return path


def fresh_server(**kwargs):
    return Server(peers.work_dir(), **kwargs)


def wait_for(predicate, seconds):
    """True as soon as `predicate()` holds; False after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if predicate():
            return True
        time.sleep(0.01)
    return False
