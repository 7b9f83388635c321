#!/usr/bin/env python3
"""The SQL that whyhop prints, run by the engines that it is for: on a real DuckDB and a real Spark, over the same files, it finds
the records that whyhop's own scan finds; and what the engine writes, as CSV, JSON or Parquet, is read back alike.

    .ci/sql.py WHYHOP

The engines come from PyPI into a folder of their own. What cannot be had is said loudly, and is no failure.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

COLUMNS = {
    "version": "INTEGER", "account_id": "VARCHAR", "interface_id": "VARCHAR", "srcaddr": "VARCHAR", "dstaddr": "VARCHAR",
    "srcport": "INTEGER", "dstport": "INTEGER", "protocol": "INTEGER", "packets": "BIGINT", "bytes": "BIGINT",
    "start": "BIGINT", "end": "BIGINT", "action": "VARCHAR", "log_status": "VARCHAR", "tcp_flags": "INTEGER",
}
MODEL = """version: 1
vpcs: { vpc: { cidr: 10.0.0.0/16, account: "111122223333", region: eu-west-1 } }
subnets: { subnet: { vpc: vpc, cidr: 10.0.0.0/24 } }
enis:
  eni-1: { subnet: subnet, ip: 10.0.0.11, security_groups: [sg] }
  eni-2: { subnet: subnet, ip: 10.0.0.12, security_groups: [sg] }
