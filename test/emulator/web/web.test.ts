import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HERE, openStage, type Stage } from "../stage.ts";
import { html } from "./html.ts";
import { createMarkdown } from "./markdown.ts";

const markdown = (text: string): string => createMarkdown()(text).html;

describe("Markdown", () => {
  test("shows tables, task lists, code and line breaks", () => {
    expect(markdown("| a |\n|---|\n| 1 |")).toContain("<td>1</td>");
    expect(markdown("- [x] done")).toMatch(/<input checked="" disabled="" type="checkbox">\s*done/);
    expect(markdown('```json\n{"a": 1 < 2}\n```')).toContain("{&quot;a&quot;: 1 &lt; 2}");
    expect(markdown("one\ntwo")).toContain("one<br>two");
  });

  test("keeps details and summary, and loses their attributes", () => {
    const shown = markdown('<details open onclick="x()"><summary class="y">More</summary>\n\ntext\n\n</details>');
    expect(shown).toContain("<details open><summary>More</summary>");
    expect(shown).toContain("<p>text</p>");
  });

  test("shows code in a summary, and its character references as the characters that they are", () => {
    const shown = markdown("<details><summary><code>a &#38;&#38; &#60;b&#62;</code></summary>\n\ntext\n\n</details>");
    expect(shown).toContain("<summary><code>a &#38;&#38; &#60;b&#62;</code></summary>");
  });

  test.each([
    ["a hidden comment in a line", "before <!-- architect:status --> after"],
    ["a hidden comment of its own", "<!-- architect:status\nmore -->\n\nvisible"],
    ["a hidden comment that never ends", "visible\n\n<!-- architect:status"],
  ])("hides %s", (_, text) => {
    expect(markdown(text)).not.toContain("architect");
  });

  test.each([
    ["<script>alert(1)</script>", "<script"],
    ["<img src=x onerror=alert(1)>", "<img"],
    ["text <b onclick=alert(1)>bold</b>", "<b"],
    ["<details><script>alert(1)</script></details>", "<script"],
    ["<details/onclick=alert(1)>", "<details/"],
    ["<kbd onmouseover=alert(1)>k</kbd>", "onmouseover=alert(1)>"],
    ["[x](javascript:alert(1))", "href"],
    ["[x](data:text/html;base64,AAAA)", "href"],
    ["![x](javascript:alert(1))", "<img"],
    ["<svg><a href='javascript:alert(1)'>x</a></svg>", "<svg"],
    ["<<script>script>alert(1)", "<script"],
    ["<!--><script>alert(1)</script>-->", "<script"],
  ])("makes no markup of %s", (text, markup) => {
    expect(markdown(text)).not.toContain(markup);
  });
});

test("The html template escapes what it is given", () => {
  expect(html`<p title="${'"><script>'}">${"<b>"}${html`<i>${"&"}</i>`}</p>`.html).toBe(
    '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;<i>&amp;</i></p>',
  );
});

