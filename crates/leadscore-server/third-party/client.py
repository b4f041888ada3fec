"""A client by openapi-python-client; one call of each family with it."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

URL, WORK = os.environ["LEADSCORE_URL"], Path(os.environ["LEADSCORE_WORK"])
generator = Path(sys.executable).with_name("openapi-python-client")
target = WORK / "leadscore_api"
subprocess.run(
    [generator, "generate", "--url", f"{URL}/openapi.json", "--meta", "none", "--output-path", target],
    check=True,
)
sys.path.insert(0, str(WORK))
client = importlib.import_module("leadscore_api.client").AuthenticatedClient
keyed = client(URL, os.environ["LEADSCORE_KEY"], prefix="", auth_header_name="X-API-Key")
signed = client(URL, os.environ["LEADSCORE_TOKEN"])
document = json.loads(keyed.get_httpx_client().get("/openapi.json").text)
SAMPLE = Path(__file__).parents[3] / "docs/examples/sample_request_1.json"


def call(family, method, path, client, body=None, **parameters):
    """Calls the generated function of a route."""
    name = document["paths"][path][method]["operationId"]
    module = importlib.import_module(f"leadscore_api.api.{family.replace('-', '_')}.{name}")
    if body is not None:
        kind = module._get_kwargs.__annotations__["body"]
        parameters["body"] = kind.from_dict(body)
    response = module.sync_detailed(client=client, **parameters)
    assert response.status_code in (200, 201), f"{family} {path}: {response.status_code} {response.content}"
    assert response.parsed is not None, f"{family} {path}: nothing parsed"
    print(f"{family}: {int(response.status_code)}")


call("system", "get", "/health", keyed)
call("b2b", "post", "/api/v1/score", keyed, json.loads(SAMPLE.read_text()))
call("core", "post", "/api/v1/leads", keyed, {"id": "py-1", "email": "py@acme.example"})
call("heatscore", "get", "/api/v1/metrics", keyed)
call("lead-ml", "get", "/api/lead-scoring/leads/{id}/ml/features", signed, id=1)