security_groups: { sg: { vpc: vpc } }
"""
# Seconds that an engine may take to arrive, or for one query.
LONGEST = 600
START = 1_760_000_000
HIVE = "aws-account-id={}/aws-service=vpcflowlogs/aws-region={}/year={}/month={}/day={}"


def rows():
    """Records of five interfaces over three days, some of them without an answer, some empty."""
    for at in range(6000):
        eni, start = f"eni-{at % 5 + 1}", START + at * 43
        if at % 97 == 0:
            yield (2, "111122223333", eni, *[None] * 7, start, start + 59, None, "NODATA", None)
        else:
            yield (2, "111122223333", eni, "10.0.0.11", f"10.0.0.{at % 250}", 1024 + at, 443, 6, at % 9 + 1, at * 40, start,
                   start + 59, "REJECT" if at % 7 == 0 else "ACCEPT", "OK", 2 if at % 7 == 0 else 3)


def day(start):
    import datetime
    return datetime.datetime.fromtimestamp(start, datetime.timezone.utc)


def engine(folder, package):
    """A Python that has the package, or none."""
    home = folder / package
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
    try:
        got = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
        last = None if got.returncode == 0 else (got.stderr.strip().splitlines() or ["no word"])[-1]
    except subprocess.TimeoutExpired:
        last = f"it took more than {LONGEST} seconds"
    if last:
        print(f"\n== SKIPPED: {package} cannot be installed ({last}); this dialect is NOT tested on its engine", file=sys.stderr)
        return None
    return python


def whyhop(binary, *arguments):
    got = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if got.returncode not in (0, 1):
        sys.exit(f"whyhop {arguments}: {got.stderr}")
    return got.stdout


def records(binary, where, model, window):
    """What whyhop itself finds, without where it stands."""
    shown = json.loads(whyhop(binary, "logs", "show", where, "--of", "eni-1", "--of", "eni-2", "-m", model, "--limit", 100000, "--format", "json", *window))
    assert not shown["problems"], shown["problems"]
    keep = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "tcp-flags")
    return sorted(tuple(str(one["fields"].get(name, "-")) for name in keep) for one in shown["records"])


def check(binary, python, dialect, folder, model, logs):
    """The same records by the engine, in three forms, with and without partitions, in a window and over all."""
    table = {"duckdb": f"read_parquet('{logs}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)", "spark": "flows"}[dialect]
    windows = [[], ["--since", str(START + 50_000), "--until", str(START + 150_000)]]
    compared = 0
    for window in windows:
        wanted = records(binary, logs, model, window)
        assert len(wanted) > 500, len(wanted)
        for partitions in ["none", "hive"]:
            sql = whyhop(binary, "logs", "sql", "--dialect", dialect, "--table", table, "--partitions", partitions,
                         "--of", "eni-1", "--of", "eni-2", "--columns", "tcp_flags", "-m", model, *window)
            out = folder / f"{dialect}-{partitions}-{len(window)}"
            run = subprocess.run([python, __file__, "--run", dialect, str(logs), str(out)], input=sql, text=True,
                                 capture_output=True, timeout=LONGEST)
            if run.returncode != 0:
                sys.exit(f"{dialect} refuses:\n{sql}\n{run.stderr[-3000:]}")
            for form in ["csv", "json", "parquet"]:
                found = records(binary, out / form, model, window)
                assert found == wanted, f"{dialect}, {partitions}, {form}: {len(found)} records, {len(wanted)} wanted"
                compared += 1
    print(f"{dialect}: {compared} results are what whyhop's own scan finds ({len(wanted)} records in the window)")
    return compared


def run(dialect, logs, out):
    """Inside the engine: its query from standard input, its result in three forms."""
    sql, out = sys.stdin.read(), Path(out)
    if dialect == "duckdb":
        import duckdb
        out.mkdir(parents=True)
        base = duckdb.connect()
        base.execute(f"CREATE TABLE found AS {sql}")
        for form, how in [("csv", "(HEADER)"), ("json", ""), ("parquet", "(FORMAT parquet)")]:
            (out / form).mkdir()
            base.execute(f"COPY found TO '{out / form}/result.{form}' {how}")
    else:
        from pyspark.sql import SparkSession
        spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
                 .config("spark.sql.sources.partitionColumnTypeInference.enabled", "false").getOrCreate())
        spark.sparkContext.setLogLevel("ERROR")
        spark.read.parquet(logs).createOrReplaceTempView("flows")
        found = spark.sql(sql).coalesce(1)
        found.write.option("header", "true").csv(str(out / "csv"))
        found.write.json(str(out / "json"))
        found.write.parquet(str(out / "parquet"))


def write(logs):
    """Parquet files under Hive-compatible paths, as S3 delivery writes them; DuckDB makes them."""
    import duckdb
    base = duckdb.connect()
    base.execute("CREATE TABLE flow (" + ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items()) + ")")
    base.executemany("INSERT INTO flow VALUES (" + ", ".join("?" * len(COLUMNS)) + ")", list(rows()))
    days = sorted({day(one[10]).strftime("%Y-%m-%d") for one in rows()})
    for date in days:
        year, month, number = date.split("-")
        folder = Path(logs) / HIVE.format("111122223333", "eu-west-1", year, month, number)
        folder.mkdir(parents=True)
        base.execute(f"COPY (SELECT * FROM flow WHERE strftime(to_timestamp(\"start\") AT TIME ZONE 'UTC', '%Y-%m-%d') = '{date}') "
                     f"TO '{folder}/flow.parquet' (FORMAT parquet, COMPRESSION gzip)")


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        model, logs = folder / "model.yaml", folder / "logs"
        model.write_text(MODEL)
        duckdb = engine(folder, "duckdb")
        if duckdb is None:
            return
        subprocess.run([duckdb, __file__, "--write", str(logs)], check=True)
        passed = check(binary, duckdb, "duckdb", folder, model, logs)
        if shutil.which("java") is None:
            print("\n== SKIPPED: there is no Java for Spark; its dialect is NOT tested on its engine", file=sys.stderr)
        elif spark := engine(folder, "pyspark"):
            passed += check(binary, spark, "spark", folder, model, logs)
        print(f"sql: {passed} passed, 0 failed")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--run", dialect, logs, out]:
            run(dialect, logs, out)
        case ["--write", logs]:
            write(logs)
        case _:
            main()
