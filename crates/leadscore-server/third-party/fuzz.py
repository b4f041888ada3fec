"""schemathesis with all checks: the routes that take a key, then those that take a token."""

import os
import subprocess
import sys
from pathlib import Path

program = Path(sys.executable).with_name("schemathesis")
examples = os.environ.get("LEADSCORE_EXAMPLES", "20")
# What no schema says: whether the bytes of an upload are a table, and that a period does not end before it begins.
Path(os.environ["LEADSCORE_WORK"], "schemathesis.toml").write_text(
    "".join(
        f'[[operations]]\ninclude-path = "{path}"\nchecks.positive_data_acceptance.enabled = false\n\n'
        for path in ("/api/v1/upload-leads", "/api/lead-scoring/{configId}/ml/accuracy")
    )
)
common = [
    program, "run", os.environ["LEADSCORE_URL"] + "/openapi.json", "--checks", "all", "--max-examples", examples,
    "--seed", "20261126", "--generation-database", "none", "--no-color", "--continue-on-failure",
]  # fmt: skip
keyed = ["--exclude-tag", "lead-ml", "-H", "X-API-Key: " + os.environ["LEADSCORE_KEY"]]
signed = ["--include-tag", "lead-ml", "-H", "Authorization: Bearer " + os.environ["LEADSCORE_TOKEN"]]
results = [subprocess.run(common + own, cwd=os.environ["LEADSCORE_WORK"], check=False).returncode for own in (keyed, signed)]
sys.exit(max(map(abs, results)))
