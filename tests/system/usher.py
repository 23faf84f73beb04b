"""The daemon under test: configured, started, asked, stopped and inspected.

    with Daemon(Service("greet", ["probe", "report"])) as daemon:
        answer = ask(daemon["greet"].address)

A Daemon lives in a directory of its own, on addresses of its own. Leaving the
block is itself a test: no session may be left, as many descriptors must be open
as at the start, no zombie, exit status 0 on TERM, control socket gone, no line
in the log that the test did not announce (`expect`), no sanitizer's report.

The environment says what is tested: USHERD_BUILD and USHERD_SRC are the build
and the source tree, USHERD_WRAPPER is put before usherd (it must exec), and
USHERD_TEST_SLOW multiplies every deadline."""

import collections
import ctypes
import functools
import json
import os
import pwd
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import client
import procfs
from tap import SLOW, Skipped, check, note, skip

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.abspath(os.environ.get("USHERD_SRC", os.path.join(HERE, "..", "..")))
BUILD = os.path.abspath(os.environ.get("USHERD_BUILD", os.getcwd()))
WRAPPER = shlex.split(os.environ.get("USHERD_WRAPPER", ""))
if WRAPPER:
    WRAPPER[0] = shutil.which(WRAPPER[0]) or WRAPPER[0]
ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")

# The lines that need no announcement: messages below a warning, and the records of
# sessions that ended. All else must be expected, a handler's own words too.
PLAIN = re.compile(
    r"(\d{4}-\d\d-\d\dT\S+Z (info|debug): "
    r"|time=\S+ event=(start|end) "
    r'|\{"time":"[^"]+","(level":"(info|debug)|event":"(start|end))")')
# Said of nearly every configuration here, for most services are nobody's; and by a slow machine.
USUAL = re.compile(r"warning: (service .* shares the account|the loop was held up for)")
# Ends of pipes for standard error that a service keeps for its next sessions.
PIPE_ENDS = 2 * 16
SANITIZER = re.compile(r"(Address|Leak|UndefinedBehavior|Thread|Memory)Sanitizer|runtime error:"
                       r"|^==\d+== ", re.MULTILINE)


def wait_for(condition, what, deadline=10.0):
    """The first true value of condition(); fails after `deadline` seconds."""
    end = time.monotonic() + deadline * SLOW
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < end, f"waited {deadline * SLOW:g} s in vain: {what}")
        time.sleep(0.005)


