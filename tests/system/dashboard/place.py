"""A cluster for tests of pages, and their list of failures."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading

failures = []


def check(good, what, found=""):
    if not good:
        failures.append(what)
        print(f"FAILED: {what}: {found}", flush=True)


class Cluster:
    def __init__(self, folder):
        self.bin = folder
        self.base = tempfile.mkdtemp(prefix="test-pages-")
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("RAY_", "RAYD_"))}
        self.environment["XDG_STATE_HOME"] = self.base
        self.end = f"{self.base}/end"
        self.users = []
        said = self.rayd("start", "--head", "--port=0", "--num-cpus=3",
                         "--dashboard-port=0")
        self.port = int(re.search(r"dashboard: http://127.0.0.1:(\d+)",
                                  said).group(1))
        at = re.search(r"cluster at (\S+)", said).group(1)
        self.rayd("start", f"--address={at}", "--num-cpus=1")

    def rayd(self, *arguments):
        done = subprocess.run([f"{self.bin}/rayd", *arguments], text=True,
                              stdout=subprocess.PIPE, timeout=60, check=False,
                              env=self.environment)
        if done.returncode != 0:
            raise RuntimeError(f"rayd {arguments} ended with "
                               f"{done.returncode}")
        return done.stdout

    def work(self, *arguments):
        """Starts page_user and waits until it is ready."""
        user = subprocess.Popen(
            [f"{self.bin}/page_user", self.end, *arguments], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(self.environment, RAY_ADDRESS="auto"))
        self.users.append(user)
        for line in user.stdout:
            if line == "ready\n":
                # It may print more: somebody reads that.
                threading.Thread(target=user.stdout.read,
                                 daemon=True).start()
                return
        raise RuntimeError("page_user ended early")

    def rows(self, kind, *filters):
        """What `rayd list` shows."""
        said = self.rayd("list", kind, "--json", "--limit=1000",
                         *(f"--filter={one}" for one in filters))
        return json.loads(said)

    def summary(self):
        """How many tasks there were of each name."""
        said = json.loads(self.rayd("summary", "tasks", "--json"))
        return {one["name"]: one["count"] for one in said}

    def stop(self):
        with open(self.end, "w", encoding="ascii"):
            pass
        for user in self.users:
            try:
                user.wait(timeout=20)
            except subprocess.TimeoutExpired:
                user.kill()
                user.wait()
        self.rayd("stop")
        shutil.rmtree(self.base, ignore_errors=True)
