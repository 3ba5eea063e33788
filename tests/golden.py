#!/usr/bin/env python3
"""Golden transcripts against the real server: what goes over the wire, in SQL, on the terminal, into plugins.

  golden.py --bin DIR [--update] [PATH ...]

A PATH is a transcript or a folder of them; the default is every transcript below tests/. Each file gets a
server of its own with an empty directory. The kinds, by name:

  tests/http/*.http      exchanges separated by a line ====: request line, headers, body, ----, status, body
  tests/plugins/*/case.http   the same; the folder is the plugin directory
  tests/slt/*.slt        blocks separated by blank lines: `write DB`, `query DB` or `error DB`, ----, expected
  tests/cli/*.txt        `$ tidemill …` and what it prints; `[exit N]` where it is not 0. A command goes on over
                         lines that end in a backslash; `<<< 'text'` or `<<< $'line\\nline'` is its standard input

`<any>` in an expectation matches any text. A request line that begins with EVENTUALLY is repeated for up
to 20 s until its answer is as expected: plugins run when they run. A first line `#! --flag value` adds
flags to the server's.
"""
import argparse
import difflib
import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

TESTS = os.path.dirname(os.path.abspath(__file__))
EVENTUALLY_SECONDS = 20


def matches(expected, actual):
    pattern = ".*?".join(re.escape(part) for part in expected.rstrip("\n").split("<any>"))
    return re.fullmatch(pattern, actual.rstrip("\n"), re.DOTALL) is not None


class Server:
    def __init__(self, bin_dir, plugin_dir=None, arguments=()):
        self.binary = os.path.join(bin_dir, "tidemill")
        self.scratch = tempfile.mkdtemp(prefix="tidemill-golden-")
        self.log_path = os.path.join(self.scratch, "server.log")
        command = [self.binary, "serve", "--node-id", "golden", "--object-store", "file", "--data-dir",
                   os.path.join(self.scratch, "data"), "--http-bind", "127.0.0.1:0", "--without-auth", *arguments]
        if plugin_dir:
            shutil.copytree(plugin_dir, os.path.join(self.scratch, "plugins"))
            command += ["--plugin-dir", os.path.join(self.scratch, "plugins")]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("INFLUXDB3_") and k != "VIRTUAL_ENV"}
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment)
        self.address = self._wait_for_address()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def _wait_for_address(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"http://([0-9.]+:[0-9]+)", self.log())
            if found:
                return found.group(1)
            time.sleep(0.02)
        raise RuntimeError("the server did not start:\n" + self.log())

    def send(self, method, target, headers, body):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, target, body.encode("utf-8", "surrogateescape"), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "surrogateescape")
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the server did not stop within 30 s:\n" + self.log()) from None
        if code != 0:
            raise RuntimeError(f"the server ended with {code}:\n" + self.log())
        shutil.rmtree(self.scratch, ignore_errors=True)


def run_http(server, text):
    """Yields (what, expected, actual, text of the block with the actual answer)."""
    blocks = []
    for block in text.split("\n====\n"):
        head, _, expected = block.partition("\n----\n")
        lines = head.split("\n")
        comments = []
        while lines[0].startswith("#") or not lines[0].strip():
            comments.append(lines.pop(0))
        words = lines[0].split(" ")
        eventually = words[0] == "EVENTUALLY"
        method, target = words[1 if eventually else 0], words[2 if eventually else 1]
        headers, body_at = {}, 1
        while body_at < len(lines) and re.match(r"^[A-Za-z-]+: ", lines[body_at]):
            name, value = lines[body_at].split(": ", 1)
            headers[name] = value
            body_at += 1
        body = "\n".join(lines[body_at:])
        if body.startswith("{") and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        deadline = time.monotonic() + (EVENTUALLY_SECONDS if eventually else 0)
        while True:
            status, answer = server.send(method, target, headers, body)
            actual = f"{status}\n{answer}" if answer else f"{status}"
            if matches(expected, actual) or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        blocks.append((" ".join(words), expected, actual, "\n".join(comments + lines) + "\n----\n" + actual.rstrip("\n")))
    return blocks, "\n====\n"


