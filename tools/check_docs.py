#!/usr/bin/env python3
"""Checks the documentation against the tree: every file that it names exists, every flag is known.

A path counts when it stands in `backticks` and begins with a folder of this project. A flag counts when it
stands in backticks and begins with `--`; it must occur in the code, with the dashes or as a quoted name.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("src/", "docs/", "python/", "tests/", "tools/", "cmake/", "examples/", "fuzz/", "bench/", ".ci/")


def tracked_text():
    names = subprocess.run(["git", "ls-files", "src", "dev", "tools", "tests", "python", "cmake"], cwd=ROOT, capture_output=True, text=True, check=True)
    text = []
    for name in names.stdout.split():
        with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
            text.append(file.read())
    return "\n".join(text)


def pages():
    yield from (name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md") if os.path.exists(os.path.join(ROOT, name)))
    for folder, _, names in os.walk(os.path.join(ROOT, "docs")):
        yield from (os.path.relpath(os.path.join(folder, name), ROOT) for name in names if name.endswith(".md"))


def exists(path):
    path = path.rstrip("/.,:")
    return any(os.path.exists(os.path.join(ROOT, base, path)) for base in ("", "src"))


def main():
    code, wrong, checked = tracked_text(), [], 0
    for page in sorted(pages()):
        with open(os.path.join(ROOT, page), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                for quoted in re.findall(r"`([^`]+)`", line):
                    if quoted.startswith(FOLDERS) and not re.search(r"[*<>{}… ]", quoted):
                        checked += 1
                        if not exists(quoted):
                            wrong.append(f"{page}:{number}: `{quoted}` does not exist")
                    flag = re.match(r"(--[a-z][a-z0-9-]+)", quoted)
                    if flag:
                        checked += 1
                        name = flag.group(1)
                        if name not in code and f'"{name[2:]}"' not in code:
                            wrong.append(f"{page}:{number}: flag `{name}` is nowhere in the code")
    print("\n".join(wrong) if wrong else f"docs hold: {checked} paths and flags")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
