import { describe, expect, test } from "vitest";
import { type ParsedTrigger, parseTrigger } from "../../src/domain/parse-trigger.ts";
import { mergeBody, renderPullBody } from "../../src/domain/render-report.ts";
import {
  branchPushed,
  commented,
  labeled,
  maintainer,
  payloadOf,
  repositoryId,
  reviewCommented,
  reviewed,
  self,
  suiteCompleted,
} from "../support/deliveries.ts";
import { reportWith } from "../support/report.ts";

const parse = (event: string, payload: unknown): ParsedTrigger =>
  parseTrigger(event, payload, { label: "architect", self, command: "architect" });
const ignored = (event: string, payload: unknown): string | undefined => {
  const parsed = parse(event, payload);
  return "ignored" in parsed ? parsed.ignored : undefined;
};
const repository = { id: repositoryId, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };

describe("issues.labeled", () => {
  test("is a request of the issue's title and body", () => {
    expect(parse("issues", labeled())).toEqual({
      trigger: {
        kind: "label",
        repository,
        sender: maintainer,
        thread: { kind: "issue", number: 7 },
        title: "Create users",
        body: "With a name",
        label: { name: "architect", usual: true },
      },
    });
  });

  test("of another label may be the repository's choice, which its configuration says", () => {
    expect(parse("issues", labeled({ label: { name: "design" } }))).toMatchObject({
      trigger: { kind: "label", label: { name: "design", usual: false } },
    });
  });

  test("reads an issue without a body as an empty one", () => {
    expect(parse("issues", labeled({ issue: { body: null } }))).toMatchObject({ trigger: { body: "" } });
  });

  test("takes the label's name in any case", () => {
    expect(parse("issues", labeled({ label: { name: "Architect" } }))).toMatchObject({
      trigger: { label: { usual: true } },
    });
  });

  test.each([
    ["a label that is gone", { label: undefined }, "a label that is gone"],
    ["a closed issue", { issue: { state: "closed" } }, "the issue is closed"],
    ["a pull request", { issue: { pull_request: { url: "x" } } }, "the label counts on issues, not on pull requests"],
    ["another bot", { sender: { login: "helper[bot]", id: 5, type: "Bot" } }, "helper[bot] is no person"],
    ["ourselves", { sender: { login: self.login, id: self.id, type: "Bot" } }, "our own doing"],
    ["no installation", { installation: undefined }, "the delivery belongs to no installation of the App"],
  ])("ignores %s", (_, changes, reason) => {
    expect(ignored("issues", labeled(changes))).toBe(reason);
  });

  test("leaves who may do it to the permission API: a label that an issue form set counts as its opener's", () => {
    const opener = { login: "stranger", id: 502, type: "User" };
    expect(parse("issues", labeled({ sender: opener, issue: { author_association: "OWNER" } }))).toMatchObject({
      trigger: { sender: opener },
    });
  });
});

describe("issue_comment.created", () => {
  test("is a command with the issue that it stands on", () => {
    expect(parse("issue_comment", commented("/architect design invoices"))).toEqual({
      trigger: {
        kind: "command",
        repository,
        sender: maintainer,
        thread: { kind: "issue", number: 7 },
        command: { verb: "design", request: "invoices" },
        commentId: 11,
        title: "Create users",
        body: "With a name",
        author: maintainer,
      },
    });
  });

  test("knows a pull request from an issue", () => {
    const payload = commented("/architect design x", { issue: { pull_request: { url: "x" } } });
    expect(parse("issue_comment", payload)).toMatchObject({ trigger: { thread: { kind: "pull", number: 7 } } });
  });

  test("names the ghost as author of an issue whose author is gone", () => {
    expect(parse("issue_comment", commented("/architect design x", { issue: { user: null } }))).toMatchObject({
      trigger: { author: { login: "ghost" } },
    });
  });

  test("takes a command that nobody knows, so that it can be answered", () => {
    expect(parse("issue_comment", commented("/architect dance"))).toMatchObject({
      trigger: { command: { verb: "unknown", word: "dance" } },
    });
  });

  test.each([
    ["/architectural thoughts", {}, "the comment holds no command"],
    ["```\n/architect go\n```", {}, "the comment holds no command"],
    ["<!-- /architect go -->", {}, "the comment holds no command"],
    ["/architect design x", { sender: { login: self.login, id: 1, type: "User" } }, "our own doing"],
  ])("ignores %j with %j", (body, changes, reason) => {
    expect(ignored("issue_comment", commented(body, changes))).toBe(reason);
  });

  test("on what is closed are taken, to say so", () => {
    const of = (changes: object) => parse("issue_comment", commented("/architect design x", { issue: changes }));
    expect(of({ state: "closed" })).toMatchObject({ trigger: { closed: "closed" } });
    expect(of({ state: "closed", pull_request: { merged_at: "2026-11-25T12:00:00Z" } })).toMatchObject({
      trigger: { closed: "merged" },
    });
  });

  test("ignores an edited and a deleted comment", () => {
    const changes = { comment: { body: "/architect design x" } };
    expect(ignored("issue_comment", payloadOf("issue_comment", "edited", changes))).toBe(
      "nothing starts on this event",
    );
    expect(ignored("issue_comment", payloadOf("issue_comment", "deleted", changes))).toBe(
      "nothing starts on this event",
    );
  });
});

