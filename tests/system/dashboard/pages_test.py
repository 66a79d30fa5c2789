"""The dashboard's pages in a real browser, on a cluster that works.

usage: pages_test.py BIN OUT
BIN holds rayd and page_user; screenshots of all pages in both schemes go to
OUT. Ends with 77 and the reason when there is no browser here.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, missing  # noqa: E402
from proxy import Proxy  # noqa: E402

failures = []


def check(good, what, found=""):
    if not good:
        failures.append(what)
        print(f"FAILED: {what}: {found}", flush=True)


class Cluster:
    def __init__(self, folder):
        self.bin = folder
        self.base = tempfile.mkdtemp(prefix="rayd-pages-")
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("RAY_", "RAYD_"))}
        self.environment["XDG_STATE_HOME"] = self.base
        self.end = f"{self.base}/end"
        self.user = None
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

    def work(self):
        self.user = subprocess.Popen(
            [f"{self.bin}/page_user", self.end], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(self.environment, RAY_ADDRESS="auto"))
        for line in self.user.stdout:
            if line == "ready\n":
                return
        raise RuntimeError("page_user ended early")

    def stop(self):
        if self.user:
            with open(self.end, "w", encoding="ascii"):
                pass
            try:
                self.user.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.user.kill()
                self.user.wait()
        self.rayd("stop")
        shutil.rmtree(self.base, ignore_errors=True)


# Address, heading, what must be there: rows of tables, or other elements.
PAGES = {
    "overview": ("overview", "Overview", "a.tile", 6),
    "nodes": ("nodes", "Nodes", "tbody tr", 2),
    "node": ("node?id=n1", "Node n1", ".dygraph-axis-label", 6),
    "tasks": ("tasks", "Tasks", "tbody tr", 20),
    "timeline": ("timeline", "Timeline", "details tbody tr", 10),
    "graph": ("graph?root=j1", "Graph of j1", ".drawing a", 6),
    "actors": ("actors", "Actors", "tbody tr", 2),
    "objects": ("objects", "Objects", "tbody tr", 3),
    "jobs": ("jobs", "Jobs", "tbody tr", 1),
    "logs": ("logs", "Logs", "tbody tr", 1),
    "log": ("logs?kind=node&id=n1", "Logs", "pre.log", 1),
    "errors": ("errors", "Errors", "tbody tr", 1),
    "about": ("about", "About", "dl.facts dt", 5),
}

COUNT = """const shown = document.querySelector("h1")?.textContent.trim();
return shown === arguments[0]
  && document.querySelectorAll("main " + arguments[1]).length
     >= arguments[2];"""

FACTS = """return document.querySelector("h1")?.textContent.toLowerCase()
    .startsWith(`${arguments[0]} `)
  && document.querySelectorAll("dl.facts dt").length >= 2;"""

TEXT = "return document.querySelector(arguments[0])?.textContent ?? '';"

CHANGED = """const now = document.querySelector(arguments[0])?.textContent;
return now && now !== arguments[1] ? now : "";"""

LIVE = """return document.getElementById("connection").dataset.state
  === arguments[0];"""


def show_all(browser, address, out):
    """Every page has its rows, in both schemes, without a complaint."""
    for name, (place, *wanted) in PAGES.items():
        browser.open(f"{address}/#/{place}")
        check(browser.until(COUNT, 20, *wanted), f"page {name} has rows",
              browser.run(TEXT, "main")[:300])
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            browser.screenshot(f"{out}/{name}-{scheme}.png")
        names = browser.run("""return [...document.querySelectorAll(
            "main table, main canvas, main svg[role], main input,"
            + "main select")].filter((one) => !(one.caption || one.ariaLabel
              || one.parentElement.closest("[role=img]")))
            .map((one) => one.outerHTML.slice(0, 80));""")
        check(names == [], f"all of page {name} has a name for readers", names)
    complaints = browser.complaints()
    check(complaints == [], "the console is silent", complaints[:3])
    browser.scheme("light")


def change(browser, address):
    """Figures and rows change without a reload."""
    for name, what in (("overview", "a.tile[href*=finished] .value"),
                       ("tasks", "main section:last-of-type tbody tr"),
                       ("timeline", "details tbody tr")):
        browser.open(f"{address}/#/{name}")
        browser.until(COUNT, 20, *PAGES[name][1:])
        before = browser.run(TEXT, what)
        check(browser.until(CHANGED, 20, what, before),
              f"page {name} changes", before)


def names_are_text(browser, address):
    browser.open(f"{address}/#/tasks?"
                 + urllib.parse.urlencode({"text": "<img"}))
    check(browser.until("""return [...document.querySelectorAll("main td")]
        .some((one) => one.textContent.startsWith("<img src=x onerror="));"""),
          "a task named as HTML is shown as text")
    check(browser.run("return document.querySelectorAll('main img').length")
          == 0, "a name makes no element")
    title = browser.run("return document.title")
    check(title == "Tasks · rayd", "a name runs no code", title)


def addresses_hold_all(browser, address):
    """The same address shows the same, and ids lead on in two clicks."""
    browser.open(f"{address}/#/tasks?state=failed")
    browser.until(COUNT, 20, "Tasks", "section:last-of-type tbody tr", 1)
    states = browser.run("""return [...document.querySelectorAll(
        "main section:last-of-type tbody .state")].map((one) =>
        one.textContent);""")
    check(states and set(states) == {"failed"}, "the filter holds", states)
    check(browser.run("return document.querySelector('main select').value")
          == "failed", "the form shows the filter")
    browser.open(f"{address}/#/overview")
    menu = browser.until("""const all = [...document.querySelectorAll(
        "nav a")].map((one) => one.getAttribute("href"));
        return all.length > 10 ? all : null;""")
    check(len(menu or []) == 11, "each page is one click away", menu)
    for page, kind in (("nodes", "node"), ("tasks", "task"),
                       ("actors", "actor"), ("objects", "object"),
                       ("jobs", "job"), ("errors", "task")):
        browser.open(f"{address}/#/{page}")
        link = browser.until("""return document.querySelector(
            `main a[href^="#/${arguments[0]}?"]`)?.getAttribute("href");""",
                             20, kind)
        check(link, f"page {page} leads to a {kind}")
        browser.run("location.hash = arguments[0];", link)
        check(browser.until(FACTS, 20, kind), f"a {kind} has facts", link)


def keys(browser, address):
    browser.open(f"{address}/#/overview")
    browser.until(COUNT, 20, *PAGES["overview"][1:])
    browser.press("gt")
    check(browser.until(COUNT, 20, "Tasks", "input", 1), "g t goes to tasks")
    browser.press("/")
    check(browser.run("return document.activeElement.type") == "search",
          "/ goes to the filter")
    browser.press("fail")
    check(browser.until("return location.hash.includes('text=fail');"),
          "what is typed filters")
    check(browser.run("return document.activeElement.value") == "fail",
          "the filter keeps what is typed")


def cut(browser, proxy):
    """Without the server the page says so; with it, it lives on."""
    browser.open(f"http://127.0.0.1:{proxy.port}/#/overview")
    browser.until(COUNT, 20, *PAGES["overview"][1:])
    check(browser.until(LIVE, 20, "live"), "the page is live")
    proxy.cut()
    check(browser.until(LIVE, 20, "reconnecting"), "a cut is said",
          browser.run(TEXT, "#connection"))
    check("reconnecting" in browser.run(TEXT, "#connection"),
          "it is said in words")
    time.sleep(5)  # How long the wire is cut.
    check(browser.run(LIVE, "reconnecting"), "it is said as long as it lasts")
    value = "a.tile[href*=finished] .value"
    before = browser.run(TEXT, value)
    proxy.heal()
    check(browser.until(LIVE, 20, "live"), "the page lives on")
    check(browser.until(CHANGED, 20, value, before), "its figures go on")
    browser.complaints()  # Of connections refused, as they should be.


def many_tabs(browser, proxy):
    """Twelve tabs share one stream, and all show what is."""
    first = browser.windows()[0]
    for _ in range(12):
        browser.new_tab()
        browser.open(f"http://127.0.0.1:{proxy.port}/#/overview")
        check(browser.until(COUNT, 20, *PAGES["overview"][1:]),
              "a further tab shows the overview")
    check(proxy.connections() <= 6, "twelve tabs need few connections",
          proxy.connections())
    streams = browser.run("""return performance.getEntriesByType("resource")
        .filter((one) => one.name.includes("/api/events")).length;""")
    check(streams == 0, "no tab has a stream of its own", streams)
    for handle in browser.windows():
        if handle != first:
            browser.use(handle)
            browser.close_tab()
    browser.use(first)


def main():
    reason = missing()
    if reason:
        print(f"skipped: the dashboard's pages: {reason}")
        return 77
    folder, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    cluster = browser = None
    try:
        cluster = Cluster(folder)
        cluster.work()
        proxy = Proxy(cluster.port)
        browser = Browser()
        address = f"http://127.0.0.1:{cluster.port}"
        show_all(browser, address, out)
        change(browser, address)
        names_are_text(browser, address)
        addresses_hold_all(browser, address)
        keys(browser, address)
        cut(browser, proxy)
        many_tabs(browser, proxy)
        complaints = browser.complaints()
        check(complaints == [], "the console is silent", complaints[:3])
        asked = browser.addresses()
        here = {f"127.0.0.1:{cluster.port}", f"127.0.0.1:{proxy.port}"}
        check(asked and asked <= here, "no request leaves", asked)
    finally:
        if browser:
            browser.quit()
        if cluster:
            cluster.stop()
    print(f"{len(failures)} failures; screenshots are in {out}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
