"""The servers that `run` measures, and how each is told what to serve.

A server is a name, a program, and two functions of a Job: one that gives the
text of its configuration file (or None), one that gives its command line.  It
must stay in the foreground, listen on 127.0.0.1 only, and have its own limits
raised out of the way: what is measured is speed, not caution.
"""
import os
import shutil
from dataclasses import dataclass
from typing import Callable, List, Optional


@dataclass
class Job:
    """What a server is to do: on each port, run handler with its arguments."""
    program: str
    dir: str            # of its own, for its files
    ports: List[int]
    handler: str
    args: List[str]

    @property
    def conf(self):
        return os.path.join(self.dir, "conf")

    @property
    def port(self):
        return self.ports[0]

    @property
    def handler_line(self):
        return [self.handler, *self.args]


@dataclass
class Server:
    name: str
    program: str                                  # looked for in the build, then in the path
    command: Callable[[Job], List[str]]
    conf: Optional[Callable[[Job], str]] = None   # those with one can have many services
    note: str = ""
    needs: str = ""                               # another program, in the path

    def find(self, build, path):
        if self.needs and not shutil.which(self.needs, path=path):
            return None
        built = os.path.join(build, self.program)
        if os.path.isfile(built) and os.access(built, os.X_OK):
            return built
        return shutil.which(self.program, path=path)


def quoted(words):
    return ", ".join('"%s"' % word.replace("\\", "\\\\").replace('"', '\\"') for word in words)


def usherd_conf(defaults):
    def conf(job):
        user = ' user = "root"' if os.geteuid() == 0 else ""
        lines = ["control = %s" % quoted([os.path.join(job.dir, "control")]),
                 "defaults {",
                 "  instances = 30000  per_source = 30000  queue = 30000  queue_per_source = 30000",
                 "  %s" % defaults,
                 "}"]
        lines += ['service "b%d" { listen = {"127.0.0.1:%d"} exec = {%s}%s }'
                  % (port, port, quoted(job.handler_line), user) for port in job.ports]
        return "\n".join(lines) + "\n"
    return conf


def shut_in_conf(sandbox):
    def conf(job):
        return usherd_conf('log_on_success = {}  sandbox = "%s"' % sandbox)(job).replace(
            ' user = "root"', ' user = "nobody"')
    return conf


def bwrap_conf(job):
    folder = os.path.dirname(job.handler)
    wrapped = Job(job.program, job.dir, job.ports, shutil.which("bwrap"),
                  ["--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--tmpfs", "/tmp",
                   "--proc", "/proc", "--dev", "/dev", "--ro-bind", folder, folder,
                   *job.handler_line])
    return shut_in_conf("none")(wrapped)


def xinetd_conf(job):
    args = "  server_args = %s\n" % " ".join(job.args) if job.args else ""
    text = "defaults\n{\n  instances = UNLIMITED\n  per_source = UNLIMITED\n  cps = 0 0\n}\n"
    for port in job.ports:
        text += ("service b%d\n{\n  type = UNLISTED\n  socket_type = stream\n  protocol = tcp\n"
                 "  wait = no\n  user = root\n  bind = 127.0.0.1\n  port = %d\n  server = %s\n%s}\n"
                 % (port, port, job.handler, args))
    return text


def inetd_conf(job):
    argv = " ".join([os.path.basename(job.handler), *job.args])
    return "".join("127.0.0.1:%d stream tcp nowait root %s %s\n" % (port, job.handler, argv)
                   for port in job.ports)


def usherd_command(job):
    # usherd-cell is one of the handlers of the build.
    return [job.program, "-c", job.conf, "-H", os.path.join(os.path.dirname(job.program), "handlers")]


SERVERS = [
    Server("floor", "tests/bench/floor", lambda j: [j.program, str(j.port), *j.handler_line],
           note="accept, clone, exec, reap; the aim"),
    Server("usherd", "usherd", usherd_command, usherd_conf("log_on_success = {}"),
           note="limits raised, no records"),
    Server("usherd-records", "usherd", usherd_command, usherd_conf(""),
           note="limits raised, a record for each session"),
    Server("shut-none", "usherd", usherd_command, shut_in_conf("none"),
           note="as usherd, but for an ordinary user: what the next ones are compared to"),
    Server("shut-standard", "usherd", usherd_command, shut_in_conf("standard")),
    Server("shut-strict", "usherd", usherd_command, shut_in_conf("strict")),
    Server("shut-bwrap", "usherd", usherd_command, bwrap_conf, needs="bwrap",
           note="bubblewrap in front of the same handler, as near to strict as it comes"),
    Server("xinetd", "xinetd",
           lambda j: [j.program, "-dontfork", "-f", j.conf, "-pidfile", j.dir + "/pid",
                      "-filelog", j.dir + "/records"],
           xinetd_conf),
    Server("openbsd-inetd", "inetd",
           # 0 would mean its default of 256 a minute, whatever its manual says
           lambda j: [j.program, "-i", "-R", "1000000", "-q", "4096", j.conf], inetd_conf),
    Server("tcpserver", "tcpserver",
           lambda j: [j.program, "-q", "-R", "-H", "-l", "0", "-c", "30000", "-b", "4096",
                      "127.0.0.1", str(j.port), *j.handler_line]),
    Server("tcpsvd", "tcpsvd",
           lambda j: [j.program, "-c", "30000", "-b", "4096", "-l", "0",
                      "127.0.0.1", str(j.port), *j.handler_line]),
    Server("s6-tcpserver", "s6-tcpserver",
           lambda j: [j.program, "-q", "-c", "1000", "-C", "1000", "-b", "4096",
                      "127.0.0.1", str(j.port), *j.handler_line]),
    Server("systemd-activate", "systemd-socket-activate",
           lambda j: [j.program, "--accept", "--inetd", "-l", "127.0.0.1:%d" % j.port,
                      *j.handler_line]),
]


def usherd_as_it_comes(job):
    user = '  user = "nobody"\n' if os.geteuid() == 0 else ""
    return ('control = %s\nservice "b" {\n  listen = {"127.0.0.1:%d"}\n  exec = {%s}\n%s}\n'
            % (quoted([os.path.join(job.dir, "control")]), job.port, quoted(job.handler_line), user))


def usherd_with_rates(job):
    return usherd_as_it_comes(job).replace(
        "  exec", '  rate_per_source = "12/m"\n  rate_per_source_burst = 2\n  exec')


def xinetd_as_it_comes(job):
    return xinetd_conf(job).replace("instances = UNLIMITED\n  per_source = UNLIMITED\n  cps = 0 0\n",
                                    "instances = 60\n")


# As their packages have them, for what a flood does to them.
LOUD = [
    Server("usherd", "usherd", usherd_command, usherd_as_it_comes),
    Server("usherd-rates", "usherd", usherd_command, usherd_with_rates),
    Server("xinetd", "xinetd",
           lambda j: [j.program, "-dontfork", "-f", j.conf, "-pidfile", j.dir + "/pid",
                      "-filelog", j.dir + "/records"], xinetd_as_it_comes),
    Server("openbsd-inetd", "inetd", lambda j: [j.program, "-i", j.conf], inetd_conf),
    Server("tcpserver", "tcpserver",
           lambda j: [j.program, "-q", "-R", "-H", "-l", "0", "127.0.0.1", str(j.port),
                      *j.handler_line]),
    Server("systemd-activate", "systemd-socket-activate",
           lambda j: [j.program, "--accept", "--inetd", "-l", "127.0.0.1:%d" % j.port,
                      *j.handler_line]),
]
