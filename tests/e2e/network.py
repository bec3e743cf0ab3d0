"""network.py - a federation of real nodes, each in a network namespace of its own.

All namespaces hang on one bridge, in a namespace of its own too: nothing of the machine's own network is
touched. Needs root, iproute2 and nftables; Skip where that is not to be had. Whatever happens, nodes are ended by
their process ids and the namespaces removed.
"""

import os
import re
import shutil
import signal
import subprocess

from harness import BIN, ENV, Federation, Skip, run, wait_until

PORT = 5700


def command(*args, stdin=None):
    done = run(*args, stdin=stdin, timeout=30)
    assert done.code == 0, f"{' '.join(args)}: {done}"
    return done.out


class Network:
    """Namespaces by short names, "core" with the bridge among them."""

    def __init__(self):
        self.prefix = f"seinpost{os.getpid()}-"
        self.spaces = []

    def name(self, space):
        return self.prefix + space

    def __enter__(self):
        for tool in ("ip", "nft", "tcpdump"):
            if shutil.which(tool) is None:
                raise Skip(f"needs {tool}")
        if os.geteuid() != 0 or run("ip", "netns", "add", self.name("core")).code != 0:
            raise Skip("network namespaces need root")
        self.spaces.append("core")
        try:
            self.inside("core", "ip", "link", "add", "bridge0", "type", "bridge")
            self.inside("core", "ip", "link", "set", "bridge0", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for space in reversed(self.spaces):
            run("ip", "netns", "del", self.name(space))
        self.spaces = []

    def inside(self, space, *args, stdin=None):
        return command("ip", "netns", "exec", self.name(space), *args, stdin=stdin)

    def add(self, space):
        command("ip", "netns", "add", self.name(space))
        self.spaces.append(space)
        self.inside(space, "ip", "link", "set", "lo", "up")

    def wire(self, one, device, other, other_device, address, other_address=None):
        """A cable between two namespaces; into "core", to the bridge."""
        self.inside(one, "ip", "link", "add", device, "type", "veth", "peer", "name", other_device, "netns",
                    self.name(other))
        self.inside(one, "ip", "address", "add", address, "dev", device)
        self.inside(one, "ip", "link", "set", device, "up")
        if other_address:
            self.inside(other, "ip", "address", "add", other_address, "dev", other_device)
        else:
            self.inside(other, "ip", "link", "set", other_device, "master", "bridge0")
        self.inside(other, "ip", "link", "set", other_device, "up")

    def rules(self, space, text):
        self.inside(space, "nft", "-f", "-", stdin=text)


class Nodes(Federation):
    """A federation whose nodes run in namespaces: node N has 10.77.0.N, but those in behind_nat, each behind a
    router of its own, and those in without_port, which only dial. Both name relays."""

    def __init__(self, members, keyholders, threshold, behind_nat, without_port, relays):
        super().__init__(members, keyholders, threshold)
        self.behind_nat, self.without_port, self.relays = behind_nat, without_port, relays
        self.net, self.running = Network(), {}

    def control(self, what, *args):
        return super().control(what, *args, *(["--no-start"] if what == "up" else []))

    def __enter__(self):
        self.net.__enter__()
        self.dir = self.top = None
        try:
            super().__enter__()
            for node in range(1, self.members + 1):
                self.connect(node)
                self.settle_config(node)
            for node in range(1, self.members + 1):
                self.start_inside(node)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running = {}
        self.net.__exit__()
        if self.top:
            shutil.rmtree(self.top, ignore_errors=True)

    def connect(self, node):
        net, space = self.net, f"n{node}"
        net.add(space)
        if node not in self.behind_nat:
            net.wire(space, "eth0", "core", f"port{node}", f"10.77.0.{node}/24")
            return
        router = f"r{node}"
        net.add(router)
        net.wire(router, "outside", "core", f"port{node}", f"10.77.0.{100 + node}/24")
        net.wire(space, "eth0", router, "inside", "192.168.7.2/24", "192.168.7.1/24")
        net.inside(space, "ip", "route", "add", "default", "via", "192.168.7.1")
        net.inside(router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        net.rules(router, """
            table ip nat {
                chain out { type nat hook postrouting priority srcnat; oifname "outside" masquerade; }
                chain through { type filter hook forward priority filter; policy drop;
                    iifname "inside" accept; ct state established,related accept; }
                chain here { type filter hook input priority filter; iifname "outside" drop; }
            }
            """)

    def settle_config(self, node):
        text = open(self.config(node)).read()
        is_hidden = node in self.behind_nat or node in self.without_port
        listen = "none" if node in self.without_port else f"tcp://0.0.0.0:{PORT}"
        text = re.sub(r"(?m)^listen = .*$", f"listen = {listen}", text)
        text = re.sub(r"(?m)^advertise = .*$", "" if is_hidden else f"advertise = tcp://10.77.0.{node}:{PORT}", text)
        text = re.sub(r"(?m)^peer = (\S+) .*$", rf"peer = \1 tcp://10.77.0.1:{PORT}", text)
        if is_hidden:
            text += "".join(f"relay = {self.org_id(r)}\n" for r in self.relays)
        open(self.config(node), "w").write(text)

    def start_inside(self, node):
        log = open(os.path.join(self.dir, f"log.{node}"), "a")
        self.running[node] = subprocess.Popen(
            ["ip", "netns", "exec", self.net.name(f"n{node}"), os.path.join(BIN, "seinpostd"), "--config",
             self.config(node)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENV)

    def stop_inside(self, node):
        process = self.running.pop(node)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0, self.log(node)[-2000:]

    def kill_inside(self, node):
        process = self.running.pop(node)
        process.kill()
        process.wait()

    def part(self, nodes):
        """Nothing passes any more between these and all others; packets are dropped, connections stay."""
        friends = ", ".join(f"10.77.0.{n}" for n in nodes)
        for node in nodes:
            self.net.rules(f"n{node}", f"""
                table ip part {{
                    chain in {{ type filter hook input priority filter;
                        iifname "eth0" ip saddr != {{ {friends} }} drop; }}
                    chain out {{ type filter hook output priority filter;
                        oifname "eth0" ip daddr != {{ {friends} }} drop; }}
                }}
                """)

    def heal(self, nodes):
        for node in nodes:
            self.net.rules(f"n{node}", "delete table ip part\n")

    def deafen(self, nodes):
        """These hear nothing of all others any more, who still hear them."""
        friends = ", ".join(f"10.77.0.{n}" for n in nodes)
        for node in nodes:
            self.net.rules(f"n{node}", f"""
                table ip part {{
                    chain in {{ type filter hook input priority filter;
                        iifname "eth0" ip saddr != {{ {friends} }} drop; }}
                }}
                """)

    def lose(self, nodes, percent):
        """So many of the packets that come to these nodes are lost."""
        for node in nodes:
            self.net.rules(f"n{node}", f"""
                table ip part {{
                    chain in {{ type filter hook input priority filter;
                        iifname "eth0" numgen random mod 100 < {percent} drop; }}
                }}
                """)

    def slow(self, nodes, rate):
        """These send no faster than tc's rate, such as 64kbit."""
        tc = shutil.which("tc") or "/usr/sbin/tc"
        if not os.path.exists(tc):
            raise Skip("needs tc")
        for node in nodes:
            self.net.inside(f"n{node}", tc, "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst",
                            "4kb", "latency", "400ms")

    def quicken(self, nodes):
        for node in nodes:
            self.net.inside(f"n{node}", shutil.which("tc") or "/usr/sbin/tc", "qdisc", "del", "dev", "eth0", "root")

    def capture(self, path):
        """Records everything that crosses the bridge; to be ended with stop_capture."""
        dump = subprocess.Popen(["ip", "netns", "exec", self.net.name("core"), "tcpdump", "--immediate-mode", "-i",
                                 "bridge0", "-s", "0", "-U", "-w", path, "tcp"], stderr=subprocess.PIPE, text=True)
        self.running["capture"] = dump
        while "listening on" not in (line := dump.stderr.readline()):
            assert line, "tcpdump did not start"

    def stop_capture(self):
        dump = self.running.pop("capture")
        dump.send_signal(signal.SIGTERM)
        dump.wait(timeout=10)

    def all_ready(self, nodes, seconds=60):
        def is_ready(node):
            done = self.do(node, "status", "--json")
            if done.code != 0:
                return False
            status = done.rows()[0].get("status", done.rows()[0])
            return status["signing"]["may_sign"] and not status["coverage"]["gaps"]
        for node in nodes:
            wait_until(lambda: is_ready(node), seconds, f"node {node}")
