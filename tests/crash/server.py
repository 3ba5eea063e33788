"""The real server for the crash tests: start it, ask it, kill it; and the line that they end with.

Not a test itself.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.parse

START_LIMIT_S = 60
REQUEST_LIMIT_S = 30

ADDRESS = re.compile(r"(?:https?://)?(\d+\.\d+\.\d+\.\d+|localhost|\[[0-9a-fA-F:]+\]):(\d{2,5})\b")
LOST_CONNECTION = (OSError, http.client.HTTPException)


class Violation(Exception):
    """A promise was broken."""


class Lost(Violation):
    """Something that was acknowledged, or was seen, is not there."""


class RefusedStart(Violation):
    """The server did not start although nothing hindered it."""


def conclude(test, seed, rounds, acknowledged, violation):
    """Prints the line that every crash test ends with; its exit status. `violation` None: all held."""
    lost, refused = isinstance(violation, Lost), isinstance(violation, RefusedStart)
    wrong = violation is not None and not lost and not refused
    print(f"{test}: seed {seed}, {rounds}, {acknowledged} acknowledged, refused starts {int(refused)}, "
          f"wrong {int(wrong)}, lost {int(lost)}")
    return 0 if violation is None else 1


def show_failure(violation, log_path):
    with open(log_path, errors="replace") as log:
        print(f"FAILED: {violation}\n" + "".join(log.readlines()[-20:]))


class Server:
    def __init__(self, binary, data_dir, flags, log_path, environment=None):
        self.log = open(log_path, "ab")
        self.process = subprocess.Popen(
            [binary, "serve", "--node-id", "n", "--object-store", "file", "--data-dir", data_dir,
             "--http-bind", "127.0.0.1:0", "--without-auth", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
        self.address = None
        self.has_address = threading.Event()
        self.drain = threading.Thread(target=self._read_output, daemon=True)
        self.drain.start()

    def _read_output(self):
        for line in self.process.stdout:
            self.log.write(line)
            found = ADDRESS.search(line.decode(errors="replace"))
            if found and self.address is None:
                host = "127.0.0.1" if found[1] == "0.0.0.0" else found[1].strip("[]")
                self.address = (host, int(found[2]))
                self.has_address.set()
        self.log.flush()
        self.has_address.set()  # or there will be none

    def wait_until_ready(self):
        deadline = time.monotonic() + START_LIMIT_S
        self.has_address.wait(START_LIMIT_S)
        while time.monotonic() < deadline and self.address and self.process.poll() is None:
            try:
                connection = self.connect()
                connection.request("GET", "/ping")
                connection.getresponse().read()
                return
            except LOST_CONNECTION:
                time.sleep(0.01)
        raise RefusedStart(f"the server did not start within {START_LIMIT_S} s "
                           f"(exit status {self.process.poll()}, log {self.log.name})")

    def connect(self):
        connection = http.client.HTTPConnection(*self.address, timeout=REQUEST_LIMIT_S)
        connection.connect()
        return connection

    def kill(self):
        if self.process.poll() is not None:
            raise Violation(f"the server ended by itself with status {self.process.returncode}, "
                            f"log {self.log.name}")
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self):
        """Without asking why: for the end of a test."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.drain.join()
        self.log.close()


def ask(connection, method, path, parameters=None, body=None):
    """(status, body); a dict as `body` is sent as JSON."""
    headers = {}
    if isinstance(body, dict):
        body, headers = json.dumps(body), {"Content-Type": "application/json"}
    if parameters:
        path += "?" + urllib.parse.urlencode(parameters)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def query(connection, database, sql):
    """The rows as dicts; NULLs have no key."""
    status, body = ask(connection, "GET", "/api/v3/query_sql",
                       {"db": database, "q": sql, "format": "jsonl"})
    if status != 200:
        raise Violation(f"query answered {status}: {body[:300]!r}: {sql}")
    return [json.loads(row) for row in body.splitlines()]


def write(connection, database, lines):
    """(status, body)"""
    return ask(connection, "POST", "/api/v3/write_lp", {"db": database, "precision": "ns"}, lines)
