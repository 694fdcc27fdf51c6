/** What is typed after `architect`, and what it is answered with. */
import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../src/app/command-line.ts";
import { ConfigError } from "../../src/domain/errors.ts";

const parse = (...argv: string[]) => parseCommandLine(argv, "1.2.3");
const nothingSaid = { folder: ".", model: undefined, usd: undefined, json: false };

describe("run", () => {
  test.each([
    [["--task", "Add a cart"], { ...nothingSaid, work: { task: "Add a cart" } }],
    [["Add", "a", "cart"], { ...nothingSaid, work: { task: "Add a cart" } }],
    [["--task=--dry runs"], { ...nothingSaid, work: { task: "--dry runs" } }],
    [["x", "--repo", "../shop", "--json"], { ...nothingSaid, folder: "../shop", json: true, work: { task: "x" } }],
    [["x", "--model", "claude-opus-5-5"], { ...nothingSaid, model: "claude-opus-5-5", work: { task: "x" } }],
    [["x", "--budget", "$2"], { ...nothingSaid, usd: 2, work: { task: "x" } }],
    [["x", "--budget", "2.50"], { ...nothingSaid, usd: 2.5, work: { task: "x" } }],
    [["--continue"], { ...nothingSaid, work: { goOn: undefined } }],
    [["--continue", "3F2A91C0", "--budget", "9"], { ...nothingSaid, usd: 9, work: { goOn: "3f2a91c0" } }],
    [["--", "--task"], { ...nothingSaid, work: { task: "--task" } }],
  ])("understands %j", (argv, options) => {
    expect(parse("run", ...argv)).toEqual({ command: "run", ...options });
  });

  test.each([
    [[], /say what to design: --task "…"/],
    [["--task", "  "], /say what to design/],
    [["--task"], /--task needs a value: what to design/],
    [["--task", "--json"], /--task needs a value.*--task=--json/],
    [["--task", "a", "b"], /the task is given twice, with --task and as "b"/],
    [["--task", "a", "--task", "b"], /--task is given twice/],
    [["--continue", "--task", "a"], /--continue goes on with the task that the run was given/],
    [["--continue", "abcd", "ef01"], /goes on with one run, and 2 are named/],
    [["--continue", "yesterday"], /"yesterday" is no run/],
    [["x", "--fast"], /there is no option --fast/],
    [["x", "-j"], /there is no option -j/],
    [["x", "--toString"], /there is no option --toString/],
    [["x", "--json=yes"], /--json takes no value/],
    [["x", "--repo="], /--repo is empty/],
    [["x", "--model", "two words"], /--model must be blueprint or a model id/],
    [["x", "--budget", ""], /must be an amount in US dollars.*quoted/],
    [["x", "--budget", ".50"], /must be an amount in US dollars/],
    [["x", "--budget", "0.00"], /must be more than 0/],
    [["x", "--budget=-1"], /must be an amount in US dollars/],
  ])("answers %j with a sentence", (argv, sentence) => {
    expect(() => parse("run", ...argv)).toThrow(ConfigError);
    expect(() => parse("run", ...argv)).toThrow(sentence);
    expect(() => parse("run", ...argv)).toThrow(/architect run --help/);
  });
});

describe("facts", () => {
  test.each([
    [["../shop"], { folder: "../shop", json: false }],
    [["--json", "."], { folder: ".", json: true }],
  ])("understands %j", (argv, options) => {
    expect(parse("facts", ...argv)).toEqual({ command: "facts", ...options });
  });

  test.each([
    [[], /name the folder of a Python project/],
    [["a", "b"], /one folder at a time, and 2 are named/],
    [["a", "--yaml"], /there is no option --yaml/],
  ])("answers %j with a sentence", (argv, sentence) => {
    expect(() => parse("facts", ...argv)).toThrow(ConfigError);
    expect(() => parse("facts", ...argv)).toThrow(sentence);
  });
});

describe("replay", () => {
  test.each([
    [[], { run: undefined, data: undefined, json: false }],
    [["3f2a91c0", "--json"], { run: "3f2a91c0", data: undefined, json: true }],
    [["--data", "/srv/architect"], { run: undefined, data: "/srv/architect", json: false }],
  ])("understands %j", (argv, options) => {
    expect(parse("replay", ...argv)).toEqual({ command: "replay", ...options });
  });

  test.each([
    [["abcd", "ef01"], /one run at a time/],
    [["%"], /"%" is no run/],
    [["--data="], /--data is empty/],
  ])("answers %j with a sentence", (argv, sentence) => {
    expect(() => parse("replay", ...argv)).toThrow(sentence);
  });
});

test("start takes nothing, and an unknown command is answered with those there are", () => {
  expect(parse("start")).toEqual({ command: "start" });
  expect(() => parse("start", "now")).toThrow(/takes no arguments, and "now" is one/);
  expect(() => parse("serve")).toThrow(/no command "serve".*start, run, replay, facts and check/);
  expect(() => parse("--json", "run")).toThrow(/no option "--json"/);
});

test.each([[[]], [["--help"]], [["-h"]], [["help"]]])("%j shows every command and the exit codes", (argv) => {
  expect(parse(...argv)).toMatchObject({
    text: expect.stringMatching(/start[\s\S]+run[\s\S]+replay[\s\S]+facts[\s\S]+130/),
  });
});

test.each(["start", "run", "replay", "facts"])(
  "%s --help and help %s show its options, whatever else is said",
  (command) => {
    const help = parse(command, "--help");
    expect(help).toMatchObject({ command: "show", text: expect.stringContaining(`architect ${command}`) });
    expect(parse("help", command)).toEqual(help);
    expect(parse(command, "-h")).toEqual(help);
  },
);

test("the help of run names every option that it takes", () => {
  const help = parse("run", "--help");
  for (const option of ["--repo", "--task", "--model", "--budget", "--continue", "--json"])
    expect(help).toMatchObject({ text: expect.stringContaining(`  ${option}`) });
});

test("--version is the version alone", () => {
  expect([parse("--version"), parse("-v")]).toEqual(Array(2).fill({ command: "show", text: "1.2.3" }));
});
