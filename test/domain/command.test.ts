import { expect, test } from "vitest";
import { type Command, parseCommand } from "../../src/domain/command.ts";

const design = (request: string): Command => ({ verb: "design", request });

const commands: [string, string, Command | undefined][] = [
  ["reads the request behind the verb", "/architect design CRUD for invoices", design("CRUD for invoices")],
  ["takes name and verb in any case", "/Architect DESIGN x", design("x")],
  ["takes a command that stands below other text", "Thanks!\n\n/architect design x", design("x")],
  ["takes a command in the middle of a paragraph's lines", "Please:\n/architect design x\nsoon", design("x\nsoon")],
  ["takes up to three spaces before it", "   /architect design x", design("x")],
  [
    "keeps the lines below as they are",
    "/architect design x\n\n```py\na = 1\n```\n> q",
    design("x\n\n```py\na = 1\n```\n> q"),
  ],
  ["ends the request at the next command", "/architect design a\nb\n/architect design c", design("a\nb")],
  [
    "does not end the request at a command in code",
    "/architect design a\n```\n/architect design b\n```",
    design("a\n```\n/architect design b\n```"),
  ],
  ["takes Windows line ends", "hello\r\n/architect design x\r\nmore", design("x\nmore")],
  ["leaves the request empty where only the verb stands", "/architect design", design("")],
  ["takes a colon behind the verb", "/architect design: x", design("x")],
  ["reads a command inside a folded part", "<details>\n\n/architect design x\n\n</details>", design("x\n\n</details>")],
  ["names a verb that it does not know", "/architect dance now", { verb: "unknown", word: "dance" }],
  ["names nothing where no verb stands", "/architect", { verb: "unknown", word: "" }],
  ["cuts an endless verb", `/architect ${"x".repeat(500)}`, { verb: "unknown", word: "x".repeat(40) }],
  ["ignores a mention in a sentence", "I think /architect design x would help", undefined],
  ["ignores a longer word", "/architectural thoughts", undefined],
  ["ignores the name with a hyphen behind it", "/architect-design x", undefined],
  ["ignores fenced code", "```\n/architect design x\n```", undefined],
  ["ignores fenced code that never ends", "~~~\n/architect design x", undefined],
  ["ignores fenced code in a list", "- a\n  ```\n  /architect design x\n  ```", undefined],
  ["ignores indented code", "text\n\n    /architect design x", undefined],
  ["ignores a tab's indentation", "\t/architect design x", undefined],
  ["ignores a quote", "> /architect design x", undefined],
  ["ignores a quote in a list", "- > /architect design x", undefined],
  ["ignores a line that goes on a quote without its mark", "> as you said\n/architect design x", undefined],
  ["ignores a quote's further lines whatever they hold", "> a\n===\n/architect design x", undefined],
  ["ignores a list item", "- /architect design x", undefined],
  ["ignores a comment", "<!-- /architect design x -->", undefined],
  ["ignores a comment over several lines", "<!--\n/architect design x\n-->", undefined],
  ["ignores a comment that never ends", "<!--\n\n/architect design x", undefined],
  ["ignores a comment inside a paragraph", "a <!-- b\n/architect design x\n--> c", undefined],
  ["ignores a code span over several lines", "a `b\n/architect design x\nc` d", undefined],
  ["ignores an invisible character before it", "\u200b/architect design x", undefined],
  ["ignores a heading", "# /architect design x", undefined],
  ["ignores another command", "/deploy now", undefined],
  ["ignores an empty comment", "", undefined],
];

test.each(commands)("%s", (_, body, expected) => {
  expect(parseCommand(body, "architect")).toEqual(expected);
});

test("sees a fence that a quote's end closes", () => {
  expect(parseCommand("> ```\n> code\n\n/architect design x", "architect")).toEqual(design("x"));
});

test("sees no fence where the closing one is shorter than the opening one", () => {
  expect(parseCommand("````\n```\n/architect design x\n````", "architect")).toBeUndefined();
});

test("sees text again behind a fence in a list that the list's end closes", () => {
  expect(parseCommand("- ```\n  code\n\n/architect design x", "architect")).toEqual(design("x"));
});
