#!/usr/bin/python3
"""Measures the bars of the write path: run.py [NAME ...] [--rounds N]; `list` says what there is."""
import argparse
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

NAMES = ("write", "latency", "restart", "series", "churn")


def first_sentence(module):
    return module.__doc__.strip().splitlines()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which bars; none: all of them", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    unknown = set(options.names) - {*NAMES, "list"}
    if unknown:
        parser.error(f"unknown bar {sorted(unknown)[0]!r}: expected one of {', '.join(NAMES)} or list")
    modules = {name: importlib.import_module("bars." + name) for name in NAMES}
    if "list" in options.names:
        for name, module in modules.items():
            print(f"{name:<10}{first_sentence(module)}")
        return
    from bars import kit
    kit.prepare()
    for name in options.names or NAMES:
        print(f"\n{name}: {first_sentence(modules[name])}", flush=True)
        kit.print_table(modules[name].run(options.rounds))


if __name__ == "__main__":
    main()
