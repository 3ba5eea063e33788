#!/usr/bin/env python3
"""The main job on real data, with a commentary: write, trigger a plugin, query what it wrote.

Run by `./dev demo`. Starts a server of its own on a free port, in a temporary directory; --keep leaves it
running. Python standard library only.
"""
import argparse
import csv
import http.client
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from datetime import datetime, timezone

ROWS = 1_000_000
BATCH = 10_000
HOSTS = 1_000
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def say(text):
    print(f"\n\033[1m{text}\033[0m", flush=True)


def note(text):
    print(f"  {text}", flush=True)


class Server:
    """One `tidemill serve`, ended by its own process id."""

    def __init__(self, bin_dir, scratch):
        self.binary = os.path.join(bin_dir, "tidemill")
        self.scratch = scratch
        self.log_path = os.path.join(scratch, "server.log")
        plugins = os.path.join(scratch, "plugins")
        shutil.copytree(os.path.join(ROOT, "examples", "plugins"), plugins)
        command = [self.binary, "serve", "--node-id", "demo", "--object-store", "file",
                   "--data-dir", os.path.join(scratch, "data"), "--plugin-dir", plugins,
                   "--http-bind", "127.0.0.1:0", "--without-auth"]
        note("$ " + " ".join(shlex.quote(word) for word in command))
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=open(self.log_path, "wb"),
                                        stderr=subprocess.STDOUT, start_new_session=True)
        self.address = self._wait_for_address()
        self.url = "http://" + self.address

    def _wait_for_address(self):
        for _ in range(600):
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                found = re.search(r"http://([0-9.]+:[0-9]+)", log.read())
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            sys.exit("the server did not start:\n" + log.read())

    def cli(self, *words, show=True):
        """Runs `tidemill …` against this server, shows it as typed, returns its output."""
        if show:
            note("$ tidemill " + " ".join(shlex.quote(word) for word in words))
        done = subprocess.run([self.binary, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "INFLUXDB3_HOST_URL": self.url})
        if done.returncode != 0:
            sys.exit(f"tidemill {words[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def show(self, database, sql):
        print(self.cli("query", "--database", database, sql).rstrip())

    def number(self, database, sql):
        """The first number of a query's one row; 0 while its table does not exist."""
        done = subprocess.run([self.binary, "query", "--database", database, "--format", "csv", sql], capture_output=True,
                              text=True, env={**os.environ, "INFLUXDB3_HOST_URL": self.url})
        lines = done.stdout.split()
        return int(lines[1]) if done.returncode == 0 and len(lines) > 1 else 0

    def wait_for(self, database, sql, number, what):
        for _ in range(400):
            if self.number(database, sql) >= number:
                return
            time.sleep(0.05)
        sys.exit(f"waited 20 s for {what}; see {self.log_path}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)


def nanoseconds(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()) * 1_000_000_000


def read_csv(archive, name):
    with tarfile.open(archive) as package:
        text = io.TextIOWrapper(package.extractfile(f"package/data/{name}"), encoding="utf-8")
        return list(csv.DictReader(text))


def weather_lines(archive):
    lines = []
    for row in read_csv(archive, "weather.csv"):
        location = row["location"].replace(" ", "\\ ")
        lines.append(f'weather,location={location} precipitation={row["precipitation"]},temp_max={row["temp_max"]},'
                     f'temp_min={row["temp_min"]},wind={row["wind"]},condition="{row["weather"]}" {nanoseconds(row["date"])}')
    return lines


def normals_lines(archive):
    return [f'normals,station=Seattle pressure={row["pressure"]},temperature={row["temperature"]},wind={row["wind"]} '
            f'{nanoseconds(row["date"])}' for row in read_csv(archive, "seattle-weather-hourly-normals.csv")]


def write_file(server, database, name, lines):
    path = os.path.join(server.scratch, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    server.cli("write", "--database", database, "--precision", "ns", "--file", path)


def write_weather(server, archive):
    say("1. Real data: four years of daily weather in Seattle and New York, and Seattle's hourly normals")
    server.cli("create", "database", "weather")
    say("2. A plugin that runs on every write: it counts the rows of each table batch (examples/plugins/processed_data.py)")
    server.cli("create", "trigger", "--database", "weather", "--trigger-spec", "all_tables",
               "--plugin-filename", "processed_data.py", "row_counter")
    say("3. A second plugin: one alert row per day hotter than a threshold given as a trigger argument")
    server.cli("create", "trigger", "--database", "weather", "--trigger-spec", "table:weather",
               "--plugin-filename", "threshold_alert.py", "--trigger-arguments", "field=temp_max,threshold=36,tag=location", "heat_alert")
    weather, normals = weather_lines(archive), normals_lines(archive)
    say(f"Writing {len(weather)} days and {len(normals)} hours as line protocol; each write is fsynced before it is acknowledged")
    write_file(server, "weather", "weather.lp", weather)
    write_file(server, "weather", "normals.lp", normals)
    server.show("weather", "SELECT location, count(*) AS days, avg(temp_max) AS mean_high, max(temp_max) AS highest, "
                           "sum(precipitation) AS rain_mm FROM weather GROUP BY location ORDER BY location")
    rows = len(weather) + len(normals)
    server.wait_for("weather", "SELECT sum(row_count) AS n FROM processed_data WHERE source_table IN ('weather', 'normals')", rows,
                    "the row counter")
    say("What the row counter wrote")
    server.show("weather", "SELECT source_table, count(*) AS batches, sum(row_count) AS rows_seen FROM processed_data "
                           "GROUP BY source_table ORDER BY source_table")
    hot = sum(1 for line in weather if float(re.search(r"temp_max=([-0-9.]+)", line).group(1)) > 36)
    server.wait_for("weather", "SELECT count(*) AS n FROM alerts", hot, "the alerts")
    say(f"The {hot} alerts")
    server.show("weather", "SELECT time, location, value, threshold FROM alerts ORDER BY time")
    say("Every run is recorded")
    server.show("weather", "SELECT trigger_name, outcome, count(*) AS runs, sum(rows_in) AS rows_in, sum(lines_out) AS lines_out "
                           "FROM system.processing_engine_runs GROUP BY trigger_name, outcome ORDER BY trigger_name")


def generate(batch):
    begin = 1_700_000_000_000_000_000
    first = batch * BATCH
    return "\n".join(f"cpu,host=host_{i % HOSTS},region=r{i % 7} usage_user={i % 97}i,usage_system={(i * 7) % 89 / 2},load={i % 13 / 4} "
                     f"{begin + i // HOSTS * 1_000_000_000}" for i in range(first, first + BATCH)).encode()


def write_million(server):
    say("4. A million generated rows, in writes of 10,000 over 2 connections, each acknowledged when it is on the disk")
    server.cli("create", "database", "load")
    bodies = [generate(batch) for batch in range(ROWS // BATCH)]
    failures = []

    def send(part):
        connection = http.client.HTTPConnection(server.address)
        for body in part:
            connection.request("POST", "/api/v3/write_lp?db=load&precision=ns", body)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 204:
                failures.append(f"{answer.status} {text[:200]!r}")
                return

    threads = [threading.Thread(target=send, args=(bodies[i::2],)) for i in range(2)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if failures:
        sys.exit("a write failed: " + failures[0])
    note(f"{ROWS:,} rows in {took:.2f} s: {ROWS / took:,.0f} rows per second, durable")
    sql = "SELECT region, count(*) AS n, avg(usage_user) AS mean_user, max(load) AS max_load FROM cpu GROUP BY region ORDER BY region"
    server.show("load", sql)
    connection = http.client.HTTPConnection(server.address)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        connection.request("POST", "/api/v3/query_sql", '{"db":"load","q":"%s"}' % sql)
        connection.getresponse().read()
        times.append(time.perf_counter() - began)
    note(f"that query over {ROWS:,} rows: {sorted(times)[2] * 1000:.1f} ms (median of 5)")


def print_keep(server):
    say("The server is still running. Try:")
    tidemill = shlex.quote(server.binary)
    lines = [f"export INFLUXDB3_HOST_URL={server.url}",
             f"{tidemill} write -d weather \"weather,location=Seattle temp_max=41.5\"",
             f"{tidemill} query -d weather \"SELECT date_bin(INTERVAL '30 days', time) AS month, location, avg(temp_max) AS high "
             "FROM weather WHERE time >= '2015-01-01' GROUP BY month, location ORDER BY month, location\"",
             f"{tidemill} query -d weather \"SELECT * FROM alerts ORDER BY value DESC LIMIT 5\"",
             f"{tidemill} query -d weather \"SELECT time, log_level, log_text FROM system.processing_engine_logs ORDER BY time DESC LIMIT 5\"",
             f"{tidemill} show system -d weather table-list",
             f"{tidemill} disable trigger -d weather heat_alert"]
    if shutil.which("curl"):
        lines.append(f"curl '{server.url}/api/v3/query_sql?db=weather&q=SHOW%20TABLES&format=pretty'")
    for line in lines:
        print(line)
    print(f"\nplugins: {os.path.join(server.scratch, 'plugins')} (edit one: the next run uses it)")
    print(f"log:     {server.log_path}")
    # Its last flush must be over before its directory goes.
    print(f"stop:    kill {server.process.pid}; tail --pid={server.process.pid} -f /dev/null; rm -r {server.scratch}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="directory of the tidemill binary")
    parser.add_argument("--data", required=True, help="the vega-datasets package")
    parser.add_argument("--keep", action="store_true", help="leave the server running and print what to try next")
    args = parser.parse_args()

    began = time.perf_counter()
    scratch = tempfile.mkdtemp(prefix="tidemill-demo-")
    say("Tidemill: a write turns the mill")
    server = Server(os.path.abspath(args.bin), scratch)
    keep = False
    try:
        note(f"serving on {server.url}")
        write_weather(server, args.data)
        write_million(server)
        keep = args.keep
        say(f"Done in {time.perf_counter() - began:.1f} s")
        if keep:
            print_keep(server)
    finally:
        if not keep:
            server.stop()
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
