"""One question and one audit over the logs of make.py, by whyhop and by others, in one run: `compare.py WHYHOP FOLDER`.

Every tool answers from the plain and from the gzip file, on one thread, RUNS times in turn; the lowest CPU time counts
(user and system, of the process and what it starts; of Python modules without Python's own start). Answers have to be equal.

path   the records of one connection's four crossings, by crossing and action: `whyhop path`, mawk, DuckDB, flowlogs_reader
audit  every record against the model: `whyhop logs audit`. No other tool does this; beside it stands what is asked of a log
       with the others, the records by (interface, source, destination, port, protocol, action): mawk, DuckDB
"""

import collections
import json
import os
import subprocess
import sys

from make import address, eni

RUNS = 3
WEB, APP, PORT = 40, 85, "8080"
HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = "version account_id interface_id srcaddr dstaddr srcport dstport protocol packets bytes start end action log_status"


def seconds(command):
    """The CPU seconds of a command, and what it says."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, RAYON_NUM_THREADS="1", LC_ALL="C"))
    out = child.stdout.read().decode()
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return usage.ru_utime + usage.ru_stime, out


def own_seconds(command):
    """The same of a program that says how long it took in its last line."""
    _, out = seconds(command)
    lines = out.splitlines()
    return float(lines[-1]), "\n".join(lines[:-1])


def cat(file):
    return f"gzip -dc {file}" if file.endswith(".gz") else f"cat {file}"


def counted(out):
    """Lines of `interface source destination action count`, as a table."""
    rows = (line.split() for line in out.splitlines())
    return {tuple(row[:4]): int(row[4]) for row in rows}


def whyhop_path(whyhop, folder, file):
    model = f"{folder}/model.yaml"
    ends = [eni(WEB), eni(APP)]
    spent, out = seconds([whyhop, "path", *ends, f"tcp/{PORT}", "-m", model, "--flow-logs", file, "--format", "json"])
    said = json.loads(out)["evidence"]
    # The records themselves: a path shows the first five of each crossing.
    _, out = seconds([whyhop, "logs", "show", file, "--path", *ends, "--packets", f"tcp/{PORT}", "-m", model, "--format", "json", "--limit", "1000000"])
    rows = collections.Counter()
    for record in json.loads(out)["records"]:
        fields = record["fields"]
        rows[tuple(fields[name] for name in ("interface-id", "srcaddr", "dstaddr", "action"))] += 1
    assert said["state"] == "corroborated", said["state"]
    return spent, dict(rows)


def mawk_path(_, folder, file):
    ends = f'a="{address(WEB)}";b="{address(APP)}"'
    script = f"""BEGIN{{{ends}}} ($3=="{eni(WEB)}"||$3=="{eni(APP)}")&&$8==6&&
        (($4==a&&$5==b&&$7=={PORT})||($4==b&&$5==a&&$6=={PORT})){{n[$3" "$4" "$5" "$13]++}} END{{for(k in n)print k,n[k]}}"""
    spent, out = seconds(["sh", "-c", f"{cat(file)} | mawk '{script}'"])
    return spent, counted(out)


def duckdb_path(_, folder, file):
    where = f"""interface_id in ('{eni(WEB)}','{eni(APP)}') and protocol=6 and
        ((srcaddr='{address(WEB)}' and dstaddr='{address(APP)}' and dstport={PORT}) or
         (srcaddr='{address(APP)}' and dstaddr='{address(WEB)}' and srcport={PORT}))"""
    keys = "interface_id, srcaddr, dstaddr, action"
    spent, out = own_seconds(duckdb(file, f"select {keys}, count(*) from {{}} where {where} group by {keys}"))
    return spent, counted(out)


def duckdb(file, query):
    numbers = {"version", "srcport", "dstport", "protocol"}
    longs = {"packets", "bytes", "start", "end"}
    types = {name: "INT" if name in numbers else "BIGINT" if name in longs else "VARCHAR" for name in FIELDS.split()}
    source = f"read_csv('{file}', delim=' ', header=true, nullstr='-', auto_detect=false, columns={types})"
    program = f"""import time, duckdb
