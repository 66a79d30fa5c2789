"""The file that rayd report writes, in a real browser and without a server.

usage: report_test.py BIN OUT
BIN holds rayd and page_user; screenshots go to OUT. The cluster is ended before
the file is opened. Ends with 77 and the reason when there is no browser here.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, missing  # noqa: E402
from pages import COUNT, FACTS, PAGES, TEXT  # noqa: E402
from place import Cluster, check, failures  # noqa: E402


def show_all(browser, address, out):
    for name, (place, *wanted) in PAGES.items():
        browser.open(f"{address}#/{place}")
        check(browser.until(COUNT, 20, *wanted), f"page {name} has rows",
              browser.run(TEXT, "main")[:300])
        browser.screenshot(f"{out}/report-{name}.png")
    check(browser.run(TEXT, "#connection").startswith("report of "),
          "the page says that it is a report", browser.run(TEXT,
                                                           "#connection"))
    left = browser.run(TEXT, "#left-out")
    check(left == "This report is complete."
          or left.startswith("Not in this report: "),
          "what is left out is said", left)


def answers(browser, address):
    """Filters, pages and links work without a server."""
    browser.open(f"{address}#/tasks?state=failed")
    browser.until(COUNT, 20, "Tasks", "section:last-of-type tbody tr", 1)
    states = browser.run("""return [...document.querySelectorAll(
        "main section:last-of-type tbody .state")].map((one) =>
        one.textContent);""")
    check(states and set(states) == {"failed"}, "the filter holds", states)
    browser.open(f"{address}#/tasks?text=%3Cimg")
    check(browser.until("""return [...document.querySelectorAll("main td")]
        .some((one) => one.textContent.startsWith("<img src=x onerror="));"""),
          "a task named as HTML is shown as text")
    check(browser.run("return document.querySelectorAll('main img').length")
          == 0, "a name makes no element")
    for page, kind in (("nodes", "node"), ("tasks", "task"),
                       ("actors", "actor"), ("objects", "object"),
                       ("jobs", "job"), ("errors", "task")):
        browser.open(f"{address}#/{page}")
        link = browser.until("""return document.querySelector(
            `main a[href^="#/${arguments[0]}?"]`)?.getAttribute("href");""",
                             20, kind)
        check(link, f"page {page} leads to a {kind}")
        browser.run("location.hash = arguments[0];", link)
        check(browser.until(FACTS, 20, kind), f"a {kind} has facts", link)


def settle(cluster):
    """The head's records have all that page_user did before it was ready."""
    for _ in range(200):
        tasks = cluster.rows("tasks")
        states = {task["state"] for task in tasks}
        if len(tasks) >= 25 and {"failed", "running"} <= states:
            return
    check(False, "the records are complete", len(tasks))


def main():
    reason = missing()
    if reason:
        print(f"skipped: the report: {reason}")
        return 77
    folder, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    file = os.path.abspath(f"{out}/report.html")
    cluster = Cluster(folder)
    try:
        cluster.work()
        settle(cluster)
        said = cluster.rayd("report", "-o", file)
        check(said.startswith(f"wrote {file}"), "the command says so", said)
    finally:
        cluster.stop()
    browser = Browser()
    try:
        show_all(browser, f"file://{file}", out)
        answers(browser, f"file://{file}")
        complaints = browser.complaints()
        check(complaints == [], "the console is silent", complaints[:3])
        asked, _ = browser.traffic()
        # Of a file there is no host.
        check(asked <= {""}, "no request leaves", asked)
    finally:
        browser.quit()
    print(f"{len(failures)} failures; screenshots are in {out}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