describe("the pages", () => {
  let stage: Stage;
  let pull: number;
  beforeAll(async () => {
    stage = await openStage();
    const maintainer = stage.emulator.as("maintainer");
    await maintainer.createIssue({
      title: "Register <users>",
      body: "Please <script>alert(1)</script>",
      labels: ["architect"],
    });
    await maintainer.comment(1, "<!-- marker -->\n**bold** reply");
    await stage.call("POST", `${HERE}/issues/1/reactions`, { body: { content: "eyes" } });
    await maintainer.pushFiles(
      "architect/issue-1-it",
      { "docs/new.md": "# New\n<b>raw</b>\n", "lines.txt": "one\nTWO\nthree\n" },
      "Add it",
    );
    pull = (await maintainer.openPull({ head: "architect/issue-1-it", base: "main", title: "Add it", draft: true }))
      .number;
    await stage.emulator.as("reviewer").submitReview(pull, {
      state: "REQUEST_CHANGES",
      body: "Nearly",
      comments: [{ path: "lines.txt", line: 2, body: "loud" }],
    });
    await stage.emulator.idle();
  });
  afterAll(async () => {
    expect(stage.emulator.violations).toEqual([]);
    await stage.close();
  });

  const see = async (path: string) => {
    const reply = await fetch(stage.emulator.url + path);
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
  };

  test("of an issue show its text, labels, comments and reactions, and run nothing", async () => {
    const { text, headers } = await see("/acme/shop/issues/1");
    expect(text).toContain("Register &lt;users&gt;");
    expect(text).toContain("&lt;script&gt;alert(1)");
    expect(text).not.toMatch(/<script|marker/);
    expect(text).toContain("<strong>bold</strong> reply");
    expect(text).toContain('<span class="label">architect</span>');
    expect(text).toContain('aria-label="eyes"');
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("of a pull request show its state, review, commits and diff with the thread beside the line", async () => {
    const { text } = await see(`/acme/shop/pull/${pull}`);
    expect(text).toContain('<span class="badge draft">Draft</span>');
    expect(text).toMatch(/requested changes/);
    expect(text.match(/loud/g)).toHaveLength(2);
    expect(text).toMatch(
      /<tr class="added"><td class="no"><\/td><td class="no">2<\/td><td>\+TWO<\/td><\/tr><tr class="thread">/,
    );
    expect(text).toContain((await stage.emulator.pull(pull)).head.sha.slice(0, 7));
  });

  test("of files follow branches with slashes, and show raw text as text", async () => {
    expect((await see("/acme/shop")).text).toContain("lines.txt");
    expect((await see("/acme/shop/tree/architect/issue-1-it/docs")).text).toContain("new.md");
    expect((await see("/acme/shop/blob/architect/issue-1-it/docs/new.md")).text).toContain("&lt;b&gt;raw&lt;/b&gt;");
    const raw = await see("/acme/shop/raw/architect/issue-1-it/docs/new.md");
    expect([raw.text, raw.headers.get("content-type")]).toEqual(["# New\n<b>raw</b>\n", "text/plain; charset=utf-8"]);
  });

  test("mark the App's commits as verified", async () => {
    const token = await stage.token();
    const tip = stage.emulator.branches().get("main") as string;
    const { body: tree } = await stage.call("GET", `${HERE}/git/commits/${tip}`, { token });
    const commit = { message: "Signed", tree: (tree["tree"] as { sha: string }).sha, parents: [tip] };
    const { body } = await stage.call("POST", `${HERE}/git/commits`, { token, body: commit });
    const { text } = await see(`/acme/shop/commit/${body["sha"]}`);
    expect(text).toContain(">Verified</span>");
    expect((await see(`/acme/shop/commit/${tip}`)).text).not.toContain(">Verified</span>");
  });

  test("of deliveries list them, and a button sends one again", async () => {
    expect((await see("/deliveries")).text).toContain("pull_request_review.submitted");
    const [first] = stage.emulator.deliveries;
    stage.received.length = 0;
    const reply = await fetch(`${stage.emulator.url}/deliveries/${first?.id}/redeliver`, {
      method: "POST",
      redirect: "manual",
    });
    expect(reply.status).toBe(303);
    await stage.emulator.idle();
    expect(stage.received.map(({ headers }) => headers["x-github-delivery"])).toEqual([first?.guid]);
  });

  test.each(["/acme/nothing", "/acme/shop/issues/99", "/acme/shop/blob/main/none", "/acme/shop/commit/zzz", "/x"])(
    "%s is 404",
    async (path) => {
      expect((await see(path)).status).toBe(404);
    },
  );

  test("register an App from a manifest: the code is good once", async () => {
    const manifest = { name: "mine", url: "https://example.com", redirect_url: "http://127.0.0.1:9/setup?keep=1" };
    const register = (value: unknown) =>
      fetch(`${stage.emulator.url}/settings/apps/new?state=abc`, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({ manifest: JSON.stringify(value) }),
      });
    const location = new URL((await register(manifest)).headers.get("location") ?? "");
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ keep: "1", state: "abc" });
    const convert = () =>
      fetch(`${stage.emulator.api}/app-manifests/${location.searchParams.get("code")}/conversions`, { method: "POST" });
    const made = await convert();
    expect([made.status, await made.json()]).toMatchObject([
      201,
      { id: 7, name: "mine", webhook_secret: stage.secret, pem: expect.stringContaining("PRIVATE KEY") },
    ]);
    expect((await convert()).status).toBe(404);
    expect((await register({ name: "no address" })).status).toBe(422);
  });
});