describe("loops", () => {
  const helper = { login: "helper[bot]", id: 5, type: "Bot" };
  const bots = [{ login: "helper[bot]", id: 5 }];
  const withBots = (event: string, payload: unknown) =>
    parseTrigger(event, payload, { label: "architect", self: { ...self, appId: 4711 }, command: "architect", bots });
  const ours = { sender: { login: self.login, id: self.id, type: "Bot" } };

  test.each([
    ["a label", "issues", labeled(ours)],
    ["a comment", "issue_comment", commented("/architect design x", ours)],
    ["a review", "pull_request_review", reviewed({ state: "commented", body: "x" }, ours)],
    ["an inline comment", "pull_request_review_comment", reviewCommented(ours)],
  ])("%s of our own user starts nothing", (_, event, payload) => {
    expect(withBots(event, payload)).toEqual({ ignored: "our own doing" });
  });

  const anyOf: Readonly<Record<string, object>> = {
    issues: labeled(),
    issue_comment: commented("/architect design x"),
    pull_request: reviewed({}),
    pull_request_review: reviewed({ state: "commented", body: "x" }),
    pull_request_review_comment: reviewCommented(),
  };
  test.each([
    ["issues", "edited"],
    ["issues", "opened"],
    ["issue_comment", "edited"],
    ["pull_request", "review_requested"],
    ["pull_request_review", "edited"],
    ["pull_request_review_comment", "edited"],
  ])("%s.%s starts nothing, whoever does it", (event, action) => {
    for (const sender of [maintainer, helper, ours.sender])
      expect(withBots(event, { ...anyOf[event], action, sender })).toEqual({
        ignored: "nothing starts on this event",
      });
  });

  test("what was written with a token of this App is our own doing, whoever it counts for", () => {
    const via = { performed_via_github_app: { id: 4711 } };
    expect(withBots("issue_comment", commented("/architect design x", { comment: via }))).toEqual({
      ignored: "our own doing",
    });
    expect(
      withBots("issue_comment", commented("/architect design x", { comment: { performed_via_github_app: { id: 9 } } })),
    ).toHaveProperty("trigger");
  });

  test.each([
    ["a comment", "issue_comment", commented("<!-- architect:status -->\n\n/architect design x")],
    ["a review", "pull_request_review", reviewed({ state: "commented", body: "<!-- architect:answer:1:2 -->\nDone" })],
    ["an inline comment", "pull_request_review_comment", reviewCommented({ comment: { body: "<!--architect:x-->" } })],
  ])("%s that copies one of ours starts nothing and is told to no run", (_, event, payload) => {
    expect(withBots(event, payload)).toEqual({ ignored: "a copy of our own words" });
  });

  test("a bot that the operator lists by name and id is heard, any other is not", () => {
    expect(withBots("issue_comment", commented("/architect design x", { sender: helper }))).toMatchObject({
      trigger: { sender: helper },
    });
    for (const sender of [
      { ...helper, id: 6 },
      { ...helper, login: "other[bot]" },
      { ...helper, type: "Organization" },
    ])
      expect(withBots("issue_comment", commented("/architect design x", { sender }))).toEqual({
        ignored: `${sender.login} is no person`,
      });
  });
});

