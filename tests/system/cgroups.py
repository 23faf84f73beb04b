"""Control groups of version 2: a group of its own for the daemon of a test.

    with Parent() as parent, Daemon(..., before=parent.enter) as daemon:

The daemon is started in the parent's group, so all that it makes is below; the
end of the block looks that nothing is left there, and removes the group."""

import os
import time

from tap import SLOW, check, skip


def _unescape(text):
    return text.encode().decode("unicode_escape")


def place():
    """The directory of the group that we are in; skips where there is none to use."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            own = [line[3:].rstrip("\n") for line in file if line.startswith("0::")]
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            mounts = [line.split(" - ") for line in file]
    except OSError as error:
        skip(f"no control groups: {error}")
    for front, back in mounts:
        root, point = front.split()[3:5]
        if back.split()[0] == "cgroup2" and own and root == "/":
            return _unescape(point) + own[0].rstrip("/")
    return skip("no control groups of version 2 are mounted here")


def controllers(path):
    with open(os.path.join(path, "cgroup.controllers"), encoding="utf-8") as file:
        return set(file.read().split())


def need(*names):
    """The controllers at the top, for what limits are for."""
    lacking = set(names) - controllers(place())
    if lacking:
        skip(f"control groups of version 2 have no {', '.join(sorted(lacking))} controller here")


class Parent:
    """A group below ours. `uid`: whose it is."""

    def __init__(self, uid=None, delegated=False, enable=()):
        self.path = os.path.join(place(), f"usherd-test-{os.getpid()}")
        self.uid, self.delegated, self.enable = uid, delegated, enable

    def __enter__(self):
        try:
            os.mkdir(self.path)
        except OSError as error:
            skip(f"no control group can be made here: {error.strerror}")
        if self.enable:
            with open(os.path.join(place(), "cgroup.subtree_control"), "w") as file:
                file.write(" ".join("+" + name for name in self.enable))
        if self.delegated:
            os.setxattr(self.path, "user.delegate", b"1")
        if self.uid is not None:
            for name in (".", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                os.chown(os.path.join(self.path, name), self.uid, self.uid)
        return self

    def enter(self, name="."):
        """For the process that calls it, and all that it becomes."""
        with open(os.path.join(self.path, name, "cgroup.procs"), "w") as file:
            file.write("0")

    def disable(self):
        """Passes no controllers on, so that processes may enter it."""
        for name in self.read("cgroup.subtree_control").split():
            with open(os.path.join(self.path, "cgroup.subtree_control"), "w") as file:
                file.write("-" + name)

    def put(self, pid, name="."):
        with open(os.path.join(self.path, name, "cgroup.procs"), "w") as file:
            file.write(str(pid))

    def groups(self):
        """All below it, by their paths from here."""
        return sorted(os.path.relpath(folder, self.path)
                      for folder, _, _ in os.walk(self.path) if folder != self.path)

    def sessions(self):
        return [name for name in self.groups() if "service-" in os.path.dirname(name)]

    def pids(self, name):
        try:
            with open(os.path.join(self.path, name, "cgroup.procs"), encoding="utf-8") as file:
                return [int(line) for line in file]
        except FileNotFoundError:
            return []

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read().strip()

    def remove(self):
        """What it removed that was there still."""
        left = self.groups()
        try:
            with open(os.path.join(self.path, "cgroup.kill"), "w") as file:
                file.write("1")
        except OSError:
            pass
        end = time.monotonic() + 5 * SLOW
        for name in left[::-1] + ["."]:
            while True:
                try:
                    os.rmdir(os.path.normpath(os.path.join(self.path, name)))
                    break
                except OSError as error:
                    check(time.monotonic() < end, f"{name} cannot be removed: {error}")
                    time.sleep(0.01)
        return left

    def __exit__(self, kind, error, trace):
        left = self.remove()
        # What only root may remove stays empty where the supervisor has dropped privileges.
        check(kind is not None or all(name.startswith("usherd") and "/" not in name
                                      for name in left), f"groups were left: {left}")
