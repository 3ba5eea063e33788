#!/usr/bin/python3
"""Kills the server at random moments and checks that no acknowledged row or definition is lost.

Writers send requests of several rows in two tables, with a new table and a new column in each life,
and note every answer; another client makes (and where the API has it, drops) databases and tables; a
reader counts all the while. After a random time the server gets SIGKILL, at times while it is still
starting. The next start must show
  - every acknowledged row exactly once, with the values and columns that were sent,
  - of a request without an answer either all rows or none, and the same ever after,
  - no row of a request that was refused, and none that was never sent,
  - every acknowledged database and table, and none that was dropped,
  - to the reader: never fewer rows than it has seen or than were acknowledged, over restarts too.

  kill9.py build/release/bin/tidemill --loops 100 [--seed 7] [-- more flags for serve]

The binary is the first argument or $TIDEMILL_BIN. The exit status is 0 when all held; otherwise the
seed and the data directory, which is kept, are printed. SIGKILL loses no page: what a power cut does
is tested by tests/crash/power_cut.cc.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time

from ledger import SIDE_TABLES, TABLE, Definitions, Ledger, side_table
from server import LOST_CONNECTION, Lost, Server, Violation, ask, conclude, query, write

DATABASE = "crash"
ROWS_PER_REQUEST_MAX = 20
PAUSE_S_MAX = 0.01  # between two requests of a writer: what is written is read back in Python
CHANGE_PAUSE_S_MAX = 0.05
DEFINITIONS_MAX = 300  # of each kind
FULL_CHECK_EVERY = 20  # lives; the others check the rows of the last lives only


def run_writer(server, ledger, writer, life, rng, stop):
    try:
        connection = server.connect()
    except LOST_CONNECTION:
        return
    while not stop.is_set():
        request = ledger.new_request(writer, rng.randint(1, ROWS_PER_REQUEST_MAX), life)
        try:
            status, body = write(connection, DATABASE, request.body())
        except LOST_CONNECTION:
            return  # the outcome is unknown until the next start
        if status == 204:
            ledger.acknowledge(request)
            time.sleep(rng.random() * PAUSE_S_MAX)
        elif status == 503:
            ledger.refuse(request)
            time.sleep(0.05)
        else:
            ledger.report(Violation(f"write answered {status}: {body[:300]!r}"))
            return


def change(connection, kind, name, exists):
    """Makes or drops a database or a table; (status, body)."""
    path = f"/api/v3/configure/{kind}"
    if kind == "database" and exists:
        return ask(connection, "POST", path, body={"db": name})
    if kind == "database":
        return ask(connection, "DELETE", path, {"db": name})
    if exists:
        return ask(connection, "POST", path, body={
            "db": DATABASE, "table": name, "tags": ["t"], "fields": [{"name": "f", "type": "int64"}]})
    return ask(connection, "DELETE", path, {"db": DATABASE, "table": name})


def run_changes(server, ledger, definitions, can_drop, life, rng, stop):
    try:
        connection = server.connect()
        number = 0
        while not stop.wait(rng.random() * CHANGE_PAUSE_S_MAX):
            kind = rng.choice(["database", "table"])
            there = definitions.names(kind)
            exists = not there or not (can_drop and rng.random() < 0.5 or len(there) > DEFINITIONS_MAX)
            if not exists and not can_drop:
                return
            name = f"made_{life}_{number}" if exists else rng.choice(there)
            number += 1
            definitions.begin((kind, name), exists)
            status, body = change(connection, kind, name, exists)
            if status != 200:
                ledger.report(Violation(f"{kind} {name}: answered {status}: {body[:300]!r}"))
                return
            definitions.acknowledge((kind, name), exists)
    except LOST_CONNECTION:
        return


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
            rows = query(connection, DATABASE, f"SELECT count(*) AS n FROM {TABLE}")[0]["n"]
            with ledger.lock:
                ceiling = ledger.sent_rows
                ledger.seen_rows = max(ledger.seen_rows, rows)
            if rows < floor:
                ledger.report(Lost(f"a reader counts {rows} rows, after {floor} were there"))
            if rows > ceiling:
                ledger.report(Violation(f"a reader counts {rows} rows, when {ceiling} were sent"))
    except LOST_CONNECTION:
        return
    except Violation as violation:
        ledger.report(violation)


def tables_in(connection):
    try:
        return {row["table_name"] for row in query(
            connection, DATABASE,
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'iox'")}
    except Violation:
        return set()  # no such database yet


def databases(connection):
    status, body = ask(connection, "GET", "/api/v3/configure/database", {"format": "csv"})
    if status != 200:
        raise Violation(f"list of databases answered {status}: {body[:300]!r}")
    return set(body.decode().split())


def can_drop_tables(connection):
    """Whether this server has the routes that drop."""
    change(connection, "database", "probe", True)
    return change(connection, "database", "probe", False)[0] == 200


def check(server, ledger, definitions, since_life, life):
    connection = server.connect()
    tables = tables_in(connection)
    rows = query(connection, DATABASE, f"SELECT * EXCLUDE (time) FROM {TABLE} WHERE life >= {since_life}"
                 ) if TABLE in tables else []
    sides = {side_table(each) for each in range(max(since_life, life - SIDE_TABLES), life + 1)} & tables
    side_rows = [row for side in sorted(sides) for row in query(
        connection, DATABASE, f"SELECT writer, seq, life FROM {side} WHERE life >= {since_life}")]
    ledger.settle(rows, side_rows, since_life)
    definitions.settle("table", tables)
    definitions.settle("database", databases(connection))


def live(server, ledger, definitions, can_drop, life, options, rng):
    """Clients for a random time; then the end."""
    stop = threading.Event()
    threads = [threading.Thread(target=run_writer, args=(server, ledger, writer, life,
                                                         random.Random(rng.random()), stop))
               for writer in range(options.writers)]
    threads.append(threading.Thread(target=run_changes, args=(
        server, ledger, definitions, can_drop, life, random.Random(rng.random()), stop)))
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


def run(options, ledger, definitions, data_dir, log_path):
    rng = random.Random(options.seed)
    can_drop = None
    for life in range(options.loops + 1):
        server = Server(options.binary, data_dir, options.serve_flags, log_path)
        is_last = life == options.loops
        try:
            if not is_last and life > 0 and rng.random() < options.early_kills:
                after_ms = rng.randint(0, 300)
                time.sleep(after_ms / 1000)
                server.kill()
                print(f"life {life}: killed while starting, after {after_ms} ms", flush=True)
                continue
            started = time.monotonic()
            server.wait_until_ready()
            ready_ms = (time.monotonic() - started) * 1000
            is_full = is_last or life % FULL_CHECK_EVERY == 0
            check(server, ledger, definitions, 0 if is_full else max(0, life - 5), life)
            if is_last:
                break
            if can_drop is None:
                can_drop = can_drop_tables(server.connect())
            before = ledger.acknowledged_rows
            after_ms = live(server, ledger, definitions, can_drop, life, options, rng)
            if ledger.violations:
                raise ledger.violations[0]
            print(f"life {life}: ready after {ready_ms:.0f} ms, killed after {after_ms} ms, "
                  f"{ledger.acknowledged_rows - before} rows acknowledged", flush=True)
        finally:
            server.end()


def parse_options():
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
    parser.add_argument("--max-ms", type=int, default=1000)
    parser.add_argument("--early-kills", type=float, default=0.15,
                        help="share of lives that end while the server is starting")
    parser.add_argument("--discard", action="store_true", help="keep no data after a failure")
    options = parser.parse_args(arguments)
    options.serve_flags = serve_flags
    if not options.binary:
        parser.error("name the binary or set TIDEMILL_BIN")
    options.binary = os.path.abspath(options.binary)
    return options


def main():
    options = parse_options()
    ledger, definitions = Ledger(options.writers), Definitions()
    work_dir = tempfile.mkdtemp(prefix="tidemill-kill9-")
    print(f"seed {options.seed}, data in {work_dir}", flush=True)
    found = None
    try:
        run(options, ledger, definitions, os.path.join(work_dir, "data"),
            os.path.join(work_dir, "server.log"))
    except Violation as violation:
        found = violation
        print(f"FAILED: {violation}\nseed {options.seed}, data in {work_dir}")
    if found is None or options.discard:
        shutil.rmtree(work_dir)
    return conclude("kill9", options.seed, f"{options.loops} kills",
                    f"{ledger.acknowledged_rows} rows and {definitions.acknowledged} changes", found)


if __name__ == "__main__":
    sys.exit(main())