describe("reviews of our pull request", () => {
  const expected = {
    trigger: {
      kind: "review",
      repository,
      sender: maintainer,
      thread: { kind: "pull", number: 8 },
      branch: "architect/issue-7-create-users",
      title: "User registration",
    },
    dedupe: `review:${repositoryId}:42`,
  };

  const with_ = (notice: object) => ({ ...expected, trigger: { ...expected.trigger, reviews: [notice] } });

  test("a submitted review and its inline comments announce the same thing", () => {
    const submitted = { id: 42, by: maintainer, comments: [], loose: false };
    expect(parse("pull_request_review", reviewed({ state: "changes_requested", body: "two points" }))).toEqual(
      with_(submitted),
    );
    expect(parse("pull_request_review", reviewed({ state: "changes_requested", body: null }))).toEqual(
      with_(submitted),
    );
    expect(parse("pull_request_review_comment", reviewCommented())).toEqual(
      with_({ id: 42, by: maintainer, comments: [43], loose: true }),
    );
  });

  test("a review without words is known by its inline comments alone, as is an approval", () => {
    expect(ignored("pull_request_review", reviewed({ state: "commented", body: null }))).toBe(
      "a review without words: its inline comments announce themselves",
    );
    for (const body of ["", "but rename it"])
      expect(ignored("pull_request_review", reviewed({ state: "approved", body }))).toBe(
        "an approval: its inline comments announce themselves",
      );
  });

  test("thanks in a reply may answer a question, so they are looked at", () => {
    const reply = { comment: { body: "Great, thanks! :tada:", in_reply_to_id: 20 } };
    expect(parse("pull_request_review_comment", reviewCommented(reply))).toMatchObject({ trigger: { kind: "review" } });
  });

  test("on a pull request that is over are taken, to say so", () => {
    const closed = { pull_request: { state: "closed", merged_at: null } };
    expect(parse("pull_request_review_comment", reviewCommented(closed))).toMatchObject({
      trigger: { closed: "closed" },
    });
    const merged = { pull_request: { state: "closed", merged_at: "2026-11-25T12:00:00Z" } };
    expect(parse("pull_request_review_comment", reviewCommented(merged))).toMatchObject({
      trigger: { closed: "merged" },
    });
  });

  test.each([
    ["a person's pull request", { pull_request: { user: maintainer } }, "not a pull request of ours"],
    ["a pull request of nobody", { pull_request: { user: null } }, "not a pull request of ours"],
    [
      "a word to somebody else",
      { comment: { body: "@reviewer what do you think?" } },
      "the comment speaks to somebody else",
    ],
    ["thanks", { comment: { body: "Great, thanks! :tada:" } }, "the comment asks for nothing"],
    ["a fork's", { pull_request: { head: { repo: { id: 5 } } } }, "the pull request comes from another repository"],
    ["a lost fork's", { pull_request: { head: { repo: null } } }, "the pull request comes from another repository"],
    ["another branch", { pull_request: { head: { ref: "feature/x" } } }, "not a branch of ours"],
    ["our own answer", { sender: { login: self.login, id: self.id, type: "Bot" } }, "our own doing"],
    ["an empty comment", { comment: { body: " " } }, "a comment without words"],
    ["a comment of no review", { comment: { pull_request_review_id: null } }, "the comment belongs to no review"],
  ])("ignores %s", (_, changes, reason) => {
    expect(ignored("pull_request_review_comment", reviewCommented(changes))).toBe(reason);
  });
});

describe("a push to the branch of our pull request", () => {
  const headSha = "a".repeat(40);
  const pushed = (changes: object = {}) =>
    reviewed({}, { action: "synchronize", pull_request: { head: { sha: headSha } }, ...changes });

  test("is checked once for each head", () => {
    expect(parse("pull_request", pushed())).toMatchObject({
      trigger: { kind: "push", sender: maintainer, headSha },
      dedupe: expect.stringMatching(/^push:\d+:\d+:a{40}$/),
    });
  });

  test("is checked where a machine pushed, too: it is asked for by nobody", () => {
    const sender = { login: "formatter[bot]", id: 5, type: "Bot" };
    expect(parse("pull_request", pushed({ sender }))).toMatchObject({ trigger: { kind: "push", sender } });
  });

  test("is ignored where it is our own, and on a pull request that is not ours", () => {
    const ourselves = { sender: { login: self.login, id: self.id, type: "Bot" } };
    expect(ignored("pull_request", pushed(ourselves))).toBe("our own doing");
    const theirs = { pull_request: { head: { sha: headSha }, user: maintainer } };
    expect(ignored("pull_request", pushed(theirs))).toBe("not a pull request of ours");
  });
});

