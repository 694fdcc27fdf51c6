import { describe, expect, it } from "vitest";
import { ToolError } from "../../../src/domain/errors.ts";
import { createEdit } from "../../../src/run/tools/edit.ts";
import { createGlob } from "../../../src/run/tools/glob.ts";
import { createGrep } from "../../../src/run/tools/grep.ts";
import { createMultiEdit } from "../../../src/run/tools/multi-edit.ts";
import { createRead } from "../../../src/run/tools/read.ts";
import { createSeenFiles } from "../../../src/run/tools/seen-files.ts";
import type { Tool } from "../../../src/run/tools/tool.ts";
import { createWrite } from "../../../src/run/tools/write.ts";
import { createMemoryWalls } from "../../support/memory-walls.ts";

const context = { signal: new AbortController().signal, callId: "toolu_1" };

const call = async (tool: Tool, input: unknown): Promise<string> => {
  const prepared = tool.prepare(input);
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared.run(context);
};

const refusalOf = async (tool: Tool, input: unknown): Promise<string> => {
  const outcome = await call(tool, input).then(
    (text) => `allowed: ${text}`,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ToolError);
  return (outcome as ToolError).message;
};

const open = (files: Record<string, string>) => {
  const walls = createMemoryWalls(files);
  const seen = createSeenFiles();
  const deps = { walls, seen };
  const documents = new Map([[`\${CLAUDE_PLUGIN_ROOT}/agents/shared/status-protocol.md`, "Four words.\nNo more."]]);
  return {
    walls,
    read: createRead({ ...deps, document: (path) => documents.get(path) }),
    edit: createEdit(deps),
    multiEdit: createMultiEdit(deps),
    write: createWrite(deps),
    grep: createGrep(deps),
    glob: createGlob(deps),
  };
};

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

describe("Read", () => {
  it("numbers lines as cat -n does, without one for the final newline", async () => {
    const { read } = open({ "app/a.py": "import os\n\nx = 1\n" });
    expect(await call(read, { file_path: "/repo/app/a.py" })).toBe("     1\timport os\n     2\t\n     3\tx = 1");
  });

  it("shows the lines from offset on, as many as limit", async () => {
    const { read } = open({ "a.py": numbers(10) });
    expect(await call(read, { file_path: "/repo/a.py", offset: 4, limit: 2 })).toBe("     4\tline 4\n     5\tline 5");
  });

  it("shows 2,000 lines of a longer file and says how to go on", async () => {
    const { read } = open({ "a.py": numbers(2_500) });
    const text = await call(read, { file_path: "/repo/a.py" });
    expect(text.split("\n")[1_999]).toBe("  2000\tline 2000");
    expect(text).toMatch(/\n\nPARTIAL: lines 1 to 2000 of 2500\. Go on with offset=2001\.$/);
    expect(await call(read, { file_path: "/repo/a.py", offset: 2_001 })).toMatch(/line 2500$/);
  });

  it("cuts a line at 2,000 characters and says so", async () => {
    const { read } = open({ "a.py": `${"x".repeat(2_345)}\n` });
    const text = await call(read, { file_path: "/repo/a.py" });
    expect(text).toBe(`     1\t${"x".repeat(2_000)} [… 345 characters of this line cut]`);
  });

  it("shows the first page of a file with too many characters, and refuses a range with too many", async () => {
    const { read } = open({ "a.py": `${"y".repeat(990)}\n`.repeat(200) });
    expect(await call(read, { file_path: "/repo/a.py" })).toMatch(
      /PARTIAL: lines 1 to 100 of 200\. Go on with offset=101\.$/,
    );
    expect(await refusalOf(read, { file_path: "/repo/a.py", offset: 1, limit: 150 })).toContain("limit=100 fits");
  });

  it("says that a file is empty, and that an offset is past the end", async () => {
    const { read } = open({ "empty.py": "", "a.py": numbers(3) });
    expect(await call(read, { file_path: "/repo/empty.py" })).toBe("/repo/empty.py exists and is empty.");
    expect(await call(read, { file_path: "/repo/a.py", offset: 9 })).toBe(
      "/repo/a.py has 3 lines only: offset=9 is past its end.",
    );
  });

  it("answers the status protocol from the App's own documents", async () => {
    const { read, walls } = open({});
    const path = `\${CLAUDE_PLUGIN_ROOT}/agents/shared/status-protocol.md`;
    expect(await call(read, { file_path: path })).toBe("     1\tFour words.\n     2\tNo more.");
    expect(walls.log).toEqual([]);
  });

  it.each(["/proc/self/environ", "/etc/passwd", "../x", "/repo/../etc/passwd", "/repo/.git/config", "/repo/.env"])(
    "never asks the walls for %s",
    async (file_path) => {
      const { read, walls } = open({});
      expect(await refusalOf(read, { file_path })).toContain("is no path that tools can use");
      expect(walls.log).toEqual([]);
    },
  );

  it("sends whoever asks for a missing file to Glob", async () => {
    expect(await refusalOf(open({}).read, { file_path: "/repo/a.py" })).toBe(
      "/repo/a.py does not exist. Find the right path with Glob.",
    );
  });
});

