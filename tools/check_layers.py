#!/usr/bin/env python3
"""Checks that every #include of src/ goes to a lower layer, and that foreign headers stay in their rooms.

Layers: src/LAYERS.txt. Files of src/testing/, tests and their helpers (test_*.h, *_fakes.h, *_for_test.h) may include anything. Exits 1 and names file
and line when something is wrong.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Headers that only these folders may include.
ROOMS = {
    r'[<"]duckdb': {"src/sql"},
    r"[<\"]Python\.h": {"python/tidemill_worker"},
    r"<boost/(beast|asio)": {"src/http"},
}


def read_layers():
    layers = {}
    with open(os.path.join(ROOT, "src", "LAYERS.txt"), encoding="utf-8") as file:
        for line in file:
            if re.match(r"^\d+ ", line):
                number, module = line.split()
                layers[module] = int(number)
    return layers


def source_files():
    for top in ("src", "python"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".h", ".cc")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def main():
    layers, wrong = read_layers(), []
    for path in sorted(source_files()):
        parts = path.split(os.sep)
        module = parts[1] if parts[0] == "src" else None
        if module == "testing" or re.search(r"_test\.cc$|/test_\w+\.h$|_fakes\.h$|_for_test\.h$|_test_util\.h$", path):
            continue
        if module is not None and module not in layers:
            wrong.append(f"{path}: module '{module}' is not in src/LAYERS.txt")
            continue
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.startswith("#include"):
                    continue
                for pattern, rooms in ROOMS.items():
                    if re.search(pattern, line) and not any(path.startswith(room) for room in rooms):
                        wrong.append(f"{path}:{number}: {line.strip()} belongs to {', '.join(sorted(rooms))} only")
                found = re.match(r'#include "([a-z_]+)/', line)
                used = found.group(1) if found else None
                if module and used in layers and used != module and layers[used] >= layers[module]:
                    wrong.append(f"{path}:{number}: '{module}' (layer {layers[module]}) may not include '{used}' (layer {layers[used]})")
                if used == "testing":
                    wrong.append(f"{path}:{number}: only tests include src/testing/")
    print("\n".join(wrong) if wrong else f"layers hold: {len(layers)} modules")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