describe("a push to a branch", () => {
  test("is no trigger by itself: whether one of ours goes there is not for the payload to say", () => {
    expect(parse("push", branchPushed())).toEqual({
      ignored: "no pull request of ours goes there",
      moved: { kind: "moved", repository, sender: maintainer, base: "main", tip: "b".repeat(40) },
    });
  });

  test("counts whoever did it, ourselves and a deploy key included, and whatever it threw away", () => {
    for (const change of [
      { sender: { login: self.login, id: self.id, type: "Bot" } },
      { sender: undefined },
      { forced: true },
    ])
      expect(parse("push", branchPushed(change))).toMatchObject({ moved: { base: "main" } });
  });

  test.each([
    ["a tag", { ref: "refs/tags/main" }, "a push to no branch"],
    ["a branch that was deleted", { after: "0".repeat(40), deleted: true }, "the branch is gone"],
    ["a new branch", { before: "0".repeat(40), created: true }, "a new branch, to which nothing goes yet"],
  ])("leaves %s alone", (_, change, reason) => {
    expect(parse("push", branchPushed(change))).toEqual({ ignored: reason });
  });
});

describe("our check, asked for again", () => {
  const headSha = "a".repeat(40);
  const again = (event: "check_run" | "check_suite", facts: object = {}, changes: object = {}) => {
    const own = {
      ...{ head_sha: headSha, app: { slug: self.slug } },
      pull_requests: [
        {
          number: 8,
          head: { ref: "architect/issue-7-create-users", sha: headSha, repo: { id: repositoryId } },
          base: { repo: { id: repositoryId } },
        },
      ],
      ...(event === "check_run" ? { external_id: "pull-8" } : {}),
    };
    return payloadOf(event, "rerequested", { [event]: { ...own, ...facts }, ...changes });
  };

  test.each(["check_run", "check_suite"] as const)("is made again on the same head (%s)", (event) => {
    expect(parse(event, again(event))).toEqual({
      trigger: expect.objectContaining({
        ...{ kind: "push", again: "asked", sender: maintainer, headSha, branch: "architect/issue-7-create-users" },
        thread: { kind: "pull", number: 8 },
      }),
    });
  });

  test.each([
    ["another App's", { app: { slug: "github-actions" } }, "a check of another App"],
    [
      "a head that the branch has left",
      { head_sha: "b".repeat(40) },
      "no pull request of this repository has this head",
    ],
    ["one without a pull request", { pull_requests: [] }, "no pull request of this repository has this head"],
    ["another pull request's", { external_id: "pull-9" }, "no pull request of this repository has this head"],
  ])("is left alone where it is %s", (_, facts, reason) => {
    expect(ignored("check_run", again("check_run", facts))).toBe(reason);
  });

  test("is left alone where nobody asks but a machine", () => {
    const sender = { login: "helper[bot]", id: 5, type: "Bot" };
    expect(ignored("check_suite", again("check_suite", {}, { sender }))).toBe("helper[bot] is no person");
  });
});

describe("an edit of our pull request", () => {
  const headSha = "a".repeat(40);
  const bodyOf = (summary: string) =>
    mergeBody("Words of people.", undefined, () =>
      renderPullBody({
        ...{ report: reportWith({ summary }), status: "DONE", issue: 7, findings: [], evidence: [], tree: "now" },
        ...{ spend: { toolCalls: 1, turns: 1, tokens: 1, usd: 0 }, toolCallLimit: 60, model: "blueprint" },
      }),
    );
  const [before, after] = [bodyOf("Adds users."), bodyOf("Adds orders.")];
  const edited = (changes: object, body = before, sender: object = maintainer) =>
    reviewed({}, { action: "edited", changes, sender, pull_request: { body, head: { sha: headSha } } });

  test("of its base has its head checked again", () => {
    const base = { ref: { from: "main" }, sha: { from: "b".repeat(40) } };
    expect(parse("pull_request", edited({ base }))).toMatchObject({
      trigger: { kind: "push", again: "edited", thread: { number: 8 }, headSha },
    });
  });

  test("of its report has its head checked again", () => {
    expect(parse("pull_request", edited({ body: { from: after } }))).toMatchObject({ trigger: { again: "edited" } });
    expect(parse("pull_request", edited({ body: { from: "" } }))).toMatchObject({ trigger: { again: "edited" } });
  });

  test("of anything else changes nothing, nor does our own", () => {
    const nothing = "nothing was edited that is checked";
    expect(ignored("pull_request", edited({ title: { from: "x" } }))).toBe(nothing);
    expect(ignored("pull_request", edited({ body: { from: before.replace("Words", "Other words") } }))).toBe(nothing);
    const ourselves = { login: self.login, id: self.id, type: "Bot" };
    expect(ignored("pull_request", edited({ body: { from: after } }, before, ourselves))).toBe("our own doing");
  });
});

