// Words from your own language model, checked; without one, from the rules: `node language_model.mjs openai`, `gemini`
// or `ollama` asks through the vendor's own SDK.
import { Pipeline, Task, assist } from 'leadscore';

async function openai({ task, system, user, schema, max_output_tokens }) {
  const { default: OpenAI } = await import('openai');
  const format = { type: 'json_schema', name: task, schema, strict: true };
  const said = await new OpenAI().responses.create({
    model: 'gpt-4o-mini', instructions: system, input: user, max_output_tokens, text: { format },
  });
  const { input_tokens, output_tokens } = said.usage;
  return { text: said.output_text, model: said.model, usage: { input_tokens, output_tokens } };
}

async function gemini({ system, user, schema, max_output_tokens }) {
  const { GoogleGenAI } = await import('@google/genai');
  const json = { responseMimeType: 'application/json', responseJsonSchema: schema, maxOutputTokens: max_output_tokens };
  const config = { systemInstruction: system, thinkingConfig: { thinkingLevel: 'MINIMAL' }, ...json };
  const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
  const said = await client.models.generateContent({ model: 'gemini-3.5-flash', contents: user, config });
  return { text: said.text ?? '', model: said.modelVersion };
}

async function ollama({ system, user, schema, max_output_tokens }) {
  const { Ollama } = await import('ollama');
  const messages = [{ role: 'system', content: system }, { role: 'user', content: user }];
  const options = { num_predict: max_output_tokens };
  const client = new Ollama({ host: process.env.OLLAMA_HOST });
  const said = await client.chat({ model: 'llama3.2', messages, format: schema, options });
  const usage = { input_tokens: said.prompt_eval_count, output_tokens: said.eval_count };
  return { text: said.message.content, model: said.model, usage, cost: 0 };
}

const pipeline = Pipeline.builtin('conversion');
const lead = { id: 'L-1', company: 'Acme Ltd', title: 'VP Engineering', email: 'ann@acme.example' };
const task = Task.of('next_action', { pipeline, lead, as_of: '2026-11-20', mask: true });
const ask = { openai, gemini, ollama }[process.argv[2]];
const { output, provenance, cost } = ask ? await assist(task, ask) : task.conclude();
console.log(`${output.action}: ${output.rationale}`);
console.log(provenance.author, provenance.reason ?? '', cost ?? '');