describe("Edit", () => {
  const files = { "app/api/a.py": "one\ntwo\ntwo\n", "main.py": "x = 1\n" };

  it("replaces the only occurrence in a file that was read", async () => {
    const { read, edit, walls } = open(files);
    await call(read, { file_path: "/repo/app/api/a.py" });
    const text = await call(edit, { file_path: "/repo/app/api/a.py", old_string: "one", new_string: "$& three" });
    expect(text).toBe("Changed /repo/app/api/a.py: 1 replacement.");
    expect(walls.files.get("app/api/a.py")).toBe("$& three\ntwo\ntwo\n");
  });

  it("wants the file read before", async () => {
    const { edit } = open(files);
    expect(await refusalOf(edit, { file_path: "/repo/app/api/a.py", old_string: "one", new_string: "1" })).toBe(
      "/repo/app/api/a.py was not read yet. Read it first, then change it.",
    );
  });

  it("wants all of it read: a part does not count, parts that make up the whole do", async () => {
    const { read, edit } = open({ "app/api/a.py": numbers(10) });
    const change = { file_path: "/repo/app/api/a.py", old_string: "line 9", new_string: "nine" };
    await call(read, { file_path: "/repo/app/api/a.py", offset: 6 });
    await call(read, { file_path: "/repo/app/api/a.py", offset: 1, limit: 3 });
    expect(await refusalOf(edit, change)).toContain("Read it from line 4 on (offset=4)");
    await call(read, { file_path: "/repo/app/api/a.py", offset: 3, limit: 3 });
    expect(await call(edit, change)).toContain("1 replacement");
  });

  it("refuses a file that changed since it was read, and takes it after reading again", async () => {
    const { read, edit, walls } = open(files);
    await call(read, { file_path: "/repo/app/api/a.py" });
    walls.files.set("app/api/a.py", "one\nother\n");
    const change = { file_path: "/repo/app/api/a.py", old_string: "one", new_string: "1" };
    expect(await refusalOf(edit, change)).toContain("changed since it was read");
    await call(read, { file_path: "/repo/app/api/a.py" });
    expect(await call(edit, change)).toContain("1 replacement");
  });

  it("may be followed by another edit of the same file", async () => {
    const { read, edit, walls } = open(files);
    await call(read, { file_path: "/repo/app/api/a.py" });
    await call(edit, { file_path: "/repo/app/api/a.py", old_string: "one", new_string: "1" });
    await call(edit, { file_path: "/repo/app/api/a.py", old_string: "1", new_string: "uno" });
    expect(walls.files.get("app/api/a.py")).toBe("uno\ntwo\ntwo\n");
  });

  it("wants a unique occurrence unless all are meant", async () => {
    const { read, edit, walls } = open(files);
    await call(read, { file_path: "/repo/app/api/a.py" });
    const change = { file_path: "/repo/app/api/a.py", old_string: "two", new_string: "2" };
    expect(await refusalOf(edit, change)).toContain("occurs 2 times");
    expect(await call(edit, { ...change, replace_all: true })).toContain("2 replacements");
    expect(walls.files.get("app/api/a.py")).toBe("one\n2\n2\n");
  });

  it("refuses text that is not there, and a change that changes nothing", async () => {
    const { read, edit } = open(files);
    await call(read, { file_path: "/repo/app/api/a.py" });
    const path = { file_path: "/repo/app/api/a.py" };
    expect(await refusalOf(edit, { ...path, old_string: "ONE", new_string: "1" })).toContain("was not found");
    expect(await refusalOf(edit, { ...path, old_string: "one", new_string: "one" })).toContain("are the same");
  });

  it("keeps the line endings of a file that has carriage returns", async () => {
    const { read, edit, walls } = open({ "app/api/a.py": "a\r\nb\r\nc\r\n" });
    expect(await call(read, { file_path: "/repo/app/api/a.py" })).toBe("     1\ta\n     2\tb\n     3\tc");
    await call(edit, { file_path: "/repo/app/api/a.py", old_string: "a\nb", new_string: "x\ny" });
    expect(walls.files.get("app/api/a.py")).toBe("x\r\ny\r\nc\r\n");
  });

  it("makes a new file from an empty old_string, and only a new one", async () => {
    const { edit, read, walls } = open(files);
    const path = { file_path: "/repo/app/api/new.py", old_string: "" };
    expect(await call(edit, { ...path, new_string: "x = 1\n" })).toBe("Created /repo/app/api/new.py (1 line).");
    expect(walls.files.get("app/api/new.py")).toBe("x = 1\n");
    await call(read, { file_path: "/repo/app/api/a.py" });
    expect(await refusalOf(edit, { file_path: "/repo/app/api/a.py", old_string: "", new_string: "x" })).toContain(
      "exists and is not empty",
    );
  });

  it("explains the boundary and never asks the walls to write outside it", async () => {
    const { read, edit, walls } = open(files);
    await call(read, { file_path: "/repo/main.py" });
    expect(await refusalOf(edit, { file_path: "/repo/main.py", old_string: "1", new_string: "2" })).toContain(
      "You may write below /repo/app/api/, /repo/app/models/.",
    );
    expect(walls.log.some((line) => line.startsWith("write"))).toBe(false);
  });
});

