/** The tools as the blueprint speaks to them: inputs in their exact spelling, outputs read back. Knows no plan. */
import type { Call, Result } from "./conversation.ts";

const root = "/repo";

export const absolute = (path: string): string => (path === "" ? root : `${root}/${path}`);

export const read = (path: string): Call => ({ name: "Read", input: { file_path: absolute(path) } });

export const write = (path: string, content: string): Call => ({
  name: "Write",
  input: { file_path: absolute(path), content },
});

export const glob = (pattern: string, folder = ""): Call => ({
  name: "Glob",
  input: { pattern, path: absolute(folder) },
});

/** Python lines that match, with path and number. */
export const grepLines = (pattern: string, folder = ""): Call => ({
  name: "Grep",
  input: { pattern, path: absolute(folder), glob: "*.py", output_mode: "content", "-n": true, head_limit: 0 },
});

export const bash = (command: string, description: string, timeout = 120_000): Call => ({
  name: "Bash",
  input: { command, description, timeout },
});

const relative = (path: string): string => path.trim().replace(/^(\/repo\/|\.\/)/, "");

/** What `cat -n` numbered, as the file's text; undefined where the file could not be read, or not in whole. */
export const textOf = (result: Result | undefined): string | undefined => {
  if (!result || result.failed || /^PARTIAL: /m.test(result.text)) return undefined;
  const lines = result.text.split("\n").flatMap((line) => /^\s*\d+\t([\s\S]*)$/.exec(line)?.slice(1) ?? []);
  return lines.length === 0 ? "" : `${lines.join("\n").replace(/\n+$/, "")}\n`;
};

export const pathsOf = (result: Result | undefined): string[] =>
  !result || result.failed
    ? []
    : result.text
        .split("\n")
        .map(relative)
        .filter((line) => /^[^\s:]+\.\w+$/.test(line));

export type GrepLine = { readonly path: string; readonly line: number; readonly text: string };

export const linesOf = (result: Result | undefined): GrepLine[] =>
  !result || result.failed
    ? []
    : result.text.split("\n").flatMap((row) => {
        const match = /^([^\s:]+\.py):(\d+):(.*)$/.exec(row);
        return match ? [{ path: relative(match[1] ?? ""), line: Number(match[2]), text: match[3] ?? "" }] : [];
      });

/** The same search from where its answer was cut. */
export const nextPage = (call: Call, result: Result | undefined): Call[] => {
  const offset = /^Lines \d+ to (\d+) of \d+ are shown\./m.exec(result?.text ?? "")?.[1];
  return offset === undefined || result?.failed ? [] : [{ ...call, input: { ...call.input, offset: Number(offset) } }];
};

/** `Task #3 created` → "3". */
export const taskIdOf = (result: Result | undefined): string | undefined =>
  result?.failed ? undefined : /Task #(\d+) created/.exec(result?.text ?? "")?.[1];

/** Exit code and output of a command; 1 where there is none. */
export const exitOf = (result: Result | undefined): { code: number; output: string } => {
  const [first = "", ...rest] = (result?.text ?? "").split("\n");
  const code = /exit code (\d+)/.exec(first)?.[1];
  return code === undefined
    ? { code: result?.failed === false ? 0 : 1, output: result?.text ?? "" }
    : { code: Number(code), output: rest.join("\n").trim() };
};
