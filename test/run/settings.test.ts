import { beforeEach, describe, expect, test } from "vitest";
import { createSettings } from "../../src/run/settings.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const minutes = 60_000;

let github: MemoryGitHub;
let now: number;
let log: string[];

const settingsNow = () =>
  createSettings({
    github,
    clock: () => new Date(now),
    names: { agents: ["test-generator"] },
    log: (line) => log.push(line),
  });

beforeEach(() => {
  github = createMemoryGitHub();
  now = Date.parse("2026-11-25T12:00:00Z");
  log = [];
});

describe("the owner's defaults", () => {
  test("are read once in five minutes, for all repositories of the owner", async () => {
    (github.shared as Map<string, string>).set("architect.yml", "label: design\n");
    const settings = settingsNow();
    const first = await settings.defaults(repository);
    await settings.defaults({ ...repository, id: 2, name: "billing" });
    expect(first).toEqual({
      file: { path: "architect.yml", text: "label: design\n", name: "acme/.github: architect.yml" },
    });
    expect(github.lookups).toEqual(["shared .github"]);
    now += 5 * minutes;
    await settings.defaults(repository);
    await settings.defaults({ ...repository, owner: "other" });
    expect(github.lookups).toHaveLength(3);
  });

  test("in the folder .github stand before those beside it", async () => {
    github.shared = new Map([
      ["architect.yml", "label: a\n"],
      [".github/architect.yml", "label: b\n"],
    ]);
    expect((await settingsNow().defaults(repository)).file).toMatchObject({ text: "label: b\n" });
  });

  test("that cannot be read are those of last time for an hour, which is said, and then an accident", async () => {
    (github.shared as Map<string, string>).set("architect.yml", "label: design\n");
    const settings = settingsNow();
    await settings.defaults(repository);
    github.shared = new Error("GitHub is tired");
    now += 59 * minutes;
    expect(await settings.defaults(repository)).toEqual({
      file: expect.objectContaining({ text: "label: design\n" }),
      notice: "`acme/.github` cannot be read now, so its defaults of 2026-11-25 12:00 UTC count.",
    });
    expect(log).toEqual(["the defaults of acme/.github cannot be read: GitHub is tired"]);
    now += minutes;
    await expect(settings.defaults(repository)).rejects.toThrow("GitHub is tired");
  });

  test("that were never read are an accident at once: they may say who may start runs", async () => {
    github.shared = new Error("GitHub is tired");
    await expect(settingsNow().defaults(repository)).rejects.toThrow("GitHub is tired");
  });
});

describe("a repository's own settings", () => {
  test("stand over the defaults, and are a minute old at most", async () => {
    (github.shared as Map<string, string>).set("architect.yml", "label: above\ntest: pytest\n");
    github.onDefault.set(".github/architect.yml", "label: own\n");
    const settings = settingsNow();
    expect(await settings.of(repository)).toEqual({ ok: true, config: { label: "own", test: ["pytest"] } });
    github.onDefault.set(".github/architect.yml", "label: later\n");
    now += minutes - 1;
    expect(await settings.of(repository)).toMatchObject({ config: { label: "own" } });
    now += 1;
    expect(await settings.of(repository)).toMatchObject({ config: { label: "later" } });
    expect(github.open_).toBe(0);
  });
});
