"""Programs that a test calls: clients of a service, and tools that prepare it."""

import os
import subprocess

import usher
from tap import equal


def run(*command, **options):
    """Its exit status and all that it printed."""
    env = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": "/nonexistent", "LC_ALL": "C",
           "GIT_CONFIG_NOSYSTEM": "1", **options.pop("env", {})}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=30 * usher.SLOW,
                          env=env, **options)
    return done.returncode, done.stdout.decode(errors="replace")


def succeed(*command, **options):
    """What it printed; its failure is the test's."""
    status, out = run(*command, **options)
    equal(status, 0, f"{' '.join(command)}\n{out}")
    return out
