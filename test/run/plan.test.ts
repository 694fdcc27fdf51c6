import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PlanContent } from "../../src/domain/plan.ts";
import { shownHash } from "../../src/domain/plan.ts";
import { planMarker } from "../../src/domain/render/plan.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import { reportWith } from "../support/report.ts";
import type { ScriptedTurn } from "../support/scripted-model.ts";

const files = { "app/main.py": "app = 1\n", "app/api/orders.py": "orders = []\n" };
const plan: PlanContent = {
  summary: "Orders get a status.",
  work: "crud",
  steps: [
    { title: "Add the column", detail: "An enum of open and paid.", files: ["/repo/app/models/order.py"] },
    { title: "Show it", detail: "In every answer.", files: ["/repo/app/api/orders.py"] },
  ],
  files: [
    { file: "/repo/app/models/order.py", change: "create", why: "the column", handoff: null },
    { file: "/repo/app/api/orders.py", change: "modify", why: "the answers", handoff: null },
    { file: "/repo/tests/test_orders.py", change: "create", why: "it is tested", handoff: "test-generator" },
  ],
  contract: [
    {
      ...{ operation: "GET /api/v1/orders", change: "changed", auth: "none", rate_limit: null, request: null },
      response: "200, orders with their status",
    },
  ],
  questions: [],
  risks: [],
};
const planned = (change: Partial<PlanContent> = {}): ScriptedTurn => ({
  calls: [{ name: "SubmitPlan", input: { ...plan, ...change } }],
});
const questions = [{ question: "Which states are there?", options: ["open and paid", "open, paid and sent"] }];

const open = { to: "test-generator", task: "tests" };
const carryOut: readonly ScriptedTurn[] = [
  { calls: [{ name: "Write", input: { file_path: "/repo/app/models/order.py", content: "status = 1\n" } }] },
  { calls: [{ name: "Write", input: { file_path: "/repo/app/api/extra.py", content: "extra = 1\n" } }] },
  { calls: [{ name: "SubmitReport", input: reportWith({ status: "DONE_WITH_CONCERNS", handoffs: [open] }) }] },
];

let bench: Bench;
beforeEach(() => {
  bench = createBench(files);
});
afterEach(() => bench.close());

const planIt = async (turn = planned(), text = "plan give orders a status") => {
  const outcome = await bench.run(bench.command(text), [turn]);
  if (!outcome.plan) throw new Error("no plan was made");
  return { outcome, hash: shownHash(outcome.plan) };
};