base = duckdb.connect(); base.execute('set threads=1'); base.execute('set enable_progress_bar=false'); begin = time.process_time()
for row in base.execute({query.format(source)!r}).fetchall(): print(*row)
print(time.process_time() - begin)"""
    return [sys.executable, "-c", program]


def reader_path(_, folder, file):
    program = f"""import collections, csv, gzip, time, warnings
warnings.simplefilter('ignore')
from flowlogs_reader import FlowRecord
begin, rows = time.process_time(), collections.Counter()
a, b = {address(WEB)!r}, {address(APP)!r}
with (gzip.open if {file!r}.endswith('gz') else open)({file!r}, 'rt') as text:
    reader = csv.DictReader(text, delimiter=' ')
    reader.fieldnames = [name.replace('-', '_') for name in reader.fieldnames]
    for one in map(FlowRecord, reader):
        if one.interface_id in ({eni(WEB)!r}, {eni(APP)!r}) and one.protocol == 6 and (
            (one.srcaddr, one.dstaddr, one.dstport) == (a, b, {PORT}) or (one.srcaddr, one.dstaddr, one.srcport) == (b, a, {PORT})):
            rows[one.interface_id, one.srcaddr, one.dstaddr, one.action] += 1
for row, count in rows.items(): print(*row, count)
print(time.process_time() - begin)"""
    spent, out = own_seconds([sys.executable, "-c", program])
    return spent, counted(out)


def whyhop_audit(whyhop, folder, file):
    spent, out = seconds([whyhop, "logs", "audit", file, "-m", f"{folder}/model.yaml", "--format", "json"])
    told = json.loads(out)
    return spent, told["records"]["all"] - told["records"]["nodata"] - told["records"]["skipdata"]


def mawk_groups(_, folder, file):
    script = '$14=="OK"{n[$3" "$4" "$5" "$7" "$8" "$13]++} END{for(k in n)s+=n[k];print s}'
    spent, out = seconds(["sh", "-c", f"{cat(file)} | mawk '{script}'"])
    return spent, int(float(out))


def duckdb_groups(_, folder, file):
    keys = "interface_id, srcaddr, dstaddr, dstport, protocol, action"
    inner = f"select {keys}, count(*) as n from {{}} where log_status='OK' group by {keys}"
    spent, out = own_seconds(duckdb(file, f"select sum(n)::bigint from ({inner})"))
    return spent, int(out)


CONTESTS = {
    "path": {"whyhop": whyhop_path, "mawk": mawk_path, "DuckDB": duckdb_path, "flowlogs_reader": reader_path},
    "audit": {"whyhop": whyhop_audit, "mawk, by group": mawk_groups, "DuckDB, by group": duckdb_groups},
}


def main():
    whyhop, folder = sys.argv[1], sys.argv[2]
    size = os.path.getsize(f"{folder}/logs.log") / 1e9
    for contest, tools in CONTESTS.items():
        for file in ("logs.log", "logs.log.gz"):
            lowest, answers = {}, {}
            for run in range(RUNS):
                for name, tool in tools.items():
                    if name == "flowlogs_reader" and run:
                        continue
                    spent, answers[name] = tool(whyhop, folder, f"{folder}/{file}")
                    lowest[name] = min(spent, lowest.get(name, spent))
            own = lowest["whyhop"]
            assert answers["whyhop"] and all(answer == answers["whyhop"] for answer in answers.values()), answers
            print(f"{contest} {file}")
            for name, spent in lowest.items():
                print(f"  {name:18} {spent:7.2f} s  {size / spent:6.3f} GB/s  {spent / own:6.1f} x whyhop's", flush=True)


if __name__ == "__main__":
    main()
