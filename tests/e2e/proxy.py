"""proxy.py - a seeded TCP proxy between nodes.

One Proxy stands before each node. What it does to a direction of a connection is drawn from (seed, node, number of the
connection, direction), so that a seed gives the same dice again; when bytes come is up to the nodes. Bytes of one
connection keep their order, as TCP keeps it: connections and directions overtake one another. calm() ends all that.
"""

import asyncio
import random
import threading


class Manners:
    """What a direction of a connection is like."""

    def __init__(self, rng):
        self.rng = rng
        self.delay_s = rng.choice([0, 0, 0.01, 0.05, 0.2])
        self.jitter_s = rng.choice([0, 0.01, 0.1])
        self.chunk = rng.choice([1400, 1400, 100, 7, 1 << 16])
        self.stall_s = rng.choice([0, 0, 0, 0.5, 2])
        self.cut_after = rng.choice([None, None, None, rng.randrange(1, 800), rng.randrange(800, 40000)])
        self.is_half = rng.random() < 0.5  # the cut ends one direction only


class Proxies:
    """Proxies before several ports, all in one thread of their own."""

    def __init__(self, seed):
        self.seed, self.is_calm, self.counts = seed, False, {"connections": 0, "cut": 0, "half": 0, "stalls": 0, "bytes": 0}
        self.loop, self.servers, self.writers = asyncio.new_event_loop(), [], set()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def add(self, target_port):
        """A port that leads to this one."""
        return asyncio.run_coroutine_threadsafe(self._add(target_port, len(self.servers)), self.loop).result(10)

    def calm(self):
        """From now on it passes everything on at once; connections that are bad already are ended."""
        self.is_calm = True
        self.loop.call_soon_threadsafe(lambda: [w.transport.abort() for w in list(self.writers)])

    async def _add(self, target_port, number):
        made = [0]

        async def accept(reader, writer):
            made[0] += 1
            self.counts["connections"] += 1
            name = f"{self.seed}/{number}/{made[0]}"
            try:
                other_reader, other_writer = await asyncio.open_connection("127.0.0.1", target_port)
            except OSError:
                writer.transport.abort()
                return
            pair = (writer, other_writer)
            self.writers.update(pair)
            await asyncio.gather(self._carry(reader, other_writer, pair, f"{name}/in"),
                                 self._carry(other_reader, writer, pair, f"{name}/out"))
            for w in pair:
                w.transport.abort()
            self.writers.difference_update(pair)
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def _carry(self, reader, writer, pair, name):
        m, passed = Manners(random.Random(name)), 0
        try:
            while data := await reader.read(1 << 16):
                while data:
                    piece = data if self.is_calm else data[:m.rng.randint(1, m.chunk)]
                    data = data[len(piece):]
                    if not self.is_calm:
                        if m.cut_after is not None and passed + len(piece) >= m.cut_after:
                            writer.write(piece[:max(0, m.cut_after - passed)])
                            self.counts["half" if m.is_half else "cut"] += 1
                            if m.is_half:
                                writer.write_eof()
                            else:
                                for w in pair:
                                    w.transport.abort()
                            return
                        # A long transfer in small pieces would take hours: the delay is for a few of them.
                        if m.rng.random() < 64 / max(64, len(data) / m.chunk):
                            await asyncio.sleep(m.delay_s + m.rng.random() * m.jitter_s)
                        if m.stall_s and m.rng.random() < 0.02:
                            self.counts["stalls"] += 1
                            await asyncio.sleep(m.stall_s)
                    writer.write(piece)
                    await writer.drain()
                    passed += len(piece)
                    self.counts["bytes"] += len(piece)
            writer.write_eof()
        except (OSError, RuntimeError):
            pass