describe("plan", () => {
  test("is shown in one comment: steps, files with who does them, the contract, an estimate and its hash", async () => {
    const { outcome, hash } = await planIt();
    expect(outcome).toMatchObject({ kind: "planned", blockers: [], questions: [] });
    expect(bench.said()).toHaveLength(1);
    const [body = ""] = bench.said();
    expect(body).toContain("1. **Add the column.** An enum of open and paid.\n   `app/models/order.py`");
    expect(body).toContain("| `tests/test_orders.py` | create | left to test-generator | it is tested |");
    expect(body).toContain("| `GET /api/v1/orders` | changed | none | none | none | 200, orders with their status |");
    expect(body).toContain("**Estimate:** the work of a CRUD feature, at most 40 tool calls and $10.00.");
    expect(body).toContain(`**Plan \`${hash}\`** for: give orders a status`);
    expect(body).toContain(`To have it carried out, comment \`/architect approve ${hash}\`.`);
    expect(bench.status()).toContain("**Planned.**\n\nThe plan has 2 steps over 3 files.");
    expect(bench.status()).toContain(`comment \`/architect approve ${hash}\``);
    expect(bench.github.pulls).toEqual([]);
  });

  test("without words is for what the issue asks for", async () => {
    await planIt(planned(), "plan");
    const [brief] = bench.model().requests[0]?.messages[0]?.content ?? [];
    expect(brief?.type === "text" && brief.text).toContain(
      '"request":{"title":"Orders need a status","body":"Today they have none."}',
    );
    expect(bench.said()[0]).toContain(" for: Orders need a status");
  });

  test("that does not fit the code comes back with what is wrong", async () => {
    const wrong = planned({
      files: [
        { file: "/repo/app/api/orders.py", change: "create", why: "x", handoff: null },
        { file: "/repo/app/models/order.py", change: "modify", why: "x", handoff: null },
        { file: "/repo/frontend/app.ts", change: "create", why: "x", handoff: null },
      ],
      steps: [{ title: "All of it", detail: "At once.", files: ["/repo/app/other.py"] }],
    });
    await bench.run(bench.command("plan x"), [wrong, planned()]);
    const told = JSON.stringify(bench.model().requests.at(-1)?.messages);
    expect(told).toContain("/repo/app/api/orders.py: is to be created, and is there already [planned-file]");
    expect(told).toContain("/repo/app/models/order.py: is to be modified, and is not there [planned-file]");
    expect(told).toContain("/repo/frontend/ is forbidden to you");
    expect(told).toContain("step 1 names it, and `files` does not list it [planned-step]");
    expect(bench.said()[0]).not.toContain("[!WARNING]");
  });

  test("that is still wrong after three times is shown with what is wrong", async () => {
    const wrong = planned({ steps: [{ title: "All", detail: "At once.", files: ["/repo/app/other.py"] }] });
    await bench.run(bench.command("plan x"), [wrong, wrong, wrong]);
    expect(bench.said()[0]).toContain("> [!WARNING]");
    expect(bench.said()[0]).toContain("> - app/other.py: step 1 names it, and `files` does not list it");
  });

  test("may name the folder of a new file whose name nobody knows yet", async () => {
    const migration = { change: "create", why: "the column", handoff: "database-engineer" } as const;
    const { outcome } = await planIt(
      planned({ files: [...plan.files, { ...migration, file: "/repo/alembic/versions/" }] }),
    );
    expect(bench.said()[0]).toContain("| `alembic/versions/…` | create |");
    expect(Object.keys(outcome.plan?.files ?? {})).not.toContain("alembic/versions/");
    const wrong = planned({ files: [...plan.files, { ...migration, file: "/repo/app/api/", change: "modify" }] });
    await bench.run(bench.command("plan x"), [wrong, planned()]);
    expect(JSON.stringify(bench.model().requests.at(-1)?.messages)).toContain("is a folder: name the file in it.");
  });

  test("has questions where it has no steps, and no estimate then", async () => {
    const empty = { steps: [], files: [], contract: [] };
    await bench.run(bench.command("plan x"), [planned(empty), planned({ ...empty, questions })]);
    expect(JSON.stringify(bench.model().requests.at(-1)?.messages)).toContain("It has neither steps nor questions.");
    expect(bench.said()[0]).toContain("**Questions**, without whose answers nothing can be planned");
    expect(bench.said()[0]).not.toContain("Estimate");
  });

  test("takes the place of the one before, in the same comment, with another hash", async () => {
    const first = await planIt();
    const second = await planIt(planned({ summary: "Orders get a state." }));
    expect(second.hash).not.toBe(first.hash);
    expect(bench.said()).toHaveLength(1);
    expect(bench.said()[0]).toContain(second.hash);
    expect(bench.said()[0]).not.toContain(first.hash);
  });

  test("has a hash of its own for another request, title or text", async () => {
    const hashes = [await planIt(), await planIt(planned(), "plan give orders a state")].map(({ hash }) => hash);
    const edited = await bench.run(bench.command("plan give orders a status", { body: "Another text." }), [planned()]);
    hashes.push(edited.plan ? shownHash(edited.plan) : "");
    const again = await planIt();
    expect(new Set(hashes).size).toBe(3);
    expect(again.hash).toBe(hashes[0]);
  });
});

