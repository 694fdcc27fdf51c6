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

const mistake = (of: string, problem: RegExp) => ({ verb: "mistake", of, problem: expect.stringMatching(problem) });

test.each<[string, string, unknown]>([
  ["options behind the text", "design x --budget $3", { verb: "design", request: "x", options: { budget: 3 } }],
  [
    "options before and within it, and their values with =",
    "design --budget=3.50 a --model claude-sonnet-5-5 b",
    { verb: "design", request: "a b", options: { budget: 3.5, model: "claude-sonnet-5-5" } },
  ],
  ["options on the command's line alone", "design a\n--budget 3", { verb: "design", request: "a\n--budget 3" }],
  ["a branch", "plan --base 'feature/x'", { verb: "plan", request: "", options: { base: "feature/x" } }],
  ["the dash that telephones make", "retry —budget 3", { verb: "retry", request: "", options: { budget: 3 } }],
  ["text in quotes as text", 'design "a --budget 3 b" c', { verb: "design", request: '"a --budget 3 b" c' }],
  ["text in a code span as text", "design take `--model` away", { verb: "design", request: "take `--model` away" }],
  ["text behind a lone -- as text", "design -- --budget 3", { verb: "design", request: "--budget 3" }],
  [
    "an apostrophe as a letter",
    "design don't --budget 3",
    { verb: "design", request: "don't", options: { budget: 3 } },
  ],
  [
    "a word that resembles no option as text",
    "design a --verbose flag",
    { verb: "design", request: "a --verbose flag" },
  ],
  ["no option that is misspelt", "design a --budgte 3", mistake("design", /Did you mean `--budget`\?/)],
  [
    "no unknown option before the text",
    "design --fast x",
    mistake("design", /there are `--budget`, `--model`, `--base`/),
  ],
  ["no option twice", "design --budget 3 x --budget 4", mistake("design", /stands twice/)],
  ["no budget of words", "design x --budget lots", mistake("design", /an amount in US dollars.*`lots` is none/)],
  ["no budget of nothing", "design x --budget 0", mistake("design", /an amount in US dollars/)],
  ["no budget without an amount", "design x --budget", mistake("design", /such as `--budget \$3`/)],
  ["no branch that git refuses", "design x --base a..b", mistake("design", /a branch of this repository/)],
  [
    "no option that the verb has no use for",
    "continue --base x",
    mistake("continue", /takes `--budget` and `--model`/),
  ],
  ["no option of a verb without any", "stop --budget 3", mistake("stop", /it takes no options/)],
  ["`stop` with what is said besides", "stop please\nnow", { verb: "stop" }],
  ["`continue` with words for the agent", "continue: use UUIDs", { verb: "continue", request: "use UUIDs" }],
  ["`approve` with a hash", "approve 1A2B3C4", { verb: "approve", hash: "1a2b3c4" }],
  ["`approve` without one", "approve", { verb: "approve" }],
  ["no `approve` of something else", "approve it", mistake("approve", /the hash that stands below the plan/)],
  ["no `ask` without a question", "ask", mistake("ask", /needs a question/)],
  [
    "answers by letter, in words, and both",
    "answer 1b, 2: the users table; 3a: with 2 indexes\n4C",
    {
      verb: "answer",
      answers: [
        { question: 1, option: "b" },
        { question: 2, text: "the users table" },
        { question: 3, option: "a", text: "with 2 indexes" },
        { question: 4, option: "c" },
      ],
    },
  ],
  ["no `answer` without a number", "answer yes", mistake("answer", /answer 1b, 2: the users table/)],
])("takes %s", (_, text, expected) => {
  expect(parseCommand(`/architect ${text}`, "architect")).toEqual(expected);
});

test.each(['"', "`", "'", "—budget ", '\\"', "1b: "])("reads a line of nothing but %s in no time", (piece) => {
  const before = performance.now();
  parseCommand(`/architect answer ${piece.repeat(60_000 / piece.length)}`, "architect");
  expect(performance.now() - before).toBeLessThan(500);
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
