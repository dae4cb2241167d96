"""Asks a real Prometheus, over 40 days of counters that are written here, what `regild traffic pull` asks, and holds the numbers
against those that the counters were made of: python3 check.py REGILD. Loopback only; the servers end with this program."""

import base64
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

REGILD = pathlib.Path(sys.argv[1]).resolve()
DAY = 86_400
STEP = 120  # seconds between two samples, as a scraper takes them
PASSWORD = "correct-horse-battery"
# bcrypt of PASSWORD with the lowest cost that Prometheus takes.
BCRYPT = "$2b$04$RA8BERb9YIFBr6zhIi.qbu/K.YafQYyIlTSpYNjsM3I7YeYscLuuq"

# What was counted: labels, requests a minute, since and until how many days ago, and at which days a restart set it back to 0.
SERIES = [
    ({"prompt_id": "support:12.0.0:0123456789ab", "env": "production"}, 20, 40, 12, []),
    ({"prompt_id": "support:13.0.0:ba9876543210", "env": "production"}, 30, 12, 0, [5, 3]),
    ({"prompt_id": "support:13.0.0:ba9876543210", "env": "staging"}, 1, 40, 0, [20]),
    ({"prompt_id": "young", "env": "production"}, 10, 10, 0, []),
    ({"prompt_id": "retired:1.0.0:0011223344ff", "env": "production"}, 5, 40, 9, []),
    ({"prompt_id": "elsewhere:1.0.0:0011223344ff", "env": "production"}, 7, 40, 0, []),
]


def counters(end: int) -> str:
    """The series as OpenMetrics, from 40 days before `end` on."""
    lines = ["# TYPE prompt_executions counter"]
    for labels, rate, since, until, restarts in SERIES:
        text = ",".join(f'{name}="{value}"' for name, value in labels.items())
        value, at = 0.0, end - since * DAY
        resets = {end - day * DAY for day in restarts}
        while at <= end - until * DAY:
            if at in resets:
                value = 0.0
            lines.append(f"prompt_executions_total{{{text}}} {value} {at}")
            value += rate * STEP / 60
            at += STEP
    return "\n".join([*lines, "# EOF", ""])


def requests(prompt: str, env: str | None, days: int) -> float:
    """What the last `days` counted, by hand."""
    of = [s for s in SERIES if s[0]["prompt_id"].split(":")[0] == prompt and env in (None, s[0]["env"])]
    return sum(rate * 1440 * max(0, min(days, since) - until) for _, rate, since, until, _ in of)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def prometheus(data: pathlib.Path, more: list[str], opener, scheme: str):
    """A running server with the blocks of `data`; its address."""
    port = free_port()
    (data.parent / "prometheus.yml").write_text("global: {}\n")
    command = ["prometheus", f"--config.file={data.parent / 'prometheus.yml'}", f"--storage.tsdb.path={data}",
               "--storage.tsdb.retention.time=2y", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error", *more]
    server = subprocess.Popen(command)
    url = f"{scheme}://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                opener(url + "/-/ready")
                break
            except (urllib.error.URLError, OSError):
                assert server.poll() is None, "prometheus ended"
                time.sleep(0.1)
        else:
            raise SystemExit("prometheus does not get ready")
        yield url
    finally:
        server.terminate()
        server.wait(30)


def project(root: pathlib.Path) -> None:
    for name in ["support", "young", "retired", "silent"]:
        place = root / "prompts" / name
        place.mkdir(parents=True)
        (place / "v1.0.0.yaml").write_text(f"id: {name}\nversion: 1.0.0\ntemplate: hi\nvariables: []\n")
    (root / "regild.yaml").write_text(
        "# ours\nmodels: {m: {provider: mock}}\ntraffic:\n  support: {requests_per_month: 1, retry_rate: 0.02}\n\n# the gate's\ngate: {tokens: null}\n")
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)


def regild(root: pathlib.Path, *args: str, code: int = 0, **env: str) -> tuple[str, str]:
    done = subprocess.run([REGILD, "-C", root, *args], capture_output=True, text=True, env={**os.environ, **env})
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def declared(root: pathlib.Path) -> dict[tuple[str, str | None], int]:
    rows = json.loads(regild(root, "traffic", "show", "--format", "json")[0])["traffic"]
    return {(row["prompt"], row["environment"]): row["requests_per_month"]["expected"] for row in rows}


def near(found: int, want: float, what: str) -> None:
    off = (found - want) / want
    print(f"  {what}: {found:,} where {want:,.0f} were counted ({off:+.2%})")
    assert abs(off) <= 0.01, what


def by_environment(root: pathlib.Path, url: str) -> None:
    out, err = regild(root, "traffic", "pull", "--url", url, "--environment-label", "env", "--output", "regild.yaml")
    assert out == "wrote the traffic of 3 prompts to regild.yaml\n", out
    found = declared(root)
    near(found["support", "production"], requests("support", "production", 30), "two versions, two restarts")
    near(found["support", "staging"], requests("support", "staging", 30), "one restart")
    near(found["young", "production"], requests("young", "production", 30), "ten days old, as counted")
    near(found["retired", "production"], requests("retired", "production", 30), "gone for nine days")
    assert ("support", None) not in found and "support: its number without an environment had to go" in err, err
    assert "young in production: 10 of 30 days have data: a whole month may be 43" in err, err
    assert "retired in production: nothing was counted in the last 9 days" in err, err
    assert 'no prompt here has this id: "elsewhere:1.0.0:0011223344ff"' in err, err
    assert "nothing was counted of: silent" in err, err
    text = (root / "regild.yaml").read_text()
    assert text.startswith("# ours\nmodels: {m: {provider: mock}}\ntraffic:\n") and text.endswith("\n\n# the gate's\ngate: {tokens: null}\n")
    assert 'retry_rate: "0.02"' in text, text


