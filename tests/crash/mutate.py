#!/usr/bin/env python3
"""Writes a source file of the product with one guard taken away: mutate.py MUTANT SOURCE_ROOT OUTPUT.

The format of a mutant is in mutants/README.md.
"""
import re
import sys


def read_mutant(path):
    """(source path, [(take away, put)])"""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    source = re.search(r"^source (\S+)$", text, re.M)[1]
    parts = re.split(r"^--- (?:take away|put)\n", text, flags=re.M)[1:]
    return source, list(zip(parts[0::2], parts[1::2]))


def replace_once(text, old, new, where):
    """White space does not count in `old`."""
    pattern = r"\s+".join(re.escape(word) for word in old.split())
    found = re.findall(pattern, text)
    if len(found) != 1:
        sys.exit(f"{where}: found {len(found)} times, expected once:\n{old}"
                 "the guard has moved: change the mutant with it (tests/crash/mutants/README.md)")
    return re.sub(pattern, lambda _: new.strip(), text)


def main():
    mutant, root, output = sys.argv[1:]
    source, changes = read_mutant(mutant)
    with open(f"{root}/{source}", encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        text = replace_once(text, old, new, f"{mutant}: in {source}")
    with open(output, "w", encoding="utf-8") as file:
        file.write(f'#line 1 "{source}"\n{text}')


if __name__ == "__main__":
    main()