describe("MultiEdit", () => {
  const files = { "app/api/a.py": "a = 1\nb = 2\n" };
  const path = { file_path: "/repo/app/api/a.py" };

  it("makes each edit on the result of the one before", async () => {
    const { read, multiEdit, walls } = open(files);
    await call(read, path);
    const edits = [
      { old_string: "a = 1", new_string: "c = 3" },
      { old_string: "c = 3\nb", new_string: "d" },
    ];
    expect(await call(multiEdit, { ...path, edits })).toBe("Changed /repo/app/api/a.py: 2 replacements.");
    expect(walls.files.get("app/api/a.py")).toBe("d = 2\n");
  });

  it("makes none when one cannot be made, and names that one", async () => {
    const { read, multiEdit, walls } = open(files);
    await call(read, path);
    const edits = [
      { old_string: "a = 1", new_string: "a = 9" },
      { old_string: "missing", new_string: "x" },
    ];
    expect(await refusalOf(multiEdit, { ...path, edits })).toMatch(/^Edit 2 of 2: old_string was not found/);
    expect(walls.files.get("app/api/a.py")).toBe("a = 1\nb = 2\n");
  });

  it("makes a new file when the first old_string is empty", async () => {
    const { multiEdit, walls } = open({});
    const edits = [
      { old_string: "", new_string: "x = 1\n" },
      { old_string: "1", new_string: "2" },
    ];
    await call(multiEdit, { file_path: "/repo/app/api/n.py", edits });
    expect(walls.files.get("app/api/n.py")).toBe("x = 2\n");
  });

  it("wants at least one edit", () => {
    expect(open({}).multiEdit.prepare({ ...path, edits: [] })).toMatchObject({ ok: false });
  });
});

describe("Write", () => {
  it("makes a new file without a read, and overwrites only what was read", async () => {
    const { read, write, walls } = open({ "app/api/a.py": "old\n" });
    expect(await call(write, { file_path: "/repo/app/api/b.py", content: "x\n" })).toContain("Created");
    const over = { file_path: "/repo/app/api/a.py", content: "new\n" };
    expect(await refusalOf(write, over)).toContain("was not read yet");
    await call(read, { file_path: "/repo/app/api/a.py" });
    expect(await call(write, over)).toBe("Overwrote /repo/app/api/a.py (1 line).");
    expect(walls.files.get("app/api/a.py")).toBe("new\n");
  });

  it("refuses a forbidden folder and names its owner", async () => {
    const reason = await refusalOf(open({}).write, { file_path: "/repo/frontend/src/a.ts", content: "x" });
    expect(reason).toContain("belongs to frontend-ui-developer");
  });

  it("refuses more than 1 MiB, broken Unicode, and a new name outside ASCII", async () => {
    const { write } = open({});
    const to = (name: string, content: string) => ({ file_path: `/repo/app/api/${name}`, content });
    expect(await refusalOf(write, to("a.py", "x".repeat(1024 * 1024 + 1)))).toContain("1 MiB");
    expect(await refusalOf(write, to("a.py", "\ud800"))).toContain("Unicode");
    expect(await refusalOf(write, to("ü.py", "x"))).toContain("ASCII");
  });
});

