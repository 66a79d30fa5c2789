"""A wire that can be cut: passes TCP connections on to a port of loopback."""

import socket
import threading


class Proxy:
    def __init__(self, target):
        self.target = target
        self.open = set()
        self.lock = threading.Lock()
        self.listener = None
        self.port = 0
        self.heal()

    def heal(self):
        """Listens, at the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self.listener = listener
        threading.Thread(target=self._accept, args=(listener,),
                         daemon=True).start()

    def cut(self):
        """Ends all connections and refuses new ones."""
        # close alone would not wake the thread that accepts.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for one in list(self.open):
                one.close()

    def streams(self):
        """Those of them that are streams of events."""
        with self.lock:
            return sum(1 for one in self.open if one.stream)

    def connections(self):
        """Those that browsers have now."""
        with self.lock:
            return sum(1 for one in self.open if one.browser)

    def _accept(self, listener):
        while True:
            try:
                browser, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                browser.close()
                continue
            ends = (_End(self, browser, server, True),
                    _End(self, server, browser, False))
            with self.lock:
                self.open.update(ends)
            for one in ends:
                one.start()


class _End(threading.Thread):
    """Carries bytes one way; the end of one way is the end of both."""

    def __init__(self, proxy, source, sink, browser):
        super().__init__(daemon=True)
        self.proxy = proxy
        self.source = source
        self.sink = sink
        self.browser = browser
        self.stream = False

    def close(self):
        for one in (self.source, self.sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def run(self):
        try:
            while True:
                data = self.source.recv(65536)
                if not data:
                    break
                if self.browser and b"GET /api/events" in data:
                    self.stream = True
                self.sink.sendall(data)
        except OSError:
            pass
        self.close()
        with self.proxy.lock:
            self.proxy.open.discard(self)
        self.source.close()
