#!/usr/bin/env python3
"""Prints the ten longest files and functions of src/ and python/: where a second room may hide. Never fails."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def functions(lines):
    """(length, name) of blocks that begin at column 0 or 2 with a ')…{' and end with '}' at that column."""
    begin, indent, name = None, "", ""
    for number, line in enumerate(lines):
        head = re.match(r"^( {0,2})\S.*\b([A-Za-z_~]+)\(.*\{$", line)
        if begin is None and head and not re.match(r"\s*(if|for|while|switch|namespace|class|struct|enum|return)\b", line):
            begin, indent, name = number, head.group(1), head.group(2)
        elif begin is not None and line.rstrip() == indent + "}":
            yield number - begin + 1, name
            begin = None


def main():
    files, blocks = [], []
    for top in ("src", "python"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".h", ".cc", ".py")) and not name.endswith("_test.cc"):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        lines = file.read().split("\n")
                    short = os.path.relpath(path, ROOT)
                    files.append((len(lines), short))
                    blocks += [(length, f"{short}: {function}") for length, function in functions(lines)]
    for title, rows in (("longest files", files), ("longest functions", blocks)):
        print(title)
        for length, name in sorted(rows, reverse=True)[:10]:
            print(f"  {length:5} {name}")


if __name__ == "__main__":
    main()
