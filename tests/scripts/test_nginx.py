"""The shipped configurations of nginx, tried in a real one in front of a stand-in."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2 as httpx
import pytest

import geo_api

ROOT = Path(geo_api.__file__).parent.parent
SITES = {"deploy": "deploy/nginx.conf", "docker": "docker/nginx.conf"}
SECRET = "kJ3xTq0bR5uZpV8wYc1dAg"


def find_nginx() -> Path:
    unpacked = ROOT / ".cache" / "nginx" / "usr" / "sbin" / "nginx"
    found = shutil.which("nginx") or (str(unpacked) if unpacked.exists() else None)
    assert found, "nginx is missing: scripts/test installs it"
    return Path(found)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class _Service(BaseHTTPRequestHandler):
    """Says what it was told by the proxy."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = {k.lower(): v for k, v in self.headers.items()}
        self.rfile.read(int(told.get("content-length", 0)))
        body = f"{told['x-forwarded-proto']} {told['x-forwarded-for']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Site:
    """A running nginx with one of the shipped files."""

    plain: str
    tls: str
    logs: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.tls, verify=False, trust_env=False)

    def logged(self) -> str:
        return "".join(
            path.read_text("utf-8", errors="replace")
            for path in sorted(self.logs.rglob("*"))
            if path.is_file() and path.suffix != ".pem"
        )


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "nginx did not start"
            time.sleep(0.02)
        else:
            return


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The shipped file, with ports and folders of the test's own and nothing else."""
    service = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    plain, tls = free_port(), free_port()
    text = (ROOT / SITES[request.param]).read_text("utf-8")
    for old, new in (
        (r"\n +listen \[::\].*", ""),
        (r"listen (80|8080)\b", f"listen 127.0.0.1:{plain}"),
        (r"listen (443|8443)\b", f"listen 127.0.0.1:{tls}"),
        # What nginx 1.25 calls it.
        (r"( ssl);\n +http2 on;", r"\1 http2;"),
        (r"server (127\.0\.0\.1|app):8000;", f"server {service.server_name}:{{}};"),
        (r"https://@NAME@|\$\{MINQING_PUBLIC_URL\}", "https://minqing.example"),
        (r"@NAME@", "minqing.example"),
        (r"/var/log/minqing|/dev(?=/std)", str(tmp_path)),
        (r"/etc/minqing/tls", str(tmp_path)),
    ):
        text = re.sub(old, new, text)
    text = text.replace(":{};", f":{service.server_address[1]};")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=minqing.example", "-keyout", tmp_path / "key.pem"),
            *("-out", tmp_path / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; user root; pid {tmp_path}/pid;\nerror_log {tmp_path}/first.log;\n"
        # A server that forgets to say where it logs would log here.
        f"events {{}}\nhttp {{\naccess_log {tmp_path}/stray.log;\n{folders}{text}\n}}\n"
    )
    with (tmp_path / "console.log").open("wb") as console:
        process = subprocess.Popen(
            [find_nginx(), "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
            stderr=console,
        )
    try:
        wait_for(tls, process)
        yield Site(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}", tmp_path)
    finally:
        process.terminate()
        process.wait(10)
        service.shutdown()
        service.server_close()


def test_no_log_that_we_ship_holds_the_secret_of_a_tracking_page(site: Site) -> None:
    with site.client() as client:
        for path in (f"/r/{SECRET}", f"//r/{SECRET}", f"/%72/{SECRET}?lang={SECRET}"):
            reply = client.get(site.tls + path, headers={"Referer": SECRET})
            assert reply.status_code == 200
        assert client.get(f"/order?key={SECRET}").status_code == 200
        # One that fails is written to the log of errors, too.
        client.post(f"/r/{SECRET}", content=b"x" * (33 << 20))
    httpx.get(f"{site.plain}/r/{SECRET}", trust_env=False)
    logged = site.logged()
    assert logged.count('"GET /r/*"') >= 4
    assert '"GET /order"' in logged
    assert SECRET not in logged
    assert not (site.logs / "stray.log").read_text()


def test_a_caller_who_asks_too_often_is_told_so_and_others_paths_stay_open(
    site: Site,
) -> None:
    def sign_in(_: int) -> httpx.Response:
        with site.client() as client:
            return client.post("/api/session", json={})

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(sign_in, range(48)))
    statuses = [reply.status_code for reply in replies]
    assert statuses.count(200) >= 30
    refused = [reply for reply in replies if reply.status_code == 429]
    assert refused
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert refused[0].headers["retry-after"] == "5"
    assert refused[0].json()["status"] == 429
    with site.client() as client:
        assert client.post("/api/requests", json={}).status_code == 200
        assert client.get("/tiles/heat/9/403/200.png").status_code == 200


def test_every_reply_says_to_come_by_tls_and_the_service_is_told_who_came(
    site: Site,
) -> None:
    with site.client() as client:
        reply = client.get("/", headers={"X-Forwarded-For": "198.51.100.7"})
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert reply.text == "https 198.51.100.7, 127.0.0.1"
    plain = httpx.get(f"{site.plain}/order", headers={"Host": "evil.example"})
    assert plain.status_code == 301
    assert plain.headers["location"] == "https://minqing.example/order"


def test_both_files_hold_the_same_rules() -> None:
    texts = [(ROOT / path).read_text("utf-8") for path in SITES.values()]
    rules = [text[text.index("    ssl_certificate ") :] for text in texts]
    assert rules[0] == rules[1]
    heads = [re.search(r"\nmap .*?\nupstream", text, re.S) for text in texts]
    assert heads[0]
    assert heads[1]
    assert heads[0][0] == heads[1][0]
    for text in texts:
        assert re.search(r"^    limit_conn minqing_open \d+;", text, re.M)
        for server in text.split("\nserver {")[1:]:
            assert " minqing;" in re.findall(r"access_log .*", server)[0]
        for wait in ("client_body_timeout", "client_header_timeout", "send_timeout"):
            assert re.search(rf"{wait} \d+s;", text)
