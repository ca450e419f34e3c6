"""A line to the server that can be cut: what goes through it is passed on byte by byte, until it is broken off."""

import contextlib
import socket
import struct
import threading


class Line:
    """A line of one person's, with an address of its own."""

    def __init__(self, address: str):
        host, port = address.split(":")
        self.far = (host, int(port))
        self.ends: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.is_cut = False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        # Until the server's socket is closed.
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                with self.lock:
                    if self.is_cut:
                        near.close()
                        continue
                    far = socket.create_connection(self.far)
                    self.ends |= {near, far}
                threading.Thread(target=self._join, args=(near, far), daemon=True).start()

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        """Passes on both ways until both have ended."""
        back = threading.Thread(target=self._pass_on, args=(far, near), daemon=True)
        back.start()
        self._pass_on(near, far)
        back.join()
        with self.lock:
            self.ends -= {near, far}
            near.close()
            far.close()

    @staticmethod
    def _pass_on(source: socket.socket, into: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while passed := source.recv(65_536):
                into.sendall(passed)
        with contextlib.suppress(OSError):
            into.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """Breaks everything off without a goodbye, and lets nothing new through."""
        with self.lock:
            self.is_cut = True
            for end in self.ends:
                with contextlib.suppress(OSError):
                    # A reset: nothing that is still under way arrives.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Lets new connections through again."""
        with self.lock:
            self.is_cut = False

    def close(self) -> None:
        """It is needed no more."""
        self.cut()
        self.server.close()
