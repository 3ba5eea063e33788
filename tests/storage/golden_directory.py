#!/usr/bin/env python3
"""Data directories of earlier builds, frozen, give the same answers for ever.

  golden_directory.py PATH_TO_TIDEMILL          opens a copy of each and compares
  golden_directory.py PATH_TO_TIDEMILL --make NAME   freezes a new one, written by that program

tests/storage/directories/<name>/ holds data/ (files, log, catalog, manifest of a killed server) and
answers.jsonl: one line a query. A format that changes gets a new directory; an old one is never edited.
"""
import glob
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
import server  # noqa: E402

DIRECTORIES = os.path.join(HERE, "directories")
QUERIES = [
    "SELECT * FROM home ORDER BY time, room, site",
    "SELECT * FROM types ORDER BY time",
    "SELECT count(*) AS n, min(v) AS low, max(v) AS high FROM wide",
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'iox' "
    "ORDER BY table_name, column_name",
    "SELECT trigger_name, plugin_filename, trigger_specification, disabled, error_behavior "
    "FROM system.processing_engine_triggers ORDER BY trigger_name",
]


def fill(connection):
    def put(lines):
        status, body = server.write(connection, "sensors", lines.encode())
        assert status == 204, body

    def ask(method, path, body):
        status, answer = server.ask(connection, method, path, body=body)
        assert status < 300, answer

    put("home,room=kitchen,site=a temp=21.5,hum=40i 1700000000000000000\nhome,room=bath temp=22.25 1700000001000000000")
    put('types f=1.5,i=-9223372036854775808i,u=18446744073709551615u,s="quoted \\" and \u00e4\u00f6\u00fc",b=true -1000000000000000001')
    put("\n".join(f"wide,host=h{i} v={i}i {i}" for i in range(500)))
    ask("POST", "/api/v3/configure/processing_engine_trigger",
        {"db": "sensors", "trigger_name": "late", "plugin_filename": "late.py", "trigger_specification": "table:home",
         "trigger_settings": {"run_async": False, "error_behavior": "retry"}, "disabled": True,
         "trigger_arguments": {"key": "value"}})


def fill_later(connection):
    for lines in ["home,room=kitchen,site=a hum=41i 1700000000000000000",  # over a row that is in a file
                  "home,room=attic temp=3,lux=7u 1700000002000000000",
                  'types s="later",b=false 1\ntypes f=-0.0 2']:
        status, body = server.write(connection, "sensors", lines.encode())
        assert status == 204, body


def answers(connection):
    return [{"query": sql, "rows": server.query(connection, "sensors", sql)} for sql in QUERIES]


def run(binary, data, log, work, end):
    plugins = os.path.join(os.path.dirname(log), "plugins")
    os.makedirs(plugins, exist_ok=True)
    with open(os.path.join(plugins, "late.py"), "w") as plugin:
        plugin.write("def process_writes(influxdb3_local, table_batches, args=None):\n    pass\n")
    running = server.Server(binary, data, ["--disk-reserve", "4096", "--plugin-dir", plugins], log)
    running.wait_until_ready()
    connection = running.connect()
    try:
        return work(connection)
    finally:
        if end == "stop":
            running.process.terminate()
            running.process.wait()
        running.end()


def cut_zeros(path):
    """A segment is allocated whole; what was not written is not worth keeping."""
    with open(path, "r+b") as file:
        content = file.read().rstrip(b"\0")
        file.truncate(len(content))


def make(binary, name):
    home = os.path.join(DIRECTORIES, name)
    data, log = os.path.join(home, "data"), os.path.join(tempfile.mkdtemp(), "server.log")
    os.makedirs(data)
    run(binary, data, log, fill, "stop")
    run(binary, data, log, fill_later, "kill")
    for segment in glob.glob(data + "/n/wal/*.wal"):
        cut_zeros(segment)
    for leftover in glob.glob(data + "/n/wal/reserve") + glob.glob(data + "/n/**/lock", recursive=True):
        os.remove(leftover)
    copy = os.path.join(os.path.dirname(log), "copy")
    shutil.copytree(data, copy)
    with open(os.path.join(home, "answers.jsonl"), "w", encoding="utf-8") as file:
        for answer in run(binary, copy, log, answers, "stop"):
            file.write(json.dumps(answer, ensure_ascii=False) + "\n")


def check(binary, name):
    scratch = tempfile.mkdtemp(prefix="tidemill-golden-directory-")
    log = os.path.join(scratch, "server.log")
    copy = os.path.join(scratch, "data")
    shutil.copytree(os.path.join(DIRECTORIES, name, "data"), copy)
    with open(os.path.join(DIRECTORIES, name, "answers.jsonl"), encoding="utf-8") as file:
        expected = [json.loads(line) for line in file]
    # Once with the log replayed, once more when all of it is in files of the new program.
    for round_name in ("as it was", "after a flush"):
        found = run(binary, copy, log, lambda connection: [
            {"query": answer["query"], "rows": server.query(connection, "sensors", answer["query"])}
            for answer in expected], "stop")
        for wanted, got in zip(expected, found):
            if wanted != got:
                print(f"FAILED  {name}, {round_name}: {wanted['query']}\n  frozen {wanted['rows']}\n  now    {got['rows']}\n  log {log}")
                return False
    print(f"ok      {name}: {len(expected)} frozen answers, twice")
    shutil.rmtree(scratch)
    return True


def main():
    binary = sys.argv[1]
    if "--make" in sys.argv:
        make(binary, sys.argv[3])
        return 0
    names = sorted(os.listdir(DIRECTORIES))
    return 0 if names and all([check(binary, name) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