def run_slt(server, text):
    blocks = []
    for block in re.split(r"\n\n+", text.strip("\n")):
        comments = [line for line in block.split("\n") if line.startswith("#")]
        lines = [line for line in block.split("\n") if not line.startswith("#")]
        if not lines:
            blocks.append(("comment", "", "", "\n".join(comments)))
            continue
        words = lines[0].split(" ")
        kind, database = words[0], words[1]
        head, _, expected = "\n".join(lines[1:]).partition("\n----")
        expected = expected.lstrip("\n")
        if kind == "write":
            status, answer = server.send("POST", f"/api/v3/write_lp?db={database}&precision=ns", {}, head)
            blocks.append((lines[0], "204", str(status) + answer, "\n".join(comments + lines)))
            continue
        style = words[2] if len(words) > 2 else "csv"
        target = "/api/v3/query_sql?" + urllib.parse.urlencode({"db": database, "q": head, "format": style})
        status, answer = server.send("GET", target, {}, "")
        actual = answer.rstrip("\n")
        if (status == 200) != (kind == "query"):
            actual = f"[{status}] {actual}"
        blocks.append((head, expected, actual, "\n".join(comments + lines[:1]) + "\n" + head + "\n----\n" + actual))
    return blocks, "\n\n"


def run_cli(server, text):
    blocks = []
    for block in filter(None, re.split(r"(?m)^(?=\$ |# )", text)):
        if not block.startswith("$ "):
            blocks.append(("comment", "", "", block.rstrip("\n")))
            continue
        command, _, expected = block.partition("\n")
        while command.endswith("\\"):
            more, _, expected = expected.partition("\n")
            command += "\n" + more
        line = command[2:].replace("\\\n", " ")
        standard_input = None
        if " <<< " in line:
            line, given = line.rsplit(" <<< ", 1)
            standard_input = shlex.split(given.removeprefix("$"))[0]
            if given.startswith("$"):
                standard_input = standard_input.replace("\\n", "\n")
        words = shlex.split(line)
        if words[0] in ("tidemill", "influxdb3"):
            words[0] = os.path.join(os.path.dirname(server.binary), words[0])
        environment = {k: v for k, v in os.environ.items() if not k.startswith("INFLUXDB3_")}
        environment["INFLUXDB3_HOST_URL"] = "http://" + server.address
        done = subprocess.run(words, input=standard_input, stdin=None if standard_input is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment, cwd=server.scratch, timeout=60)
        actual = done.stdout.rstrip("\n")
        if done.returncode != 0:
            actual += ("\n" if actual else "") + f"[exit {done.returncode}]"
        blocks.append((command, expected.rstrip("\n"), actual, command + ("\n" + actual if actual else "")))
    return blocks, "\n"


def run_file(path, bin_dir, update):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    plugins = os.path.dirname(path) if os.path.basename(path) == "case.http" else os.path.join(TESTS, "..", "examples", "plugins")
    extra = text.split("\n", 1)[0][3:].split() if text.startswith("#! ") else []
    server = Server(bin_dir, plugins, extra)
    runner = {".http": run_http, ".slt": run_slt, ".txt": run_cli}[os.path.splitext(path)[1]]
    failures = []
    try:
        blocks, separator = runner(server, text)
    finally:
        log = server.log()
        server.stop()
    for what, expected, actual, _ in blocks:
        if not matches(expected, actual):
            diff = difflib.unified_diff(expected.split("\n"), actual.split("\n"), "expected", "actual", lineterm="")
            failures.append(f"{os.path.relpath(path, TESTS)}: {what}\n" + "\n".join(diff))
    if failures and update:
        def kept(block):
            what, expected, actual, rewritten = block
            if not matches(expected, actual) or not rewritten.endswith(actual.rstrip("\n")) or not actual:
                return rewritten
            return rewritten[:len(rewritten) - len(actual.rstrip("\n"))] + expected.rstrip("\n")
        with open(path, "w", encoding="utf-8") as file:
            file.write(separator.join(kept(block) for block in blocks).rstrip("\n") + "\n")
    if failures and not update:
        failures.append("server log:\n" + log[-3000:])
    return len(blocks), failures


def transcripts(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
            continue
        for folder, _, names in sorted(os.walk(path)):
            for name in sorted(names):
                if name.endswith((".http", ".slt")) or (name.endswith(".txt") and os.path.basename(folder) == "cli"):
                    yield os.path.join(folder, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--update", action="store_true", help="rewrite what differs")
    parser.add_argument("paths", nargs="*", default=[TESTS])
    args = parser.parse_args()
    checked, failed = 0, 0
    for path in transcripts(args.paths):
        try:
            count, failures = run_file(path, os.path.abspath(args.bin), args.update)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            count, failures = 0, [f"{path}: {error}"]
        checked += count
        failed += len(failures) > 0
        print(("updated " if failures and args.update else "FAILED " if failures else "ok ") + os.path.relpath(path, TESTS), flush=True)
        if not args.update:
            print("\n".join(failures), end="\n" if failures else "", flush=True)
    print(f"{checked} exchanges, {failed} transcripts differ")
    return 1 if (failed and not args.update) or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