describe("checks that ended on the head of our pull request", () => {
  const headSha = "a".repeat(40);
  const branch = "architect/issue-7-create-users";
  const pull = (changes: object) => ({
    pull_requests: [
      {
        number: 8,
        head: { ref: branch, sha: headSha, repo: { id: repositoryId } },
        base: { repo: { id: repositoryId } },
        ...changes,
      },
    ],
  });

  test("are looked at, whoever GitHub names as their sender", () => {
    const machine = { sender: { login: "github-actions[bot]", id: 41_898_282, type: "Bot" } };
    for (const changes of [{}, machine, { sender: { login: self.login, id: self.id, type: "Bot" } }])
      expect(parse("check_suite", suiteCompleted({}, changes))).toMatchObject({
        trigger: { kind: "checks", thread: { kind: "pull", number: 8 }, branch, headSha },
      });
  });

  test("are looked at where they passed, too: what failed before may pass now", () => {
    expect(parse("check_suite", suiteCompleted({ conclusion: "success" }))).toHaveProperty("trigger");
  });

  test.each([
    ["our own check run", { app: { slug: self.slug } }, "our own check run"],
    ["a branch of others", { head_branch: "feature" }, "not a branch of ours"],
    ["a fork", { head_branch: null, pull_requests: [] }, "not a branch of ours"],
    ["a branch without a pull request", { pull_requests: [] }, "no pull request of this repository has this head"],
    [
      "a head that has moved",
      pull({ head: { ref: branch, sha: "b".repeat(40), repo: { id: repositoryId } } }),
      "no pull request of this repository has this head",
    ],
    [
      "a pull request from a fork",
      pull({ head: { ref: branch, sha: headSha, repo: { id: 5 } } }),
      "no pull request of this repository has this head",
    ],
    [
      "a pull request to another repository",
      pull({ base: { repo: { id: 5 } } }),
      "no pull request of this repository has this head",
    ],
  ])("are ignored on %s", (_, suite, reason) => {
    expect(ignored("check_suite", suiteCompleted(suite))).toBe(reason);
  });

  test("are ignored while they are at work", () => {
    expect(ignored("check_suite", payloadOf("check_suite", "requested"))).toBe("nothing starts on this event");
  });
});

describe("what is no such payload", () => {
  test.each([
    ["null", null],
    ["a string", "x"],
    ["a list", []],
    ["a deep list", Array.from({ length: 5_000 }).reduce<unknown>((inner) => [inner], [])],
    ["nothing in it", {}],
    ["an action that is no text", { action: 5 }],
  ])("ignores %s", (_, payload) => {
    for (const event of ["issues", "issue_comment", "ping", "__proto__", "constructor"])
      expect(parse(event, payload)).toEqual({ ignored: "nothing starts on this event" });
  });

  test.each([
    ["issue_comment", commented("x", { comment: { body: { $ne: 1 } } }), /^comment\.body: /],
    [
      "issue_comment",
      commented("/architect design x", { issue: { number: "1; DROP TABLE runs" } }),
      /^issue\.number: /,
    ],
    ["issues", labeled({ repository: { id: -1 } }), /^repository\.id: /],
    ["issues", labeled({ sender: null }), /^sender: /],
    ["issue_comment", { ...labeled(), action: "created" }, /^comment: /],
  ])("says where a payload of %s is malformed", (event, payload, reason) => {
    const parsed = parse(event, payload);
    expect(parsed).toMatchObject({ malformed: true });
    expect(parsed).toHaveProperty("ignored", expect.stringMatching(reason));
  });

  test("a payload under another event's name starts nothing", () => {
    expect(parse("issues", commented("/architect design x"))).toEqual({ ignored: "nothing starts on this event" });
    expect(parse("nope__proto__", commented("/architect design x"))).toEqual({
      ignored: "nothing starts on this event",
    });
  });
});