def program(name):
    """The path of a program of the build tree. One that is missing is a failure: where
    nothing was built, nothing was tested."""
    for folder in ("", "daemon", "daemon/tools", "handlers", "tests/system", "tests/bench"):
        path = os.path.join(BUILD, folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return check(False, f"{name} is not in {BUILD} (USHERD_BUILD)")


def installed(name):
    """The path of a program of the system; skips when there is none."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return path or skip(f"{name} is not installed")


@functools.lru_cache(None)
def sanitized():
    """Built with sanitizers: all is slower, and memory is another matter."""
    done = subprocess.run([program("usherd"), "-V"], stdout=subprocess.PIPE, check=False)
    return b"sanitizers=yes" in done.stdout


def in_short():
    """Long floods are whole in the run of root without sanitizers; the others say the same
    in a part of the time."""
    return not ROOT or bool(WRAPPER) or sanitized()


def in_full():
    """`make check-long`: load for as long as it takes to be sure, not just to notice."""
    return bool(os.environ.get("USHERD_TEST_FULL"))


def need_root():
    if not ROOT:
        skip("needs root")


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def need_bare():
    """Some things are not as they are where a wrapper stands between."""
    if WRAPPER:
        skip(f"not under {os.path.basename(WRAPPER[0])}")


def need_sandbox(sandbox="standard"):
    """Valgrind answers for the kernel that it has no filters; for other machines there is none."""
    if sandbox != "none" and WRAPPER:
        skip(f"no sandbox under {os.path.basename(WRAPPER[0])}")
    if sandbox != "none" and os.uname().machine not in ("x86_64", "aarch64"):
        skip("no filter of system calls for this machine")
    if sandbox == "strict":
        need_landlock()
        done = subprocess.run(["unshare", "-Unipm", "--fork", "--mount-proc", "true"], check=False,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            skip("no namespaces for an ordinary user here: " + done.stderr.strip())


def landlock_version():
    """Of the kernel's Landlock (its ABI); 0: it has none."""
    create_ruleset, version = 444, 1
    return max(0, ctypes.CDLL(None).syscall(create_ruleset, None, ctypes.c_size_t(0), version))


def need_landlock(version=1):
    if WRAPPER:
        skip(f"no Landlock under {os.path.basename(WRAPPER[0])}")
    if landlock_version() < version:
        skip(f"this kernel's Landlock is version {landlock_version()}, not {version}")


def need_loopback():
    """In some build chroots even the loopback interface is down."""
    try:
        with socket.socket() as server, socket.socket() as sock:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            sock.settimeout(5)
            sock.connect(server.getsockname())
    except OSError as error:
        skip(f"the loopback interface does not work: {error}")


def need_ipv6():
    if not have_ipv6():
        skip("no IPv6 here")


def account(*names):
    """The first of these accounts that exists."""
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return skip(f"no account {' or '.join(names)}")


def unused_uid():
    """A uid without account and without processes: limits per user are ours alone."""
    for _ in range(100):
        uid = random.randrange(200000, 2000000)
        try:
            pwd.getpwuid(uid)
        except KeyError:
            if not procfs.processes_of(uid):
                return uid
    return skip("no unused uid found")


class _Addresses:
    """Loopback addresses of this process, ports that nobody else has."""

    def __init__(self):
        pid = os.getpid()
        self.network = f"127.{1 + pid // 250 % 250}.{1 + pid % 250}"
        self.random = random.Random(pid * 7919 + int(time.time()))
        self.given = set()

    def host(self, number=1):
        return f"{self.network}.{number}"

    def port(self):
        """Below the ephemeral range and free on every address, both families."""
        for _ in range(200):
            port = self.random.randrange(10240, 30000)
            if port in self.given:
                continue
            try:
                with socket.socket() as four:
                    four.bind(("0.0.0.0", port))
                if have_ipv6():
                    with socket.socket(socket.AF_INET6) as six:
                        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                        six.bind(("::", port))
                self.given.add(port)
                return port
            except OSError:
                continue
        return skip("no free port found")


addresses = _Addresses()


def quoted(text):
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return '"' + text + '"'


def value_text(value):
    """A Python value as usherd.conf(5) wants it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(value_text(item) for item in value) + "}"
    return str(value) if isinstance(value, int) else quoted(str(value))


class Service:
    """One `service` section. Without `listen` it gets a TCP address of its own."""

    def __init__(self, name, exec, listen=None, address=None, **options):
        self.name = name
        self.exec = [exec] if isinstance(exec, str) else exec
        self.address = address
        if listen is None:
            port = addresses.port()
            self.address = (addresses.host(), port)
            listen = f"{self.address[0]}:{port}"
        self.listen = [listen] if isinstance(listen, str) else listen
        self.options = options

    def text(self):
        lines = [f'service "{self.name}" {{', f"\tlisten = {value_text(self.listen)}",
                 f"\texec = {value_text(self.exec)}"]
        lines += [f"\t{key} = {value_text(value)}" for key, value in self.options.items()]
        return "\n".join(lines + ["}", ""])


def become_subreaper():
    """Handlers that outlive a daemon come to us, and not to nobody."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def sweep(keep=()):
    """Ends and reaps every process that has come to us."""
    left = [pid for pid in procfs.children(os.getpid()) if pid not in keep]
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    # A usherd-cell waits for its handler: the younger ones first.
    for pid in sorted(left, reverse=True):
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            pass


class Gate:
    """A FIFO at which handlers wait (probe's mode `hold`) until open() lets all go."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="usherd-gate-")
        os.chmod(self.dir, 0o755)
        self.path = os.path.join(self.dir, "fifo")
        os.mkfifo(self.path)
        os.chmod(self.path, 0o666)
        self.fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)

    def open(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open()
        shutil.rmtree(self.dir, ignore_errors=True)


class Control:
    """The result of one usherctl."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as error:
            check(False, f"usherctl -j printed no JSON: {error}", self.out, self.err)


class Daemon:
    def __init__(self, *services, top="", config=None, expect=(), uid=None, args=(), env=None,
                 before=None, fds=(), user=None, log="", survive=False):
        """top: configuration lines before the services; config: the whole text.
        expect: patterns of log lines that are no fault. uid: started as that uid
        (root only). before: called in the process that becomes usherd, which inherits
        `fds`. user: the supervisor's account. survive: sessions may be left at the end."""
        self.services = {service.name: service for service in services}
        self.top, self.config, self.log_options = top, config, log
        self.expect = [re.compile(pattern) for pattern in expect]
        self.uid, self.args, self.env, self.before = uid, list(args), env, before
        self.fds, self.survive = fds, survive
        self.root = ROOT and uid is None
        self.user = user or self.root and account("usherd", "daemon", "bin").pw_name
        self.process = None
        self.at_start = None
        self.dir = tempfile.mkdtemp(prefix="usherd-test-")
        os.chmod(self.dir, 0o755)
        if uid is not None:
            os.chown(self.dir, uid, uid)
        self.log_path = self.path("log")
        self.control = self.path("run/control")

    def __getitem__(self, name):
        return self.services[name]

    def add(self, service):
        """For services that need a path of the daemon's own directory."""
        self.services[service.name] = service

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text, mode=0o644):
        """A file in the daemon's directory that every account can read."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def room(self, name):
        """A directory that the supervisor's account may write in."""
        path = self.path(name)
        os.makedirs(path)
        os.chmod(path, 0o755)
        if self.root:
            owner = pwd.getpwnam(self.user)
            os.chown(path, owner.pw_uid, owner.pw_gid)
        elif self.uid is not None:
            os.chown(path, self.uid, self.uid)
        return path

    # Start.

    def configuration(self):
        if self.config is not None:
            return self.config
        lines = [f"control = {quoted(self.control)}"]
        if self.root:
            lines.append(f"user = {quoted(self.user)}")
        if self.log_options:
            lines.append("log { " + self.log_options + " }")
        return "\n".join(lines + [self.top] + [s.text() for s in self.services.values()]) + "\n"

    def prepare(self):
        """Programs where every account can start them, and the configuration."""
        os.makedirs(self.path("handlers"), exist_ok=True)
        os.chmod(self.path("handlers"), 0o755)
        for folder, names in (("handlers", os.listdir(os.path.join(BUILD, "handlers"))),
                              ("tests/system", ["probe", "escape", "trespass"]),
                              ("tests/bench", ["nano"])):
            for name in names:
                built = os.path.join(BUILD, folder, name)
                if os.path.isfile(built) and os.access(built, os.X_OK):
                    shutil.copy(built, self.path("handlers", name))
                    os.chmod(self.path("handlers", name), 0o755)
        return self.write("usherd.conf", self.configuration())

    def rewrite(self):
        """The configuration as the services are now, in one step: a reload may be reading."""
        self.write("usherd.conf.new", self.configuration())
        os.rename(self.path("usherd.conf.new"), self.path("usherd.conf"))

    def reload(self, *services, drop=(), again=True):
        """Adds and replaces services, drops others, and reloads; what usherctl says."""
        for name in drop:
            del self.services[name]
        for service in services:
            self.add(service)
        if again:
            self.rewrite()
        return self.ctl("reload")

    def command(self):
        return WRAPPER + [program("usherd"), "-c", self.path("usherd.conf"),
                          "-H", self.path("handlers")] + self.args

    def spawn(self):
        """Starts usherd and does not wait until it is ready."""
        need_loopback()
        command = self.command()
        self.prepare()
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.dir,
               **{key: value for key, value in os.environ.items()
                  if key.startswith(("ASAN_", "UBSAN_", "LSAN_", "VALGRIND", "USHERD_FAULTS",
                                     "GCOV_"))}}
        env.update(self.env or {})
        ids = {} if self.uid is None else {"user": self.uid, "group": self.uid,
                                           "extra_groups": []}
        become_subreaper()
        for fd in self.fds:
            os.set_inheritable(fd, True)
        with open(self.log_path, "ab") as log:
            os.chmod(self.log_path, 0o644)
            self.process = subprocess.Popen(  # ended by stop() or kill()
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                env=env, preexec_fn=self.before, close_fds=False, **ids)
        return self

    def start(self):
        self.spawn()
        wait_for(self.ready, "usherd answers on its control socket", 15)
        self.at_start = self.steady_descriptors()
        return self

    def ready(self):
        """Its control socket is there from early on; it is answered when all is open."""
        if self.process.poll() is not None:
            check(False, f"usherd ended at start with status {self.process.returncode}",
                  self.log())
        try:
            with client.connect(self.control) as sock:
                sock.sendall(b"status\n")
                sock.shutdown(socket.SHUT_WR)
                return bool(client.read_all(sock))
        except OSError:
            return False

    def steady_descriptors(self):
        """Its descriptors once our own question is gone from among them."""
        found = None
        for _ in range(50):
            before, found = found, procfs.descriptors(self.pid)
            if before == found:
                break
            time.sleep(0.005)
        return found

    @property
    def pid(self):
        return self.process.pid

    # Ask.

    def ctl(self, *args, plain=False):
        """usherctl with -j, or without."""
        command = [program("usherctl")] + ([] if plain else ["-j"]) + ["-s", self.control]
        return Control(subprocess.run(command + list(args), stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, check=False,
                                      timeout=20 * SLOW))

    def metrics(self):
        """Every sample of `usherctl metrics`, checked for form; see prometheus.py."""
        import prometheus
        asked = self.ctl("metrics", plain=True)
        check(asked.status == 0, f"usherctl metrics: exit {asked.status}", asked.err)
        return prometheus.parse(asked.out)

    def metric(self, name, **labels):
        """The value of one sample; 0 when there is none (nothing happened yet)."""
        return self.metrics().get((name, frozenset(labels.items())), 0)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def log_lines(self, pattern):
        return [line for line in self.log().splitlines() if re.search(pattern, line)]

    def wait_log(self, pattern, count=1, deadline=10.0):
        return wait_for(lambda: (found := self.log_lines(pattern)) and len(found) >= count
                        and found, f"{count} x {pattern!r} in the log:\n{self.log()[-3000:]}",
                        deadline)

    def sessions(self):
        """Pids of the handlers that run."""
        return [pid for pid in procfs.children(self.pid)
                if procfs.state(pid) != "Z" and procfs.name(pid) != "usherd-cell"]

    def wait_sessions(self, count, deadline=15.0):
        wait_for(lambda: len(self.sessions()) == count,
                 f"{count} sessions (there are {len(self.sessions())})", deadline)

    def send(self, number):
        os.kill(self.pid, number)

    # Stop.

    def stop(self, number=signal.SIGTERM, deadline=15.0):
        """Signals usherd and returns its exit status."""
        if self.process.poll() is None:
            self.send(number)
        try:
            return self.process.wait(deadline * SLOW)
        except subprocess.TimeoutExpired:
            check(False, f"usherd does not end {deadline * SLOW:g} s after signal {number}",
                  self.log()[-3000:])

    def verify(self):
        """What must be true of a daemon that has nothing to do any more."""
        if not self.survive:
            self.wait_sessions(0)
        wait_for(lambda: not procfs.zombies(self.pid),
                 f"no zombies (there are {len(procfs.zombies(self.pid))})", 5)
        if self.at_start is not None and not self.survive and not WRAPPER:
            wait_for(lambda: not self.new_descriptors(), "no more descriptors than at the start, "
                     f"but there are {self.new_descriptors()}", 5)

    def new_descriptors(self):
        """{what: how many} that were not open at the start. Pipes may be kept by a service."""
        def kinds(found):
            # A file may be opened anew, so it is its name that counts and not its number.
            return collections.Counter(re.sub(r"^(socket|pipe|user|net|ipc):.*", r"\1", what)
                                       for what in (found or {}).values())
        found = kinds(procfs.descriptors(self.pid)) - kinds(self.at_start)
        if found["pipe"] <= PIPE_ENDS * max(1, len(self.services)):
            del found["pipe"]
        return dict(found)

    def verify_end(self, status=0):
        check(status == 0, f"exit status {status} on TERM", self.log()[-3000:])
        check(not os.path.exists(self.control), "the control socket is left behind")
        self.verify_log()

    def verify_log(self):
        text = self.log()
        check(not SANITIZER.search(text), "a sanitizer speaks", text[-6000:])
        strange = [line for line in text.splitlines() if not PLAIN.match(line)
                   and not any(p.search(line) for p in [USUAL, *self.expect])]
        check(not strange, "unexpected lines in the log", *strange[:10])

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        sweep()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind, error, trace):
        try:
            if kind is None and self.process.returncode is None:
                self.verify()
                self.verify_end(self.stop())
            elif kind is None:
                self.verify_log()
            elif self.process and kind is not Skipped:
                note("the end of the log:\n" + self.log()[-2000:])
        finally:
            self.kill()


