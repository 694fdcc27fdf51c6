/** A Python package for the tests of set-up, built here. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./support.ts";

export const hasPython = existsSync("/usr/bin/python3");
if (!hasPython) console.warn("skipped: Python is not installed (apt-get install python3-venv)");

/** `ringbell` exists nowhere else. @returns the name of its file */
export const writeWheel = async (folder: string, version: string): Promise<string> => {
  const name = `ringbell-${version}-py3-none-any.whl`;
  const info = `ringbell-${version}.dist-info`;
  const files = {
    "ringbell.py": `sound = "ding ${version}"\n`,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ringbell\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: ["ringbell.py", `${info}/METADATA`, `${info}/WHEEL`, `${info}/RECORD`]
      .map((path) => `${path},,\n`)
      .join(""),
  };
  const script =
    "import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z:\n    for n, t in json.loads(sys.argv[2]).items():\n        z.writestr(n, t)\n";
  mkdirSync(folder, { recursive: true });
  await run("/usr/bin/python3", ["-I", "-c", script, join(folder, name), JSON.stringify(files)]);
  return name;
};
