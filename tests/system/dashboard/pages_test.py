"""The dashboard's pages in a real browser, on a cluster that works.

usage: pages_test.py BIN OUT
BIN holds rayd and page_user; screenshots of all pages in both schemes go to
OUT. Ends with 77 and the reason when there is no browser here.
"""

import os
import re
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, missing  # noqa: E402
from content import content, many_tabs, many_tasks, trace  # noqa: E402
from pages import CHANGED, COUNT, FACTS, LIVE, PAGES, TEXT  # noqa: E402
from place import Cluster, check, failures  # noqa: E402
from proxy import Proxy  # noqa: E402

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


# What of a page becomes other text while the cluster works.
CHANGING = {
    "overview": "a.tile[href*=finished] .value",
    "nodes": "main tbody",
    "node": "details.behind tbody",
    "tasks": "main section:last-of-type tbody tr",
    "timeline": "details tbody tr",
    "graph": ".drawing",
    "actors": "main section:last-of-type tbody",
    "objects": "main section:last-of-type tbody",
    "jobs": "main tbody",
    "log": "pre.log",
    "errors": "main tbody",
    "about": "dl.facts",
}


def change(browser, address):
    """Figures and rows change without a reload."""
    for name, what in CHANGING.items():
        browser.open(f"{address}/#/{PAGES[name][0]}")
        browser.until(COUNT, 20, *PAGES[name][1:])
        before = browser.run(TEXT, what)
        check(browser.until(CHANGED, 20, what, before),
              f"page {name} changes", before[:200])


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


TICKS = """return document.querySelector("pre.log")?.textContent ?? "";"""

KEYS = """return [...document.querySelectorAll(
    "main section:last-of-type tbody tr")].map((one) => one.dataset.key);"""


def ticks_in(browser):
    return [int(one) for one in
            re.findall(r"tick (\d+)", browser.run(TICKS))]


def ticker_log(cluster):
    actor = cluster.rows("actors", "name=ticker")[0]["id"]
    worker = cluster.rows("workers", f"actor={actor}")[0]["id"]
    return f"logs?kind=worker&id={worker}"


def cut(browser, proxy, cluster):
    """Without the server the page says so; then nothing lacks or is there
    twice."""
    here = f"http://127.0.0.1:{proxy.port}"
    log = browser.windows()[0]
    browser.open(f"{here}/#/{ticker_log(cluster)}")
    check(browser.until("""return (document.querySelector("pre.log")
        ?.textContent ?? "").includes("tick");"""), "the log has lines")
    check(browser.until(LIVE, 20, "live"), "the page is live")
    browser.new_tab()
    browser.open(f"{here}/#/tasks?text=fail&state=failed")
    browser.until(COUNT, 20, "Tasks", "section:last-of-type tbody tr", 1)
    before = browser.run(KEYS)
    proxy.cut()
    check(browser.until(LIVE, 20, "reconnecting"), "a cut is said",
          browser.run(TEXT, "#connection"))
    check("reconnecting" in browser.run(TEXT, "#connection"),
          "it is said in words")
    time.sleep(5)  # How long the wire is cut.
    check(browser.run(LIVE, "reconnecting"), "it is said as long as it lasts")
    proxy.heal()
    check(browser.until(LIVE, 20, "live"), "the page lives on")
    known = {one["id"] for one in
             cluster.rows("tasks", "state=failed", "function=fail")}
    shown = browser.until("""const keys = (() => { %s })();
        return arguments[0].every((one) => keys.includes(one)) ? keys : null;
        """ % KEYS, 20, sorted(known)) or browser.run(KEYS)
    check(known <= set(shown), "no row is missing", known - set(shown))
    check(len(shown) == len(set(shown)), "no row is there twice")
    check(len(shown) > len(before), "rows of the cut are there")
    browser.close_tab()
    browser.use(log)
    last = max(ticks_in(browser), default=0)
    check(browser.until("""return [...(document.querySelector("pre.log")
        ?.textContent ?? "").matchAll(/tick (\\d+)/g)].some((one) =>
          Number(one[1]) > arguments[0] + 25);""", 20, last),
          "the log goes on")
    ticks = ticks_in(browser)
    check(ticks == list(range(ticks[0], ticks[0] + len(ticks))) if ticks
          else False,
          "no line is missing or there twice", ticks)
    browser.complaints()  # Of connections refused, as they should be.


FIRST_ROW = """new MutationObserver(() => {
    if (!window.firstRow && document.querySelector("main tbody tr"))
      window.firstRow = performance.now();
  }).observe(document, {subtree: true, childList: true});"""


def first_page(browser, address):
    """What a visit costs, in numbers; bytes have a bound."""
    browser.in_each_page(FIRST_ROW)
    browser.traffic()
    browser.open(f"{address}/#/overview")
    first = browser.until("return window.firstRow;")
    check(browser.until(COUNT, 20, *PAGES["overview"][1:]), "the page opens")
    came = browser.traffic()[1]
    print(f"first page: {came} bytes, first row after {round(first)} ms")
    check(0 < came < 200_000, "the first page is small", came)


def main():
    reason = missing()
    if reason:
        print(f"skipped: the dashboard's pages: {reason}")
        return 77
    folder, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    begun = time.monotonic()
    cluster = browser = None
    try:
        cluster = Cluster(folder)
        cluster.work()
        proxy = Proxy(cluster.port)
        browser = Browser()
        address = f"http://127.0.0.1:{cluster.port}"
        first_page(browser, address)
        for part in (lambda: show_all(browser, address, out),
                     lambda: change(browser, address),
                     lambda: content(browser, address),
                     lambda: trace(browser, address),
                     lambda: names_are_text(browser, address),
                     lambda: addresses_hold_all(browser, address),
                     lambda: keys(browser, address),
                     lambda: cut(browser, proxy, cluster),
                     lambda: many_tabs(browser, proxy),
                     lambda: many_tasks(browser, cluster, address)):
            part()
            print(f"{time.monotonic() - begun:.1f} s", flush=True)
        complaints = browser.complaints()
        check(complaints == [], "the console is silent", complaints[:3])
        asked = browser.traffic()[0]
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
