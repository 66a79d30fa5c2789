#!/usr/bin/env python3
"""What an open dashboard costs (row 28): the rate of tasks while browsers show
Overview, Tasks and Timeline, against the rate while nobody looks, in turn; the
memory of head and Redis; and the processor time that they take for it while
nothing else happens, which other load on the machine does not disturb.

usage: dashboard_cost.py BIN [COUNT] [ROUNDS]
BIN is the folder of rayd and page_user. A browser is played by its stream of
events, so that what it draws with costs the cluster nothing here.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

QUERIES = [
    {"what": "status"}, {"what": "nodes"},
    {"what": "list", "kind": "jobs", "limit": 5},
    {"what": "list", "kind": "errors", "limit": 5},
    {"what": "series", "node": "", "span_s": 15},
    {"what": "summary", "kind": "tasks"},
    {"what": "list", "kind": "tasks", "filters": [], "limit": 100,
     "cursor": ""},
    {"what": "timeline", "limit": 2000}]


class Reader(threading.Thread):
    """Reads a stream of events and throws it away."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.bytes = 0
        self.socket = socket.create_connection(("127.0.0.1", port))
        asked = urllib.parse.quote(json.dumps(QUERIES))
        self.socket.sendall(f"GET /api/events?q={asked} HTTP/1.1\r\n"
                            f"Host: 127.0.0.1:{port}\r\n\r\n".encode())

    def run(self):
        while data := self.socket.recv(1 << 16):
            self.bytes += len(data)

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"Pss:\s+(\d+)", file.read()).group(1)) / 1024


def redis_of(head):
    for task in os.listdir(f"/proc/{head}/task"):
        with open(f"/proc/{head}/task/{task}/children",
                  encoding="ascii") as file:
            for child in file.read().split():
                with open(f"/proc/{child}/cmdline", encoding="ascii",
                          errors="replace") as line:
                    if "redis" in line.read():
                        return child
    raise RuntimeError("the head has no Redis")


def memory(head):
    """MiB of the head and of its Redis."""
    return pss(head), pss(redis_of(head))


def spent(head):
    """Seconds of processor time of both."""
    ticks = 0
    for pid in (head, redis_of(head)):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            ticks += sum(map(int, file.read().split(")")[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def rest(head, port, watched, seconds=15):
    """Processor time a second while nothing runs."""
    reader = Reader(port) if watched else None
    if reader:
        reader.start()
        time.sleep(1)
    before = spent(head)
    time.sleep(seconds)
    took = (spent(head) - before) / seconds
    if reader:
        print(f"a browser was sent {reader.bytes / seconds / 1024:.0f} KiB/s")
        reader.stop()
    return took


def main():
    folder = sys.argv[1]
    count = sys.argv[2] if len(sys.argv) > 2 else "400000"
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    base = tempfile.mkdtemp(prefix="dashboard-cost-")
    environment = dict(os.environ, XDG_STATE_HOME=base)

    def rayd(*arguments):
        return subprocess.run([f"{folder}/rayd", *arguments], check=True,
                              text=True, stdout=subprocess.PIPE,
                              env=environment).stdout

    said = rayd("start", "--head", "--port=0", "--num-cpus=2",
                "--dashboard-port=0")
    port = int(re.search(r"dashboard: http://127.0.0.1:(\d+)", said).group(1))
    status = json.loads(rayd("status", "--json"))
    head = status["nodes"][0]["pid"]
    end = f"{base}/end"
    with open(end, "w", encoding="ascii"):
        pass
    try:
        time.sleep(2)
        print("idle: head %.1f MiB, redis %.1f MiB" % memory(head))

        def rate():
            begun = time.monotonic()
            subprocess.run([f"{folder}/page_user", end, count], check=True,
                           stdout=subprocess.DEVNULL,
                           env=dict(environment, RAY_ADDRESS="auto"))
            return int(count) / (time.monotonic() - begun)

        rate()
        print("after %s tasks, unwatched: head %.1f MiB, redis %.1f MiB"
              % (count, *memory(head)))
        for watched in (False, True):
            print(f"at rest, {'watched' if watched else 'unwatched'}: "
                  f"{rest(head, port, watched) * 100:.1f} % of a core")
        print("watched: head %.1f MiB, redis %.1f MiB" % memory(head))
        rates = {False: [], True: []}
        for _ in range(rounds):
            for watched in (False, True):
                reader = Reader(port) if watched else None
                if reader:
                    reader.start()
                rates[watched].append(rate())
                if reader:
                    reader.stop()
        plain, seen = (statistics.median(rates[x]) for x in (False, True))
        ratios = [b / a for a, b in zip(rates[False], rates[True])]
        print(f"tasks a second: {plain:.0f} unwatched, {seen:.0f} watched; "
              f"ratios {', '.join(f'{one:.3f}' for one in ratios)}; median "
              f"{statistics.median(ratios):.3f}")
        print("afterwards: head %.1f MiB, redis %.1f MiB" % memory(head))
    finally:
        rayd("stop")
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
