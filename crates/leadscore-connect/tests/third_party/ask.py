"""Asks as a vendor's own SDK asks: with the same question, of a server that only records."""

import json
import sys

provider, address, name, asked = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
system, user, schema, tokens = asked["system"], asked["user"], json.loads(asked["schema"]), asked["tokens"]

if provider == "openai":
    import openai

    client = openai.OpenAI(api_key="sk-test", base_url=address + "/v1", max_retries=0)
    failed = openai.BadRequestError

    def ask():
        client.chat.completions.create(
            model=name,
            messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": asked["task"], "strict": True, "schema": schema},
            },
            max_completion_tokens=tokens,
            store=False,
        )
elif provider == "gemini":
    from google import genai
    from google.genai import errors, types

    options = types.HttpOptions(base_url=address, api_version="v1beta")
    client = genai.Client(api_key="sk-test", http_options=options)
    failed = errors.ClientError

    def ask():
        client.models.generate_content(
            model=name,
            contents=user,
            config=types.GenerateContentConfig(
                system_instruction=system,
                candidate_count=1,
                max_output_tokens=tokens,
                response_mime_type="application/json",
                response_json_schema=schema,
                thinking_config=types.ThinkingConfig(thinking_budget=0),
            ),
        )
else:
    import anthropic

    client = anthropic.Anthropic(api_key="sk-test", base_url=address, max_retries=0)
    failed = anthropic.BadRequestError

    def ask():
        client.messages.create(
            model=name,
            max_tokens=tokens,
            system=system,
            messages=[{"role": "user", "content": user}],
            # The SDK itself says what of a schema its API takes.
            output_config={"format": {"type": "json_schema", "schema": anthropic.transform_schema(schema)}},
        )


try:
    ask()
except failed:
    sys.exit(0)
sys.exit("the recorder answers 400, and the SDK did not say so")
