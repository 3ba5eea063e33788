"""The bars of the write path: what must hold, measured against a limit of the same machine in the same run.

One module per bar family, each with `run(rounds)` that returns Bar rows. Nothing here asserts a
timing: the table says what was measured, people judge. Needs the kit in ../shared/bench.
"""
