"""nginx with deploy/nginx.conf and a certificate of its own before the server. Ends with 77 where there is no nginx."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

URL, KEY, WORK = os.environ["LEADSCORE_URL"], os.environ["LEADSCORE_KEY"], Path(os.environ["LEADSCORE_WORK"])
nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
if nginx is None or shutil.which("openssl") is None:
    sys.exit(77)

certificate, key = WORK / "certificate.pem", WORK / "key.pem"
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
     "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
    check=True, capture_output=True,
)  # fmt: skip
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
site = (Path(__file__).parents[3] / "deploy/nginx.conf").read_text()
# Name, certificate and ports are what everybody has to put in; all else stays as it is.
for ours, theirs in (
    ("listen 443 ", f"listen 127.0.0.1:{port} "),
    ("server_name leads.example.com;", "server_name localhost;"),
    ("/etc/ssl/leads.example.com.pem", str(certificate)),
    ("/etc/ssl/leads.example.com.key", str(key)),
    ("http://127.0.0.1:8000", URL),
):
    assert site.count(ours) == 1, f"{ours} is not in deploy/nginx.conf"
    site = site.replace(ours, theirs)
paths = "".join(f"{name}_temp_path {WORK / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
user = "user root;" if os.geteuid() == 0 else ""
(WORK / "nginx.conf").write_text(
    f"{user} daemon off; pid {WORK / 'pid'}; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{paths}{site}}}\n"
)
proxy = subprocess.Popen([nginx, "-e", "stderr", "-p", WORK, "-c", WORK / "nginx.conf"])
context = ssl.create_default_context(cafile=certificate)


def call(method, path, source="127.0.0.1", body=None, **headers):
    """The answer to a request from one of this machine's addresses."""
    connection = http.client.HTTPSConnection("localhost", port, timeout=20, context=context, source_address=(source, 0))
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def left(source="127.0.0.1", **headers):
    status, answer, _ = call("GET", "/u/no-token", source, **headers)
    assert status == 404, status
    return int(answer["x-ratelimit-remaining"])


try:
    began = time.monotonic()
    while True:
        try:
            status, headers, _ = call("GET", "/health")
            break
        except OSError:
            assert proxy.poll() is None, "nginx does not start"
            assert time.monotonic() - began < 20, "nginx does not listen"
            time.sleep(0.1)
    assert status == 200, status
    assert len(headers["x-request-id"]) == 32, "the id is the one that nginx gave"
    # Each caller has its own window, whatever it says of itself.
    first = left()
    assert left() == first - 1
    others = left("127.0.0.2")
    assert others == first, f"{others}: 127.0.0.2 is not counted by itself"
    for claimed in ("127.0.0.1", "127.0.0.3", "127.0.0.3, 127.0.0.1", "unknown"):
        others -= 1
        assert left("127.0.0.2", X_Forwarded_For=claimed, Forwarded=f"for={claimed}") == others, claimed
    assert left() == first - 2
    # Around nginx, the header of somebody who is no trusted proxy means nothing.
    direct = http.client.HTTPConnection(urlsplit(URL).netloc, timeout=20, source_address=("127.0.0.2", 0))
    direct.request("GET", "/u/no-token", headers={"X-Forwarded-For": "127.0.0.9"})
    assert int(direct.getresponse().headers["x-ratelimit-remaining"]) == others - 1
    direct.close()
    # What is open to this machine alone is not open through the proxy, and a key opens it.
    lead = b'{"name": "Ann", "email": "ann@acme.example", "page_views": 3}'
    json = {"Content_Type": "application/json"}
    assert call("POST", "/api/v1/score-lead", body=lead, **json)[0] == 401
    assert call("POST", "/api/v1/score-lead", body=lead, X_API_Key=KEY, **json)[0] == 200
    # The longest upload goes through, and what is longer does not.
    start = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="l.csv"\r\n\r\nname,email,campaign\n'
    end = b"\r\n--edge--\r\n"
    form = {"Content_Type": "multipart/form-data; boundary=edge", "X_API_Key": KEY}
    row = b"Ann,ann@acme.example," + b"c" * 100_000 + b"\n"
    body = start + row * ((10 << 20) // len(row)) + end
    status, _, answer = call("POST", "/api/v1/upload-leads", body=body, **form)
    assert status == 200, f"{status} {answer[:300]}"
    try:
        assert call("POST", "/api/v1/upload-leads", body=b"x" * (12 << 20), **form)[0] == 413
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        pass
    print(f"nginx on port {port}: 127.0.0.1 has {left()} requests left, 127.0.0.2 {left('127.0.0.2')}")
finally:
    proxy.terminate()
    proxy.wait(timeout=20)
