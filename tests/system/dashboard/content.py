"""What pages say: facts that people come for, and long lists."""

import json
import time

from pages import COUNT, PAGES, TEXT
from place import check


def content(browser, address):
    """Facts that people come for."""
    browser.open(f"{address}/#/overview")
    check(browser.until("""return document.querySelectorAll(
        ".marks .allocated, .marks .used, .marks .total").length >= 9;"""),
          "totals have three marks")
    browser.open(f"{address}/#/nodes")
    browser.until(COUNT, 20, *PAGES["nodes"][1:])
    titles = browser.run("""return [...document.querySelectorAll(
        "main th")].map((one) => one.textContent);""")
    wanted = ["State", "Heartbeat", "CPU slots", "GPU", "CPU", "Memory",
              "Object store", "Network", "Disk", "Workers"]
    check(set(wanted) <= set(titles), "nodes have their columns", titles)
    wide = browser.run("""const box = document.querySelector(".scroll");
        return [box.scrollWidth, box.clientWidth];""")
    check(wide[0] <= wide[1], "the table of nodes is not cut off", wide)
    browser.open(f"{address}/#/tasks?text=huge")
    check(browser.until("""return document.querySelector(
        "main section:last-of-type tbody")?.textContent
          .includes("CPU 100");"""), "a waiting task says why")
    check(browser.until("""return [...document.querySelectorAll(
        "main tbody tr")].some((one) =>
          /square.* ms/.test(one.textContent));"""), "names have times")
    browser.open(f"{address}/#/errors")
    check(browser.until("""return [...document.querySelectorAll(".chain")]
        .some((one) => one.textContent === "fail → after");"""),
          "errors have a chain", browser.run(TEXT, "main"))
    browser.open(f"{address}/#/actors")
    check(browser.until("""return [...document.querySelectorAll(
        "main section:last-of-type tbody tr")].some((one) => {
          const cells = [...one.children].map((cell) => cell.textContent);
          return cells.includes("ticker") && Number(cells[5]) > 0
            && cells.includes("0 of 0"); });"""),
          "actors have calls a second", browser.run(TEXT, "main"))
    check(browser.until("""return [...document.querySelectorAll(
        "main section:last-of-type tbody tr")].some((one) => {
          const cells = [...one.children].map((cell) => cell.textContent);
          return cells.includes("records") && cells[4] === "4"; });"""),
          "actors have a mailbox", browser.run(TEXT, "main"))
    check(browser.until("""return [...document.querySelectorAll(
        "main section:last-of-type tbody tr")].some((one) => {
          const cells = [...one.children].map((cell) => cell.textContent);
          return cells.includes("shared") && cells[4] === "2"; });"""),
          "shared actors have a mailbox", browser.run(TEXT, "main"))
    browser.run("""location.hash = [...document.querySelectorAll(
        "main section:last-of-type tbody tr")].find((one) =>
          [...one.children].some((cell) => cell.textContent === "gone"))
        .querySelector("a").getAttribute("href");""")
    check(browser.until("""return document.querySelector("main section"
        + ":last-of-type tbody")?.textContent.includes("tick");"""),
          "a dead actor's page has its calls", browser.run(TEXT, "main"))
    browser.open(f"{address}/#/objects")
    check(browser.until("""return document.querySelectorAll(
        "svg.store a .piece").length >= 1;"""), "objects lie on a map")
    check(browser.until("""return [...document.querySelectorAll("main tr")]
        .some((one) => /^n1[1-9][\\d.]* MiB/.test(one.textContent));"""),
          "a store says what is used, also of a busy node",
          browser.run(TEXT, "main"))


def trace(browser, address):
    """The timeline zooms, the address follows, and a file can be had."""
    browser.open(f"{address}/#/timeline?span=60")
    browser.until(COUNT, 20, *PAGES["timeline"][1:])
    browser.run("""document.querySelector("button[aria-label='Zoom in']")
        .click();""")
    check(browser.until("return location.hash.includes('span=30');"),
          "a zoom stands in the address", browser.run("return location.hash"))
    browser.run("""URL.createObjectURL = (blob) => {
        blob.text().then((text) => { window.saved = text; });
        return "blob:none"; };
        HTMLAnchorElement.prototype.click = () => {};
        [...document.querySelectorAll("button")].find((one) =>
          one.textContent === "Chrome trace").click();""")
    text = browser.until("return window.saved;")
    events = json.loads(text or "{}").get("traceEvents", [])
    runs = {one["name"] for one in events if one["ph"] == "X"}
    check({"square", "fail", "wait_for"} <= runs, "the trace has the runs", runs)
    check(all(one["dur"] >= 0 and one["ts"] > 0 for one in events
              if one["ph"] == "X"), "runs have times")


def many_tasks(browser, cluster, address):
    """100,000 tasks are listed and paged at once."""
    cluster.work("100000")
    end = time.monotonic() + 20
    while int(cluster.summary().get("nothing", 0)) < 100_000 \
            and time.monotonic() < end:
        pass
    browser.open(f"{address}/#/about")
    browser.until(COUNT, 20, *PAGES["about"][1:])
    wait = """const done = arguments[1];
        const begun = performance.now();
        const look = () => {
          const rows = [...document.querySelectorAll(
            "main section:last-of-type tbody tr")];
          const total = Number(/of ([\\d,]+)/.exec(document.querySelector(
            "main").textContent)?.[1].replaceAll(",", "") ?? 0);
          if (rows.length === 100 && total >= 100000
              && rows[0].dataset.key !== arguments[0].before)
            done({ms: performance.now() - begun, total,
              keys: rows.map((one) => one.dataset.key)});
          else if (performance.now() - begun < 20000)
            requestAnimationFrame(look);
          else
            done(null);
        };
        if (arguments[0].go)
          location.hash = arguments[0].go;
        else
          [...document.querySelectorAll("main button")].find((one) =>
            one.textContent === "older").click();
        look();"""
    seen = []
    times = []
    step = {"go": "#/tasks?text=nothing", "before": ""}
    for _ in range(4):
        found = browser.wait_for(wait, step)
        check(found, "a page of 100,000 tasks comes")
        if not found:
            return
        times.append(round(found["ms"]))
        seen += found["keys"]
        step = {"before": found["keys"][0]}
    check(len(set(seen)) == 400, "pages do not overlap", len(set(seen)))
    check(max(times) < 1000, "100,000 tasks are paged in 1 s", times)
    print(f"100,000 tasks: pages after {times} ms")


def many_tabs(browser, proxy):
    """Twelve tabs share one stream, and all show what is."""
    first = browser.windows()[0]
    for _ in range(12):
        browser.new_tab()
        browser.open(f"http://127.0.0.1:{proxy.port}/#/overview")
        check(browser.until(COUNT, 20, *PAGES["overview"][1:]),
              "a further tab shows the overview")
    check(proxy.streams() == 1, "twelve tabs share one stream",
          proxy.streams())
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