def in_all(root: pathlib.Path, url: str, end: int) -> None:
    (root / "regild.yaml").write_text("models: {m: {provider: mock}}\n")
    regild(root, "traffic", "pull", "--url", url, "--extrapolate", "--output", "regild.yaml")
    near(declared(root)["young", None], 10 * 1440 * 30, "ten days old, extrapolated")
    near(declared(root)["support", None], requests("support", None, 30), "all environments")
    regild(root, "traffic", "pull", "--url", url, "--window", "7d", "--output", "regild.yaml")
    near(declared(root)["support", None], requests("support", None, 7) * 30 / 7, "seven days scaled to thirty")
    only = 'prompt_executions_total{env="staging"}'
    regild(root, "traffic", "pull", "--url", url, "--metric", only, "--output", "regild.yaml")
    near(declared(root)["support", None], requests("support", "staging", 30), "one environment by a selector")
    day = time.strftime("%Y-%m-%d", time.gmtime(end - 14 * DAY))
    regild(root, "traffic", "pull", "--url", url, "--window", "20d", "--as-of", day, "--output", "regild.yaml")
    near(declared(root)["support", None], 21 * 1440 * 30, "as of two weeks ago, by the version before")
    query = "sum by (prompt_id) (prompt_executions_total)"
    regild(root, "traffic", "pull", "--url", url, "--query", query, "--output", "regild.yaml")
    near(declared(root)["young", None], 10 * 1440 * 10, "a query of one's own")


def refusals(root: pathlib.Path, url: str) -> None:
    for args, says in [
        (["--query", "sum by ("], "bad_data"),
        (["--query", "prompt_executions_total[5m]"], "gives a matrix"),
        (["--query", "1"], "gives a scalar"),
        (["--query", "0 - sum by (prompt_id) (prompt_executions_total)"], "is no number of requests"),
        (["--query", "sum by (prompt_id) (prompt_executions_total) / 0"], "is no number of requests"),
        (["--metric", "no_such_total"], "counted nothing in the 30d up to"),
        (["--label", "no_such_label"], "counted nothing of this project's prompts"),
    ]:
        _, err = regild(root, "traffic", "pull", "--url", url, *args, code=2)
        assert says in err, f"{args}: {err}"
    _, err = regild(root, "traffic", "pull", "--url", url + "/elsewhere", code=2)
    assert "404: no JSON" in err, err


def certificates(scratch: pathlib.Path, cert: pathlib.Path, key: pathlib.Path) -> pathlib.Path:
    """Makes a certificate for 127.0.0.1; the authority that signed it."""
    authority, own = scratch / "authority.pem", scratch / "authority.key"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    for command in [
        [*new, "-subj", "/CN=regild test authority", "-keyout", own, "-out", authority],
        [*new, "-subj", "/CN=regild test", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
         "-CA", authority, "-CAkey", own, "-keyout", key, "-out", cert],
    ]:
        subprocess.run(command, check=True, capture_output=True)
    return authority


def behind_tls(scratch: pathlib.Path, root: pathlib.Path, data: pathlib.Path) -> None:
    cert, key, web = scratch / "cert.pem", scratch / "key.pem", scratch / "web.yml"
    authority = certificates(scratch, cert, key)
    web.write_text(f"tls_server_config: {{cert_file: {cert}, key_file: {key}}}\nbasic_auth_users: {{ci: {BCRYPT}}}\n")
    import ssl
    context = ssl.create_default_context(cafile=str(authority))
    login = "Basic " + base64.b64encode(f"ci:{PASSWORD}".encode()).decode()
    opener = lambda url: urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": login}), timeout=5, context=context)
    with prometheus(data, [f"--web.config.file={web}"], opener, "https") as url:
        login = ["--ca-file", str(authority), "--user", "ci", "--token-env", "PROM_PASSWORD"]
        out, err = regild(root, "traffic", "pull", "--url", url, *login, PROM_PASSWORD=PASSWORD)
        assert "requests_per_month: " in out and PASSWORD not in out + err, out
        _, err = regild(root, "traffic", "pull", "--url", url, *login, code=2, PROM_PASSWORD="wrong-password")
        assert "401" in err and "wrong-password" not in err, err
        _, err = regild(root, "traffic", "pull", "--url", url, code=2)
        assert "certificate is not trusted here" in err, err


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        end = int(time.time()) // STEP * STEP
        (scratch / "counters.txt").write_text(counters(end))
        data = scratch / "data"
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=720h", scratch / "counters.txt", data], check=True)
        root = scratch / "project"
        project(root)
        with prometheus(data, [], lambda url: urllib.request.urlopen(url, timeout=5), "http") as url:
            by_environment(root, url)
            in_all(root, url, end)
            refusals(root, url)
        behind_tls(scratch, root, data)
    print("traffic pull and Prometheus agree")


main()
