/** The floor: the least that a loop over the SDK can be, with plain tools and no walls, no store, no checks. A process of its own. */
import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import Anthropic from "@anthropic-ai/sdk";

const run = promisify(execFile);
const [folder = ".", task = "Measure"] = process.argv.slice(2);

const spawned = async (program: string, args: readonly string[]): Promise<string> =>
  (await run(program, args, { cwd: folder, maxBuffer: 16 * 1024 * 1024 }).catch((error) => error)).stdout;

type Input = Readonly<Record<string, string>>;

const tools: Readonly<Record<string, { keys: readonly string[]; run(input: Input): Promise<string> | string }>> = {
  Read: { keys: ["file_path"], run: ({ file_path = "" }) => readFileSync(file_path, "utf8") },
  Grep: { keys: ["pattern"], run: ({ pattern = "" }) => spawned("rg", ["-n", "--sort=path", pattern, "."]) },
  Glob: { keys: ["pattern"], run: ({ pattern = "" }) => globSync(pattern, { cwd: folder }).sort().join("\n") },
  Bash: { keys: ["command"], run: ({ command = "" }) => spawned("bash", ["-c", command]) },
  Write: {
    keys: ["file_path", "content"],
    run: ({ file_path = "", content = "" }) => {
      mkdirSync(dirname(file_path), { recursive: true });
      writeFileSync(file_path, content);
      return "Written.";
    },
  },
  Edit: {
    keys: ["file_path", "old_string", "new_string"],
    run: ({ file_path = "", old_string = "", new_string = "" }) => {
      writeFileSync(
        file_path,
        readFileSync(file_path, "utf8").replace(old_string, () => new_string),
      );
      return "Edited.";
    },
  },
};

const specs: Anthropic.Tool[] = Object.entries(tools).map(([name, { keys }]) => ({
  name,
  description: `${name}s.`,
  input_schema: {
    type: "object",
    properties: Object.fromEntries(keys.map((key) => [key, { type: "string" }])),
    required: [...keys],
  },
}));

/** The marks that make the prompt cache hit: the end of `system`, the last request's end, and this one's. */
const marked = (messages: readonly Anthropic.MessageParam[]): Anthropic.MessageParam[] =>
  messages.map((message, index) => {
    if (index !== messages.length - 3 || typeof message.content === "string") return message;
    const content = message.content.map((block, nth, all) =>
      nth === all.length - 1 ? { ...block, cache_control: { type: "ephemeral" } } : block,
    );
    return { ...message, content } as Anthropic.MessageParam;
  });

const client = new Anthropic({ apiKey: process.env["ANTHROPIC_API_KEY"] ?? "", authToken: null, maxRetries: 0 });
const messages: Anthropic.MessageParam[] = [{ role: "user", content: [{ type: "text", text: task }] }];
for (;;) {
  const answer = await client.messages
    .stream({
      model: "claude-opus-5-5",
      max_tokens: 64_000,
      system: [{ type: "text", text: "You are a backend architect.", cache_control: { type: "ephemeral" } }],
      tools: specs,
      messages: marked(messages),
      thinking: { type: "adaptive" },
      cache_control: { type: "ephemeral" },
    })
    .finalMessage();
  messages.push({ role: "assistant", content: answer.content });
  if (answer.stop_reason !== "tool_use") break;
  const uses = answer.content.filter((block) => block.type === "tool_use");
  const results = await Promise.all(
    uses.map(async ({ id, name, input }) => ({
      type: "tool_result" as const,
      tool_use_id: id,
      content: (await tools[name]?.run(input as Input)) || "(no output)",
    })),
  );
  messages.push({ role: "user", content: results });
}