describe("approve", () => {
  const approve = (text: string, over: Parameters<Bench["command"]>[1] = {}) =>
    bench.run(bench.command(`approve ${text}`.trim(), over), carryOut);

  test("has the newest plan carried out: the agent is told it, and has the budget of its work", async () => {
    const { hash } = await planIt();
    const outcome = await approve(hash);
    expect(outcome).toMatchObject({ kind: "published", pull: { number: 100 } });
    const [brief] = bench.model().requests[0]?.messages[0]?.content ?? [];
    const text = brief?.type === "text" ? brief.text : "";
    expect(text).toContain("People approved `plan`: carry it out");
    expect(text).toContain('"plan":{"summary":"Orders get a status."');
    expect(text).toContain('"request":{"title":"give orders a status","body":""}');
    expect(bench.status()).toContain("of 40 tool calls");
    expect(bench.status()).toContain(`It carries out the plan \`${hash}\`.`);
  });

  test("leads to a pull request that says where the work differs from the plan", async () => {
    const { hash } = await planIt();
    await approve(hash);
    const body = bench.github.pulls[0]?.body ?? "";
    expect(body).toContain(`This carries out the plan \`${hash}\`, with these differences:`);
    expect(body).toContain("- Changed, and not in the plan: `app/api/extra.py`");
    expect(body).toContain("- In the plan, and untouched: `app/api/orders.py`");
    expect(body).not.toContain("tests/test_orders.py`");
  });

  test("is what later work on the pull request is held against, too, with all that was changed by then", async () => {
    const { hash } = await planIt();
    await approve(hash);
    const shown = (path: string) => ({ path, kind: "added" as const, patch: "" });
    bench.github.files.set(100, [
      ...["app/models/order.py", "app/api/extra.py", ".claude/context/session/state.json"].map(shown),
    ]);
    const onPull = { thread: { kind: "pull", number: 100 } } as const;
    await bench.run(bench.command("design change the orders, too", onPull), [
      { calls: [{ name: "Read", input: { file_path: "/repo/app/api/orders.py" } }] },
      { calls: [{ name: "Write", input: { file_path: "/repo/app/api/orders.py", content: "orders = [1]\n" } }] },
      ...carryOut.slice(2),
    ]);
    const body = bench.github.pulls[0]?.body ?? "";
    expect(body).toContain(`This carries out the plan \`${hash}\`, with these differences:`);
    expect(body).toContain("- Changed, and not in the plan: `app/api/extra.py`\n");
    expect(body).not.toContain("In the plan, and untouched");
  });

  test("carries a plan for further work out on the pull request that it was made for", async () => {
    const first = await planIt();
    await approve(first.hash);
    const onPull = { thread: { kind: "pull", number: 100 } } as const;
    const more = { ...plan, files: plan.files.map((file) => ({ ...file, change: "modify" as const })).slice(0, 1) };
    const steps = [{ title: "Change it", detail: "Once more.", files: ["/repo/app/models/order.py"] }];
    const turn: ScriptedTurn = { calls: [{ name: "SubmitPlan", input: { ...more, steps, contract: [] } }] };
    const outcome = await bench.run(bench.command("plan one more state", onPull), [turn]);
    const hash = outcome.plan ? shownHash(outcome.plan) : "";
    expect(bench.said().filter((body) => body.includes(planMarker))).toHaveLength(2);
    expect(bench.said().at(-1)).toContain("one of these files changes on `architect/issue-3-");
    await bench.run(bench.command(`approve ${hash}`, onPull), [
      { calls: [{ name: "Read", input: { file_path: "/repo/app/models/order.py" } }] },
      { calls: [{ name: "Write", input: { file_path: "/repo/app/models/order.py", content: "status = 2\n" } }] },
      ...carryOut.slice(2),
    ]);
    expect(bench.github.pulls).toHaveLength(1);
    expect(bench.github.pulls[0]?.body).toContain(
      `This carries out the plan \`${hash}\`, and the files and operations are those that it names.`,
    );
  });

  test("needs no hash where the plan was there to be read", async () => {
    await planIt();
    expect(await approve("")).toMatchObject({ kind: "published" });
  });

  test("without a hash is void where a newer plan came while it waited", async () => {
    await planIt();
    const job = bench.command("approve");
    const early = { ...job, acceptedAt: "2026-11-25T11:00:00Z" };
    const outcome = await bench.run(early, carryOut);
    expect(outcome.summary).toContain("The approval is void: a newer plan");
  });

  test("with a wrong hash is void, and names the right one", async () => {
    const { hash } = await planIt();
    const outcome = await approve("0123456789ab");
    expect(outcome).toMatchObject({ kind: "refused", status: "BLOCKED" });
    expect(outcome.summary).toContain(`The approval is void: the plan here has the hash \`${hash}\``);
    expect(bench.model().requests).toEqual([]);
    expect(bench.github.pulls).toEqual([]);
  });

  test("of a plan that a newer one replaced is void", async () => {
    const first = await planIt();
    const second = await planIt(planned({ summary: "Orders get a state." }));
    const { summary } = await approve(first.hash);
    expect(summary).toContain(`a newer plan, \`${second.hash}\`, has taken the place of \`${first.hash}\``);
  });

  test("is void once the issue was edited, and says what of it", async () => {
    const { hash } = await planIt();
    expect((await approve(hash, { body: "Now they have one." })).summary).toContain(
      "The approval is void: the text of this thread changed after the plan was made",
    );
    expect((await approve(hash, { title: "Orders", body: "x" })).summary).toContain("the title and the text of");
    expect(bench.github.pulls).toEqual([]);
  });

  test("is void while the plan has open questions, and says which and how to answer", async () => {
    const { hash } = await planIt(planned({ questions }));
    expect(bench.said()[0]).toContain("1. Which states are there?\n   - (a) open and paid");
    const { summary } = await approve(hash);
    expect(summary).toContain("question 1 of the plan is not answered");
    expect(summary).toContain("`/architect answer 1a`");
  });

  test("counts for the plan that came of the answers, which goes on in the conversation of the one before", async () => {
    await planIt(planned({ questions }));
    const answered = await bench.run(bench.command("answer 1b"), [{}, planned({ summary: "Three states." })]);
    expect(answered.plan?.plan).toMatchObject({ summary: "Three states.", questions: [] });
    expect(answered.plan?.for.request).toBe("give orders a status");
    const told = JSON.stringify(bench.model().requests[0]?.messages);
    expect(told).toContain("open, paid and sent");
    expect(bench.said()).toHaveLength(1);
    expect(await approve(answered.plan ? shownHash(answered.plan) : "")).toMatchObject({ kind: "published" });
  });

  test("tells the agent what people answered before the plan, and keeps it among the decisions", async () => {
    await planIt(planned({ questions }));
    await bench.run(bench.command("answer 1b"), [{}, planned({ summary: "Three states." })]);
    await approve("");
    const [brief] = bench.model().requests[0]?.messages[0]?.content ?? [];
    expect(brief?.type === "text" && brief.text).toContain(
      '"answers":[{"number":1,"question":"Which states are there?","option":"open, paid and sent"}]',
    );
    const written = [...bench.github.commits.values()].flatMap(({ changes }) => changes);
    const memory = written.find(({ path }) => path.endsWith("decisions/active.json"));
    expect(memory && "content" in memory && Buffer.from(memory.content, "base64").toString()).toContain(
      "@maintainer answered: open, paid and sent",
    );
  });

  test("is void where files of the plan changed on the base branch, and names them", async () => {
    const { hash } = await planIt();
    Object.assign(bench.workspace.base, { "app/api/orders.py": "orders = [1]\n", "app/unrelated.py": "x = 1\n" });
    const { summary } = await approve(hash);
    expect(summary).toContain(
      "`main` moved since the plan was made, in files that the plan names: `app/api/orders.py`.",
    );
  });

  test("counts where the base branch moved elsewhere", async () => {
    const { hash } = await planIt();
    Object.assign(bench.workspace.base, { "app/unrelated.py": "x = 1\n" });
    expect(await approve(hash)).toMatchObject({ kind: "published" });
  });

  test("of a plan that was carried out already starts nothing, and names the pull request", async () => {
    const { hash } = await planIt();
    await approve(hash);
    expect((await approve(hash)).summary).toContain("was carried out already, in #100");
  });

  test("is void where people edited the comment with the plan, and says how a plan is changed", async () => {
    const { hash } = await planIt();
    const [[id, comment] = []] = [...bench.github.comments].filter(([, { body }]) => body.includes(planMarker));
    if (id === undefined || !comment) throw new Error("no comment has the plan");
    const edited = { ...comment, body: comment.body.replace("An enum", "A string") };
    bench.github.comments.set(id, edited);
    expect((await approve(hash)).summary).toContain(
      `the comment with the plan \`${hash}\` was edited, so it no longer says what would be carried out`,
    );
    bench.github.comments.delete(id);
    expect((await approve(hash)).summary).toContain(`the comment with the plan \`${hash}\` is gone`);
    expect(bench.github.pulls).toEqual([]);
    bench.github.comments.set(id, { ...comment, body: comment.body.replaceAll("\n", "\r\n") });
    expect(await approve(hash)).toMatchObject({ kind: "published" });
  });

  test("on the pull request of a plan's issue says where the plan stands", async () => {
    const { hash } = await planIt();
    await approve(hash);
    const { summary } = await approve(hash, { thread: { kind: "pull", number: 100 } });
    expect(summary).toContain(`The plan \`${hash}\` stands on #3: approve it there.`);
  });

  test("takes a budget of its own", async () => {
    const { hash } = await planIt();
    await approve(`${hash} --budget $2`);
    expect(bench.status()).toContain("of $2.00");
  });

  test("without a plan starts nothing", async () => {
    expect((await approve("")).summary).toContain("there is no plan here yet");
  });

  test("by people without write access is nothing", async () => {
    const { hash } = await planIt();
    bench.github.permission = "triage";
    expect(await approve(hash)).not.toHaveProperty("status");
    expect(bench.github.pulls).toEqual([]);
  });

  test("that was stored holds after a crash, whatever changed since", async () => {
    const { hash } = await planIt();
    const job = bench.command(`approve ${hash}`);
    const dying = [{ calls: [{ name: "Read", input: { file_path: "/repo/app/main.py" } }] }];
    await bench
      .run(job, dying, { model: { name: "scripted", turn: async () => Promise.reject(new Error("killed")) } })
      .catch(() => undefined);
    Object.assign(bench.workspace.base, { "app/api/orders.py": "orders = [1]\n" });
    expect(await bench.run(job, carryOut)).toMatchObject({ kind: "published" });
  });

  test("is done again by retry, and gone on with by continue, with the plan", async () => {
    const { hash } = await planIt();
    const stuck: readonly ScriptedTurn[] = [{ text: "Hm." }, { text: "Hm." }, { text: "Hm." }];
    await bench.run(bench.command(`approve ${hash}`), stuck);
    await bench.run(bench.command("retry"), carryOut);
    expect(bench.github.pulls[0]?.body).toContain(`This carries out the plan \`${hash}\``);
    await bench.run(bench.command("continue and mend it"), [...carryOut, ...carryOut.slice(2)]);
    expect(bench.github.pulls[0]?.body).toContain(`This carries out the plan \`${hash}\``);
  });
});

describe("what comes after a question or a plan", () => {
  const answer: ScriptedTurn = { calls: [{ name: "SubmitAnswer", input: { answer: "Yes.", references: [] } }] };

  test("a question that was answered leaves the work before it to go on with", async () => {
    await bench.run(bench.command("design x"), [{ text: "Hm." }, { text: "Hm." }, { text: "Hm." }]);
    await bench.run(bench.command("ask is it there?"), [answer]);
    const outcome = await bench.run(bench.command("continue"), [{}, {}, {}, ...carryOut]);
    expect(outcome).toMatchObject({ kind: "published" });
  });

  test("a plan is not gone on with without words, and is made otherwise with them", async () => {
    const { hash } = await planIt();
    const { summary } = await bench.run(bench.command("continue"), []);
    expect(summary).toContain(`\`/architect approve ${hash}\` has it carried out`);
    const other = await bench.run(bench.command("continue with three states"), [{}, planned({ summary: "Three." })]);
    expect(other.plan?.plan.summary).toBe("Three.");
  });
});
