"""What /proc says about processes: the daemon's, and only ours."""

import os
import resource
import time

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/PID/stat after the command; [] when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def state(pid):
    """One letter (R S D T Z), or '' when there is no such process."""
    fields = _stat(pid)
    return fields[0] if fields else ""


def name(pid):
    """Of the program that it runs, or ran."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def parent(pid):
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def children(pid):
    """Pids of the living and the dead children of a process."""
    return [int(entry) for entry in os.listdir("/proc")
            if entry.isdigit() and parent(entry) == pid]


def zombies(pid):
    return [child for child in children(pid) if state(child) == "Z"]


def cpu_seconds(pid):
    """User and system time of the process itself, not of its children."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICK if fields else 0.0


def descriptors(pid):
    """{number: what it is}, or None where the kernel does not let us look."""
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return None
    found = {}
    for number in numbers:
        try:
            found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            pass
    return found


def status(pid):
    """/proc/PID/status as a dictionary of texts."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return {key: value.strip() for key, _, value in
                (line.partition(":") for line in file)}


def processes_of(uid):
    """How many processes RLIMIT_NPROC would count for a user."""
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            pass
    return count


def hard_limit(name):
    """The hard limit by usherd's name for it; -1 is none."""
    names = {"as": "AS", "core": "CORE", "cpu": "CPU", "data": "DATA", "files": "NOFILE",
             "fsize": "FSIZE", "memlock": "MEMLOCK", "nproc": "NPROC", "rss": "RSS",
             "stack": "STACK"}
    return resource.getrlimit(getattr(resource, "RLIMIT_" + names[name]))[1]


def raise_descriptor_limit():
    """As many descriptors as we may have; returns how many that is."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def idle_share(pid, seconds):
    """The share of one CPU that a process takes while nothing happens for so long."""
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began)


def resident_kib(pid):
    return int(status(pid)["VmRSS"].split()[0])
