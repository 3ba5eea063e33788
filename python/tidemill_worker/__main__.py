"""Starts a worker. The control socket is descriptor 3; the server gives nothing else."""

import os
import sys


def _import_worker():
    # Last on the path: what a plugin imports must never be hidden by the worker.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from tidemill_worker import worker

    return worker


if __name__ == "__main__":
    _import_worker().main()
