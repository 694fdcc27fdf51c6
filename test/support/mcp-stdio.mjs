/** An MCP server on stdin and stdout. Its first argument says how it behaves. */
import { createInterface } from "node:readline";

const [mode = "sound"] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

if (mode === "ends at once") process.exit(3);
if (mode === "floods with junk") for (;;) process.stdout.write('{"is": "no message"}\n'.repeat(1_000));

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || mode === "is silent") return;
  if (method === "initialize") {
    const { protocolVersion } = params;
    say({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "stdio", version: "1" } } });
  }
  if (method === "tools/list")
    say({ id, result: { tools: [{ name: "environment", inputSchema: { type: "object", properties: {} } }] } });
  if (method !== "tools/call") return;
  if (mode === "dies in a call") process.exit(1);
  if (mode === "never ends a line") process.stdout.write("x".repeat(3_000_000));
  else say({ id, result: { content: [{ type: "text", text: JSON.stringify(process.env) }] } });
});
