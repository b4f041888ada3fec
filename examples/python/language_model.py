"""Words from your own language model, checked; without one, from the rules.

`python language_model.py openai` asks OpenAI, `gemini` and `ollama` the others, each through its own SDK.
"""

import sys

from leadscore import Pipeline, Prompt, Reply, Task, Usage, assist


def ask_openai(prompt: Prompt) -> Reply:
    import openai

    said = openai.OpenAI().responses.create(
        model="gpt-4o-mini", instructions=prompt.system, input=prompt.user, max_output_tokens=prompt.max_output_tokens,
        text={"format": {"type": "json_schema", "name": prompt.task, "schema": prompt.schema, "strict": True}},
    )  # fmt: skip
    used = Usage(said.usage.input_tokens, said.usage.output_tokens) if said.usage else None
    return Reply(said.output_text, said.model, used)


def ask_gemini(prompt: Prompt) -> Reply:
    from google import genai

    config = genai.types.GenerateContentConfig(
        system_instruction=prompt.system, max_output_tokens=prompt.max_output_tokens,
        response_mime_type="application/json", response_json_schema=prompt.schema,
        thinking_config=genai.types.ThinkingConfig(thinking_level=genai.types.ThinkingLevel.MINIMAL),
    )  # fmt: skip
    client = genai.Client()
    said = client.models.generate_content(model="gemini-3.5-flash", contents=prompt.user, config=config)
    return Reply(said.text or "", said.model_version)


def ask_ollama(prompt: Prompt) -> Reply:
    import ollama

    messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
    limit = {"num_predict": prompt.max_output_tokens}
    said = ollama.chat("llama3.2", messages, format=prompt.schema, options=limit)
    used = Usage(said.prompt_eval_count or 0, said.eval_count or 0)
    return Reply(said.message.content or "", said.model, used, cost=0)


ASK = {"openai": ask_openai, "gemini": ask_gemini, "ollama": ask_ollama}


def main() -> None:
    pipeline = Pipeline.builtin("conversion")
    lead = {"id": "L-1", "company": "Acme Ltd", "title": "VP Engineering", "email": "ann@acme.example"}
    task = Task("next_action", pipeline=pipeline, lead=lead, as_of="2026-11-20", mask=True)
    result = assist(task, ASK[sys.argv[1]]) if len(sys.argv) > 1 else task.conclude()
    print(f"{result.output['action']}: {result.output['rationale']}")
    print(result.provenance.author, result.provenance.reason, result.cost)


if __name__ == "__main__":
    main()
