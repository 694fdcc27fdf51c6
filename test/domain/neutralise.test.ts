import { describe, expect, test } from "vitest";
import { neutralise, neutralisePlain } from "../../src/domain/neutralise.ts";

const cases: [string, string, string][] = [
  ["a mention", "ask @maintainer", "ask `@maintainer`"],
  ["a team", "ask @acme/backend, please", "ask `@acme/backend`, please"],
  ["a decorator in a sentence", "uses @router.post", "uses `@router.post`"],
  ["an escaped mention", "\\@maintainer", "\\\\`@maintainer`"],
  ["a mention in character references", "&#64;maintainer &commat;x", "&`#64`;maintainer &amp;commat;x"],
  ["a mention between spans", "`a`@b ``c``@d", "`a` `@b` ``c`` `@d`"],
  ["a mention behind a stray backtick", "it`s @d and `code` @e", "it`s @d and `code\\` `@e`"],
  ["closing words", "Fixes #1, closes other/repo#5", "Fixes `#1`, closes `other/repo#5`"],
  [
    "a closing word with an address",
    "resolves https://e.invalid/o/r/issues/9.",
    "resolves `https://e.invalid/o/r/issues/9`.",
  ],
  ["an old reference", "GH-12", "`GH-12`"],
  ["a commit of elsewhere", "a/b@0123abc", "`a/b@0123abc`"],
  ["HTML", "<img src=x onerror=1><a href='javascript:x'>", "&lt;img src=x onerror=1>&lt;a href='javascript:x'>"],
  ["a comment", "<!-- architect:report -->", "&lt;!-- architect:report -->"],
  ["images in links", "[![](https://e.invalid)](x)", "\\[!\\[\\](`https://e.invalid`)\\](x)"],
  ["reference links", "![r][1]\n\n[1]: https://e.invalid/leak", "!\\[r\\]\\[1\\]\n\n\\[1\\]: `https://e.invalid/leak`"],
  ["a checkbox", "- [x] Security review done by @maintainer", "- \\[x\\] Security review done by `@maintainer`"],
  ["addresses", "http://localhost:8500/docs and www.e.invalid", "`http://localhost:8500/docs` and `www.e.invalid`"],
  ["a mail address", "write to a.b@e.invalid", "write to `a.b@e.invalid`"],
  ["directions and terminal sequences", "\u202etxet\u202c \u001b[31mred\u0007", "txet red"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what GitHub Actions would fill in is the case
  ["expressions of workflows", "${{ secrets.X }} `${{ github.token }}`", "${{ secrets.X }} `${{ github.token }}`"],
  ["a command", "/approve\n  /merge", "\\/approve\n  \\/merge"],
  ["a command in code", "```\n/approve\n```", "```\n /approve\n```"],
  ["marks that skip CI", "done [skip ci] ***NO_CI***\nskip-checks: true", "done (skip ci) NO_CI\nskip checks: true"],
  ["marks that skip CI in code", "```\n[ci skip]\n```", "```\n(ci skip)\n```"],
  ["trailers", "ok\n\nCo-authored-by: x <x@e.invalid>\nSigned-off-by: y", "ok"],
  ["headings", "# Commands run\n\nall\n===\ngreen\n---", "**Commands run**\n\nall\n\\===\ngreen\n\\---"],
  ["a fence that is left open", "```py\n@app.get\n<b>", "```py\n@app.get\n<b>\n```"],
  ["a fence in a list item that begins with nothing", "1. \n\t```\n\t@u", "1.\n    ```\n    @u\n    ```"],
  ["a fence in a quote that is left open", "> ```\n> x", "> ```\n> x\n> ```"],
  ["words behind a fence's language", "```py @maintainer\nx\n```", "```py\nx\n```"],
  ["a span that a table would cut", "| `x | @u` |\n|---|", "| \\`x | `@u`\\` |\n|---|"],
  ["indented text, whatever it is on GitHub", "a\n\n    @u", "a\n\n   `@u`"],
  [
    "code spans and lists",
    '- uses `@app.get("/x")` and `#1`\n  - **bold**',
    '- uses `@app.get("/x")` and `#1`\n  - **bold**',
  ],
  ["numbers and prices", "5 of 7, $3 & more", "5 of 7, $3 & more"],
];

describe("model text does nothing on GitHub", () => {
  test.each(cases)("%s", (_, text, expected) => {
    expect(neutralise(text)).toBe(expected);
  });
});

test("a title is one plain line that mentions, closes and commands nothing", () => {
  expect(neutralisePlain("/Fix @maintainer's\n login, closes acme/shop#5 and #6 [skip ci]", 80)).toBe(
    "Fix maintainer's login, closes acme/shop no. 5 and no. 6 (skip ci)",
  );
});

test("a title that is too long ends in an ellipsis", () => {
  expect(neutralisePlain("abc def ghi", 8)).toBe("abc def…");
  expect([...neutralisePlain("😀".repeat(20), 10)]).toHaveLength(10);
});
