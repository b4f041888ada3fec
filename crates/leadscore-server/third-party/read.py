"""The document by openapi-spec-validator, and /metrics by the parser of prometheus_client."""

import json
import os
from urllib.request import urlopen

from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.parser import text_string_to_metric_families

URL = os.environ["LEADSCORE_URL"]


def read(path: str) -> str:
    with urlopen(URL + path, timeout=30) as response:
        return response.read().decode()


document = json.loads(read("/openapi.json"))
errors = [f"{list(error.path)}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
assert not errors, "\n".join(errors)
read("/health")
families = list(text_string_to_metric_families(read("/metrics")))
samples = [sample for family in families for sample in family.samples]
assert families and samples, "no metric was read"
assert any("/health" in sample.labels.values() for sample in samples), "the route /health is not measured"
print(f"{len(document['paths'])} paths; {len(families)} metrics with {len(samples)} samples")
