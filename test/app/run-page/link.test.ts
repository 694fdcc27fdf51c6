/** Addresses of runs' pages: capabilities. */
import { describe, expect, test } from "vitest";
import { createRunLinks } from "../../../src/app/run-page/link.ts";

const secret = "0123456789abcdef0123456789abcdef";
const links = createRunLinks(secret);
const runId = "3f2a91c0-0000-4000-8000-000000000000";
const path = links.pathOf(runId);

describe("the address of a run's page", () => {
  test("leads to its run, and is the same in every process that has the secret", () => {
    expect(links.runOf(path)).toBe(runId);
    expect(createRunLinks(secret).pathOf(runId)).toBe(path);
  });

  test("has a key of 144 bits that another run and another secret do not share", () => {
    const key = path.split("/").at(-1) ?? "";
    expect(Buffer.from(key, "base64url")).toHaveLength(18);
    expect(links.pathOf("another")).not.toContain(key);
    expect(createRunLinks(`${secret}!`).runOf(path)).toBeUndefined();
  });

  test("is wrong with any other letter, cut, longer, or with another run's id", () => {
    const key = path.split("/").at(-1) ?? "";
    const others = [...key].map((letter, at) => key.slice(0, at) + (letter === "A" ? "B" : "A") + key.slice(at + 1));
    for (const other of [...others, key.slice(1), `${key}A`, "", `${key}/`, `${key}=`, key.toUpperCase()])
      expect(links.runOf(`/runs/${runId}/${other}`)).toBeUndefined();
    expect(links.runOf(path.replace("3f2a", "4f2a"))).toBeUndefined();
    expect(links.runOf(path.replace("/runs/", "/runs/../runs/"))).toBeUndefined();
  });
});
