import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { webhooksPath } from "../../src/app/webhooks.ts";

const text = await readFile(join(import.meta.dirname, "../../app.yml"), "utf8");
const manifest = parse(text);

test("the App asks for these permissions and no more: each raise waits for every owner", () => {
  expect(manifest.default_permissions).toMatchInlineSnapshot(`
    {
      "actions": "write",
      "checks": "write",
      "contents": "write",
      "issues": "write",
      "metadata": "read",
      "pull_requests": "write",
    }
  `);
});

test("the App hears of these events and no others", () => {
  expect(manifest.default_events).toMatchInlineSnapshot(`
    [
      "issues",
      "issue_comment",
      "pull_request_review",
      "pull_request_review_comment",
      "check_suite",
      "push",
      "pull_request",
    ]
  `);
});

test("each permission and each event says why", () => {
  const lines = text.split("\n");
  const entries = lines.flatMap((line, index) => (/^ {2}(?:\w+: (?:read|write)|- \w+)$/.test(line) ? [index] : []));
  expect(entries).toHaveLength(Object.keys(manifest.default_permissions).length + manifest.default_events.length);
  for (const index of entries) expect(lines[index - 1]).toMatch(/^ {2}# .{20,}/);
});

test("deliveries go to the path that the server listens on", () => {
  expect(new URL(manifest.hook_attributes.url).pathname).toBe(webhooksPath);
});
