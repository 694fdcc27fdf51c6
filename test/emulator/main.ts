/**
 * The emulator in a process of its own.
 *
 *   node test/emulator/main.ts --options FILE    (or `--options -` for standard input: EmulatorOptions as JSON)
 *
 * One line of JSON on standard output says where it listens; SIGTERM or SIGINT ends it. The webhook URL is changed as on
 * GitHub: `PATCH /app/hook/config` with the App's JSON web token.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type EmulatorOptions, startEmulator } from "./emulator.ts";

const { values } = parseArgs({ options: { options: { type: "string" }, port: { type: "string" } } });
if (values.options === undefined) throw new Error("say what to start with: --options FILE, or - for standard input");
const text = readFileSync(values.options === "-" ? 0 : values.options, "utf8");
const given = JSON.parse(text) as Omit<EmulatorOptions, "clock">;
const emulator = await startEmulator({ ...given, ...(values.port === undefined ? {} : { port: Number(values.port) }) });
console.log(JSON.stringify({ url: emulator.url, api: emulator.api }));

const stop = async (): Promise<void> => {
  await emulator.close();
  for (const violation of emulator.violations) console.error(`violation: ${violation}`);
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
