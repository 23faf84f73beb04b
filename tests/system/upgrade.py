"""A daemon whose program can be replaced while it runs."""

import os
import shutil

import usher
from tap import check, equal
from usher import Daemon, program


def built_version():
    """That of the build tree, as config.h says."""
    with open(os.path.join(usher.BUILD, "config.h"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("#define PACKAGE_VERSION "):
                return line.split('"')[1]
    return check(False, "config.h says no version")


class Upgradable(Daemon):
    """Its program is a copy of its own, in a directory of its own."""

    def __init__(self, *services, **options):
        super().__init__(*services, **options)
        self.place = self.path("bin", "usherd")

    def command(self):
        return [self.place, "-c", self.path("usherd.conf"), "-H", self.path("handlers")] + self.args

    def prepare(self):
        os.makedirs(self.path("bin"), exist_ok=True)
        os.chmod(self.path("bin"), 0o755)
        if not os.path.exists(self.place):
            self.put(program("usherd"))
        return super().prepare()

    def new_descriptors(self):
        """The way back to the program that runs has been replaced, but is no new one."""
        found = super().new_descriptors()
        if found.get(self.place + " (deleted)") == 1:
            del found[self.place + " (deleted)"]
        return found

    def put(self, source, mode=0o755):
        """A file takes the place of the program, as a package manager does it: by a rename."""
        fresh = self.place + ".new"
        shutil.copyfile(source, fresh)
        os.chmod(fresh, mode)
        os.rename(fresh, self.place)

    def put_text(self, text, mode=0o755):
        fresh = self.place + ".new"
        with open(fresh, "wb") as file:
            file.write(text)
        os.chmod(fresh, mode)
        os.rename(fresh, self.place)

    def put_version(self, version):
        """The built program with another version in it, of the same length."""
        old = built_version().encode()
        equal(len(version), len(old), "a version of the same length")
        with open(program("usherd"), "rb") as file:
            self.put_text(file.read().replace(old, version.encode()))

    def status(self):
        answer = self.ctl("status")
        equal(answer.status, 0, answer.err)
        return answer.json()

    def upgrade(self):
        """By usherctl; what it says."""
        answer = self.ctl("upgrade")
        check(answer.status in (0, 1), f"usherctl upgrade: {answer.status}", answer.err)
        return answer


def versions(count):
    """So many other versions, each as long as that of the build tree."""
    built = built_version()
    for i in range(count):
        yield built[:-1] + "0123456789abcdefghijklmnopqrstuvwxyz"[(i + 1) % 36]

