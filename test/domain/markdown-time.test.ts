import { expect, test } from "vitest";
import { parseCommand } from "../../src/domain/command.ts";
import { neutralise } from "../../src/domain/neutralise.ts";
import { visibleText } from "../../src/domain/visible-text.ts";
import { hostileTexts, patienceMs } from "../support/hostile-text.ts";

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  parseCommand: (text) => parseCommand(`/architect design\n${text}`, "architect"),
  visibleText: (text) => visibleText(text, 1_000_000),
  neutralise,
};

for (const [reader, read] of Object.entries(readers))
  test.each(Object.entries(hostileTexts))(`${reader} takes 64 KiB of %s in its stride`, (_, text) => {
    const started = performance.now();
    read(text);
    expect(performance.now() - started).toBeLessThan(patienceMs);
  });
