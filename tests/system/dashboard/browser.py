"""A headless Chromium, driven by WebDriver with the standard library alone.

Nothing but loopback is reachable for it: every other name resolves to
nothing, so that a page that asks elsewhere fails and says so in its console.
"""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time


def missing():
    """Why there is no browser here, or ""."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return ""


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="test-browser-")
        environment = dict(os.environ, HOME=self.folder,
                           XDG_RUNTIME_DIR=self.folder, TMPDIR=self.folder)
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=environment,
            start_new_session=True)
        self.port = 0
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        arguments = [
            "--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run", "--no-default-browser-check",
            "--window-size=1440,1000", f"--user-data-dir={self.folder}/data",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        answer = self.call("POST", "/session", {"capabilities": {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {"args": arguments,
                                       "binary": shutil.which("chromium")},
                "goog:loggingPrefs": {"browser": "ALL",
                                      "performance": "ALL"}}}}, bare=True)
        self.session = answer["sessionId"]

    def call(self, method, path, body=None, bare=False):
        if not bare:
            path = f"/session/{self.session}{path}"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request(method, path, None if body is None else json.dumps(body),
                     {"Content-Type": "application/json"})
        answer = json.loads(link.getresponse().read())["value"]
        link.close()
        if isinstance(answer, dict) and "error" in answer \
                and "message" in answer:
            raise RuntimeError(answer["message"].splitlines()[0])
        return answer

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync",
                         {"script": script, "args": list(arguments)})

    def wait_for(self, script, argument):
        """Runs *script* until it calls its second argument; with what."""
        return self.call("POST", "/execute/async",
                         {"script": script, "args": [argument]})

    def press(self, keys):
        """Types *keys* to what has the focus."""
        actions = []
        for key in keys:
            actions += [{"type": "keyDown", "value": key},
                        {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [
            {"type": "key", "id": "keys", "actions": actions}]})

    def until(self, script, limit=20, *arguments):
        """Runs *script* until it gives something; the last value."""
        end = time.monotonic() + limit
        while True:
            value = self.run(script, *arguments)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def scheme(self, name):
        """"light" or "dark"."""
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setEmulatedMedia",
            "params": {"features": [{"name": "prefers-color-scheme",
                                     "value": name}]}})

    def screenshot(self, file):
        with open(file, "wb") as out:
            out.write(base64.b64decode(self.call("GET", "/screenshot")))

    def complaints(self):
        """What the console said that is not mere information."""
        return [one["message"] for one in
                self.call("POST", "/se/log", {"type": "browser"})
                if one["level"] in ("SEVERE", "WARNING")]

    def traffic(self):
        """Requests since the last call: hosts that pages asked, and how many
        bytes came, as they travelled."""
        hosts, came = set(), 0
        for one in self.call("POST", "/se/log", {"type": "performance"}):
            event = json.loads(one["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                address = event["params"]["request"]["url"]
                if not address.startswith(("data:", "about:", "chrome:",
                                           "blob:")):
                    hosts.add(address.split("/")[2])
            elif event["method"] == "Network.loadingFinished":
                came += int(event["params"]["encodedDataLength"])
        return hosts, came

    def in_each_page(self, script):
        """Runs *script* in each page before its own."""
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Page.addScriptToEvaluateOnNewDocument",
            "params": {"source": script}})

    def windows(self):
        return self.call("GET", "/window/handles")

    def new_tab(self):
        made = self.call("POST", "/window/new", {"type": "tab"})
        self.use(made["handle"])

    def use(self, handle):
        self.call("POST", "/window", {"handle": handle})

    def close_tab(self):
        return self.call("DELETE", "/window")

    def quit(self):
        try:
            self.call("DELETE", "")
        except (OSError, RuntimeError, AttributeError):
            pass
        # The driver leads a group of its own, of it and the browser.
        try:
            os.killpg(self.driver.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.driver.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