describe("Glob", () => {
  it("lists absolute paths below a folder", async () => {
    const { glob } = open({ "app/api/a.py": "", "app/main.py": "", "b.py": "" });
    expect(await call(glob, { pattern: "**/*.py", path: "/repo/app" })).toBe("/repo/app/api/a.py\n/repo/app/main.py");
    expect(await call(glob, { pattern: "*.md" })).toBe("No file matches.");
  });

  it("lists 100 files at most and says how many there are", async () => {
    const { glob } = open(Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`f${index}.py`, ""])));
    const text = await call(glob, { pattern: "*.py", path: "/repo" });
    expect(text.split("\n").filter((line) => line.startsWith("/repo/"))).toHaveLength(100);
    expect(text).toContain("100 of 130 files are listed");
  });

  it.each(["../../**/*.pem", "/etc/**", "app/../../*", "{a,../b}/*", "~/x", `${"a/".repeat(200)}*`])(
    "refuses the pattern %s",
    async (pattern) => {
      const { glob, walls } = open({});
      expect(await refusalOf(glob, { pattern })).toContain("cannot be searched");
      expect(walls.log).toEqual([]);
    },
  );
});

describe("Grep", () => {
  const files = { "app/a.py": "import os\nimport sys\n", "app/b.py": "import os\n" };

  it("lists files by default, lines and counts when asked", async () => {
    const { grep } = open(files);
    expect(await call(grep, { pattern: "import" })).toBe("app/a.py\napp/b.py");
    expect(await call(grep, { pattern: "os", output_mode: "content", path: "/repo/app" })).toBe(
      "app/a.py:1:import os\napp/b.py:1:import os",
    );
    expect(await call(grep, { pattern: "import", output_mode: "count" })).toBe(
      "app/a.py:2\napp/b.py:1\n\n3 matches in 2 files.",
    );
    expect(await call(grep, { pattern: "nothing" })).toBe("No match.");
  });

  it("passes on what ripgrep is to do", async () => {
    const { grep, walls } = open(files);
    await call(grep, {
      pattern: "x",
      "-C": 2,
      "-A": 5,
      "-i": true,
      "-n": false,
      glob: "*.py",
      type: "py",
      multiline: true,
    });
    expect(JSON.parse(walls.log[0]!.slice("grep ".length))).toEqual({
      pattern: "x",
      mode: "files_with_matches",
      lineNumbers: false,
      ignoreCase: true,
      multiline: true,
      glob: "*.py",
      type: "py",
      before: 2,
      after: 5,
    });
  });

  it("shows 250 lines, pages by offset, and shows all for 0", async () => {
    const { grep } = open({ "a.py": numbers(300) });
    const search = { pattern: "line", output_mode: "content" };
    const first = await call(grep, search);
    expect(first).toMatch(/\n\nLines 1 to 250 of 300 are shown\. Go on with offset=250,/);
    expect(await call(grep, { ...search, offset: 250 })).toMatch(/^a\.py:251:.*a\.py:300:line 300$/s);
    expect(await call(grep, { ...search, head_limit: 0 })).toMatch(/a\.py:300:line 300$/);
    expect(await refusalOf(grep, { ...search, offset: 300 })).toContain("300 lines only");
  });

  it("stops at 30,000 characters even when all lines are asked for", async () => {
    const { grep } = open({ "a.py": `${"z".repeat(990)}\n`.repeat(100) });
    const text = await call(grep, { pattern: "z", output_mode: "content", head_limit: 0 });
    expect(text.length).toBeLessThan(30_300);
    expect(text).toMatch(/Lines 1 to 30 of 100 are shown/);
  });

  it("takes no option of ripgrep through type or glob", async () => {
    const { grep } = open(files);
    expect(grep.prepare({ pattern: "x", type: "--pre=sh" })).toMatchObject({ ok: false });
    expect(await refusalOf(grep, { pattern: "x", glob: "../*" })).toContain("cannot be searched");
  });
});
