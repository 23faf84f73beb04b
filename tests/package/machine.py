"""A Debian that boots under systemd-nspawn, for the packages to be installed in.

The root file system is made once by debootstrap, below USHERD_PACKAGE_CACHE
(/var/cache/usherd-package if there is none), and never written to: each Machine
has an overlay of its own, which is gone with it. It has no network but its own
loopback, which join_network() makes this process's, too, so that the clients of
tests/system can be used."""

import ctypes
import os
import shutil
import subprocess
import tempfile
import time

from tap import SLOW, Failed, check, note, skip

CACHE = os.environ.get("USHERD_PACKAGE_CACHE", "/var/cache/usherd-package")
MIRROR = os.environ.get("USHERD_PACKAGE_MIRROR", "http://deb.debian.org/debian")
# What the packages depend on, a service manager, and what the test calls.
INCLUDE = "systemd-sysv,dbus,udev,curl,libconfuse2,libcap2,update-inetd,iproute2,procps"
CLONE_NEWNET = 0x40000000


def needs():
    """Skips where no container can be booted."""
    if os.geteuid() != 0:
        skip("needs root")
    for name, package in (("systemd-nspawn", "systemd-container"), ("nsenter", "util-linux"),
                          ("dpkg-deb", "dpkg")):
        if not shutil.which(name):
            skip(f"{name} is not installed (Debian: {package})")


def root_of(suite):
    """The cached root file system; makes it where it is not there."""
    path = os.path.join(CACHE, suite)
    if os.path.isdir(path):
        return path
    if not shutil.which("debootstrap"):
        skip("debootstrap is not installed")
    os.makedirs(CACHE, exist_ok=True)
    made = tempfile.mkdtemp(prefix=f".{suite}-", dir=CACHE)
    os.chmod(made, 0o755)
    done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={INCLUDE}", suite, made,
                           MIRROR], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        shutil.rmtree(made)
        skip(f"debootstrap {suite} failed: {done.stdout.decode().splitlines()[-1:]}")
    os.rename(made, path)
    return path


def own_cgroups():
    """Where nspawn, told to keep its unit, makes its cgroups: below ours, in each hierarchy."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        paths = [line.strip().split(":", 2) for line in file]
    for _, names, path in paths:
        for mount in ("unified", "systemd", "") if names in ("", "name=systemd") else ():
            for name in ("payload", "supervisor"):
                yield os.path.join("/sys/fs/cgroup", mount, path.lstrip("/"), name)


def remove_cgroup(top):
    """With what the machine's own manager has made below it."""
    for path, _, _ in os.walk(top, topdown=False):
        for _ in range(50):
            try:
                os.rmdir(path)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.1)


class Machine:
    def __init__(self, suite):
        self.suite = suite
        self.lower = root_of(suite)
        self.dir = tempfile.mkdtemp(prefix="usherd-machine-")
        self.root = os.path.join(self.dir, "root")
        for name in ("root", "upper", "work"):
            os.mkdir(os.path.join(self.dir, name))
        self.process, self.leader = None, 0
        self.cgroups = [path for path in own_cgroups() if not os.path.isdir(path)]
        done = subprocess.run(
            ["mount", "-t", "overlay", "usherd-machine", "-o", f"lowerdir={self.lower},"
             f"upperdir={self.dir}/upper,workdir={self.dir}/work", self.root],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            shutil.rmtree(self.dir)
            skip(f"no overlay can be mounted here: {done.stdout.decode().strip()}")

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def boot(self):
        """Returns once the service manager has started all that it starts."""
        with open(os.path.join(self.dir, "console"), "ab") as console:
            self.process = subprocess.Popen(  # ended by off() or destroy()
                ["systemd-nspawn", "-q", "-D", self.root, "-M", f"usherd-{os.getpid()}",
                 "--register=no", "--keep-unit", "--boot", "--console=pipe", "--private-network"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        end = time.monotonic() + 60 * SLOW
        while time.monotonic() < end and self.process.poll() is None:
            self.leader = self.find_leader()
            if self.leader:
                state = self.run("systemctl is-system-running", None).out.split()
                if state and state[-1] in ("running", "degraded"):
                    return self
            time.sleep(0.05)
        with open(os.path.join(self.dir, "console"), errors="replace", encoding="utf-8") as console:
            note(console.read()[-2000:])
        skip(f"{self.suite} does not boot under systemd-nspawn here")
        return None

    def find_leader(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as file:
            children = file.read().split()
        return int(children[0]) if children else 0

    def join_network(self):
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.leader}/ns/net", "rb") as file:
            check(libc.setns(file.fileno(), CLONE_NEWNET) == 0, "setns", ctypes.get_errno())

    def run(self, command, status=0, seconds=60):
        """The command of a shell in the machine: .status, .out (both streams). With a number
        as status, another one is the test's failure."""
        done = subprocess.run(["nsenter", "-t", str(self.leader), "-a", "-w", "env", "-i",
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C",
                               "DEBIAN_FRONTEND=noninteractive", "sh", "-c",
                               "cd /root && " + command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=seconds * SLOW)
        done.out = done.stdout.decode(errors="replace")
        if status is not None:
            check(done.returncode == status, f"{command}: exit status {done.returncode}", done.out)
        return done

    def show(self, unit, name):
        return self.run(f"systemctl show -P {name} {unit}").out.strip()

    def off(self):
        self.run("systemctl poweroff", None)
        try:
            status = self.process.wait(60 * SLOW)
        except subprocess.TimeoutExpired as late:
            raise Failed("it does not power off") from late
        check(status == 0, f"systemd-nspawn: exit status {status}")

    def destroy(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        subprocess.run(["umount", self.root], check=False)
        for path in self.cgroups:
            remove_cgroup(path)
        shutil.rmtree(self.dir, ignore_errors=True)