def furnish(daemon, *programs):
    """A root directory (`root`) with these programs in /bin, and the libraries that they need."""
    root = daemon.path("jail")
    for folder in ("bin", "srv"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for name in programs:
        built = program(name)
        shutil.copy(built, os.path.join(root, "bin", name))
        done = subprocess.run(["ldd", built], stdout=subprocess.PIPE, text=True, check=False,
                              stderr=subprocess.DEVNULL)
        for path in re.findall(r"(/\S+) \(0x", done.stdout):
            os.makedirs(root + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, root + path)
    return root


def report_of(answer):
    """A probe's report: {key: [values as bytes turned to text]}."""
    from urllib.parse import unquote
    found = {}
    for line in answer.decode().splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, []).append(unquote(value, errors="surrogateescape"))
    return found


def environment_of(report):
    return dict(entry.split("=", 1) for entry in report.get("env", []))


def in_namespace(*options):
    """Runs the test file again, as root, in namespaces of its own (see unshare(1)).

    Called before any case: where that cannot be, the whole file is skipped."""
    if os.environ.get("USHERD_TEST_NAMESPACE"):
        return
    command = ["unshare", "--fork", "--kill-child", *options]
    reason = None
    if not ROOT:
        reason = "needs root"
    elif not shutil.which("unshare"):
        reason = "unshare is not installed"
    elif subprocess.run(command + ["true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                        check=False).returncode:
        reason = f"{' '.join(command)} is not possible here"
    if reason:
        print(f"1..0 # SKIP {reason}")
        sys.exit(0)
    os.environ["USHERD_TEST_NAMESPACE"] = "1"
    os.execvp(command[0], command + [sys.executable, *sys.argv])
