"""The example's calls through the vendors' own SDKs, against a server that answers as the vendors do."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType
from typing import Any

import pytest

from leadscore import Assisted, Pipeline, Task, assist

from .conftest import ROOT

pytestmark = [
    pytest.mark.third_party,
    pytest.mark.filterwarnings("default"),
]

GOOD = '{"action":"Call the VP Sales","rationale":"They decide.","priority":"high","timeframe":"Today"}'
ANSWERS = {
    "openai": {
        "id": "resp_1",
        "object": "response",
        "created_at": 1763800000,
        "status": "completed",
        "model": "gpt-4o-mini-2024-07-18",
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": GOOD, "annotations": []}],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 600,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 40,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 640,
        },
    },
    "gemini": {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": GOOD}]}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {"promptTokenCount": 600, "candidatesTokenCount": 40, "totalTokenCount": 640},
        "modelVersion": "gemini-3.5-flash",
        "responseId": "r1",
    },
    "ollama": {
        "model": "llama3.2",
        "created_at": "2026-11-22T09:30:00Z",
        "message": {"role": "assistant", "content": GOOD},
        "done": True,
        "done_reason": "stop",
        "total_duration": 5,
        "prompt_eval_count": 600,
        "eval_count": 40,
    },
}
ERRORS = {
    "openai": {
        "error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    },
    "gemini": {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}},
    "ollama": {"error": "slow down"},
}


class Vendor(HTTPServer):
    """Answers every request alike and keeps what was asked."""

    status = 200
    answer: Any = None
    asked: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        vendor = self.server
        assert isinstance(vendor, Vendor)
        length = int(self.headers["content-length"])
        vendor.asked.append(json.loads(self.rfile.read(length)))
        if vendor.status == 0:
            self.close_connection = True
            return
        body = json.dumps(vendor.answer).encode()
        self.send_response(vendor.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-should-retry", "false")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Vendor]:
    # One for all tests: an SDK may read its address when it is imported.
    server = Vendor(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def vendor(server: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    server.asked = []
    server.status = 200
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v1")
    monkeypatch.setenv("GEMINI_API_KEY", "sk-secret")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", address)
    monkeypatch.setenv("OLLAMA_HOST", address)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return server


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "language_model", ROOT / "examples/python/language_model.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(example: ModuleType, name: str) -> Assisted[Any]:
    lead = {"id": "l-1", "title": "VP Sales"}
    task = Task("next_action", pipeline=Pipeline.builtin("conversion"), lead=lead, as_of="2026-11-22")
    result = assist(task, example.ASK[name])
    assert isinstance(result, Assisted)
    return result


@pytest.mark.parametrize("name", list(ANSWERS))
def test_the_answer_of_an_sdk_is_taken(vendor: Vendor, example: ModuleType, name: str) -> None:
    vendor.answer = ANSWERS[name]
    result = ask(example, name)
    assert result.provenance.reason is None
    assert result.output["action"] == "Call the VP Sales"
    assert result.cost == {"openai": 0.000114, "gemini": None, "ollama": 0.0}[name]
    (asked,) = vendor.asked
    text = json.dumps(asked)
    assert "You tell a sales representative" in text
    assert "VP Sales" in text
    schema = {
        "openai": lambda: asked["text"]["format"]["schema"],
        "gemini": lambda: asked["generationConfig"]["responseJsonSchema"],
        "ollama": lambda: asked["format"],
    }[name]()
    assert schema["required"] == ["action", "rationale", "priority", "timeframe"]


@pytest.mark.parametrize("name", list(ANSWERS))
@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limited"), (503, "unavailable"), (401, "unauthorized")]
)
def test_the_failure_of_an_sdk_is_the_reason(
    vendor: Vendor, example: ModuleType, name: str, status: int, kind: str
) -> None:
    vendor.status, vendor.answer = status, ERRORS[name]
    reason = ask(example, name).provenance.reason
    assert reason is not None
    assert reason["failure"]["kind"] == kind
    assert "secret" not in json.dumps(reason)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_a_broken_connection_is_the_reason(vendor: Vendor, example: ModuleType, name: str) -> None:
    vendor.status = 0
    reason = ask(example, name).provenance.reason
    assert vendor.asked
    assert reason is not None
    assert reason["failure"]["kind"] == "connection"
