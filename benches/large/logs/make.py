"""Writes a network of three tiers and flow logs of its traffic, the same for ever: `make.py FOLDER [BYTES]`.

FOLDER/model.yaml  the network: 400 interfaces behind an internet gateway, an Application tier, databases, a NAT gateway
FOLDER/logs.log    records of the default format, as S3 delivery writes them, up to BYTES (200 MB if left out)

The traffic is what such a network has: clients from anywhere on port 443, the tiers among themselves, updates fetched
through the NAT gateway, name lookups, scans that are rejected, windows without data. Every connection has its four or
eight records: the request and its reply, at each interface that they cross. Source ports and public addresses are mostly
new ones, so that there are about as many distinct flows as connections.
"""

import random
import sys

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
WEB, APP, DATA = range(0, 80), range(80, 280), range(280, 400)
NAT, NAT_ENI, NAT_PUBLIC = "10.0.0.200", "eni-0000000000000ffff", "203.0.113.1"


def eni(number):
    return f"eni-{number * 0x123456789AB & 0xFFFFFFFFFFFFFFFFF:017x}"


def subnet(number):
    tier = 0 if number in WEB else 1 if number in APP else 2
    return tier * 2 + number % 2


def address(number):
    return f"10.0.{subnet(number) * 16 + number // 200}.{number // 2 % 100 + 10}"


def model():
    yield 'version: 1\nvpcs:\n  vpc-1: { cidr: 10.0.0.0/16, region: eu-west-1, account: "123456789012" }\nsubnets:\n'
    for number, tier in enumerate(["web", "web", "app", "app", "data", "data"]):
        yield f"  subnet-{number}: {{ vpc: vpc-1, cidr: 10.0.{number * 16}.0/20, az: eu-west-1{'ab'[number % 2]}, "
        yield f"route_table: rtb-{tier}, nacl: acl-{'data' if tier == 'data' else 'open'} }}\n"
    yield "enis:\n"
    for number in [*WEB, *APP, *DATA]:
        tier = "web" if number in WEB else "app" if number in APP else "data"
        public = f", public_ip: 198.51.100.{number + 1}" if tier == "web" else ""
        yield f"  {eni(number)}: {{ subnet: subnet-{subnet(number)}, ip: {address(number)}{public}, "
        yield f"security_groups: [sg-{tier}-{number % 4}] }}\n"
    yield "security_groups:\n"
    rules = {
        "web": ["{ protocol: tcp, ports: [80, 443], source: 0.0.0.0/0 }"],
        "app": [f"{{ protocol: tcp, ports: 8080, source: sg-web-{group} }}" for group in range(4)],
        "data": [f"{{ protocol: tcp, ports: [5432, 6379], source: sg-app-{group} }}" for group in range(4)],
    }
    for tier, ingress in rules.items():
        for group in range(4):
            yield f"  sg-{tier}-{group}:\n    vpc: vpc-1\n    ingress:\n"
            yield "".join(f"      - {rule}\n" for rule in ingress)
    yield """nacls:
  acl-open:
    vpc: vpc-1
    ingress: [{ rule: 90, action: deny, protocol: tcp, ports: 23, source: 0.0.0.0/0 }, { rule: 100, action: allow, protocol: all, source: 0.0.0.0/0 }]
    egress: [{ rule: 100, action: allow, protocol: all, destination: 0.0.0.0/0 }]
  acl-data:
    vpc: vpc-1
    ingress: [{ rule: 100, action: allow, protocol: all, source: 10.0.0.0/16 }]
    egress: [{ rule: 100, action: allow, protocol: all, destination: 10.0.0.0/16 }]
route_tables:
  rtb-web: { vpc: vpc-1, routes: [{ destination: 0.0.0.0/0, target: igw-1 }] }
  rtb-app: { vpc: vpc-1, routes: [{ destination: 0.0.0.0/0, target: nat-1 }] }
  rtb-data: { vpc: vpc-1, routes: [] }
internet_gateways:
  igw-1: { vpc: vpc-1 }
nat_gateways:
"""
    yield f"  nat-1: {{ subnet: subnet-0, ip: {NAT}, public_ip: {NAT_PUBLIC}, eni: {NAT_ENI} }}\n"


class Traffic:
    def __init__(self):
        self.random = random.Random(7)
        self.start = 1_760_000_000

    def anywhere(self):
        of = self.random.randrange
        return f"{of(11, 100)}.{of(256)}.{of(256)}.{of(1, 255)}"

    def one_of(self, tier):
        """Few have much to do, and many little."""
        return tier[int(len(tier) * self.random.random() ** 3)]

    def line(self, whose, flow, action="ACCEPT"):
        of = self.random.randrange
        packets = 1 if action == "REJECT" else of(1, 400)
        end = self.start + of(1, 60)
        return f"2 123456789012 {whose} {flow} {packets} {packets * of(40, 1400)} {self.start} {end} {action} OK\n"

    def connection(self, ends, source, destination, ports, protocol=6):
        there = f"{source} {destination} {ports[0]} {ports[1]} {protocol}"
        back = f"{destination} {source} {ports[1]} {ports[0]} {protocol}"
        return [self.line(whose, flow) for whose in ends for flow in (there, back)]

    def next(self):
        kind, of = self.random.random(), self.random.randrange
        port = of(32768, 61000)
        if kind < 0.40:
            web = self.one_of(WEB)
            return self.connection([eni(web)], self.anywhere(), address(web), (port, 443))
        if kind < 0.62:
            web, app = self.one_of(WEB), self.one_of(APP)
            return self.connection([eni(web), eni(app)], address(web), address(app), (port, 8080))
        if kind < 0.82:
            app, data = self.one_of(APP), self.one_of(DATA)
            to = 5432 if data % 3 else 6379
            return self.connection([eni(app), eni(data)], address(app), address(data), (port, to))
        if kind < 0.90:
            app, server, outside = self.one_of(APP), self.anywhere(), of(1024, 65536)
            inner = self.connection([eni(app), NAT_ENI], address(app), server, (port, 443))
            return inner + self.connection([NAT_ENI], NAT, server, (outside, 443))
        if kind < 0.99:
            web, to = self.one_of(WEB), [22, 23, 3389, 8080, of(1, 65536)][of(5)]
            if to in (80, 443):
                return []
            flow = f"{self.anywhere()} {address(web)} {of(1024, 65536)} {to} 6"
            return [self.line(eni(web), flow, "REJECT")]
        status = "NODATA" if kind < 0.999 else "SKIPDATA"
        times = f"{self.start} {self.start + 58}"
        return [f"2 123456789012 {eni(self.one_of(DATA))} - - - - - - - {times} - {status}\n"]


def main():
    folder, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200_000_000
    with open(f"{folder}/model.yaml", "w") as file:
        file.writelines(model())
    traffic, written, count = Traffic(), 0, 0
    with open(f"{folder}/logs.log", "w") as file:
        written += file.write(HEADER + "\n")
        while written < size:
            for line in traffic.next():
                written += file.write(line)
                count += 1
            traffic.start += count // 2000 > (traffic.start - 1_760_000_000)
    print(f"{count} records, {written} bytes")


if __name__ == "__main__":
    main()
