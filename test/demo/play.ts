/** The demo's three acts: issue and label, pull request, review and follow-up; told as they happen and summed up as a value. */
import { Octokit } from "@octokit/rest";
import type { Evidence, Finding } from "../../src/domain/finding.ts";
import { parseBody } from "../../src/domain/render-report.ts";
import type { Report } from "../../src/domain/report.ts";
import type { App } from "../../src/serve.ts";
import type { Scene } from "../support/scene.ts";
import type { Narrator } from "./narrate.ts";
import { reviewOf } from "./review.ts";
import { terminalText } from "./text.ts";
import { watchThread } from "./watch.ts";

export type DemoResult = {
  readonly issue: { readonly number: number; readonly title: string };
  readonly pull: PullResult | null;
  readonly report: Report | null;
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly comments: readonly { readonly by: string; readonly body: string }[];
  /** Of its runs, as the threads link to them. */
  readonly pages: readonly string[];
  /** Milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
  readonly followUp: FollowUpResult | null;
};

type PullResult = {
  readonly number: number;
  readonly url: string;
  readonly branch: string;
  readonly headSha: string;
  readonly draft: boolean;
  readonly files: readonly {
    readonly path: string;
    readonly status: string;
    readonly additions: number;
    readonly deletions: number;
  }[];
};

type FollowUpResult = {
  readonly headSha: string;
  readonly commits: readonly { readonly sha: string; readonly message: string }[];
  readonly answers: readonly {
    readonly path: string;
    readonly line: number | null;
    readonly comment: string;
    readonly answer: string | null;
  }[];
};

type Stage = {
  readonly scene: Scene;
  readonly app: App;
  readonly narrator: Narrator;
  readonly issue: { readonly title: string; readonly body: string };
};

const at = { owner: "acme", repo: "shop" };

export const play = async (stage: Stage): Promise<DemoResult> => {
  const { scene, app, narrator } = stage;
  const github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  const timings: Record<string, number> = {};
  const { data: issue } = await github.rest.issues.create({ ...at, ...stage.issue });
  narrator.say(`Issue #${issue.number} “${issue.title}”, and a maintainer sets the label “architect”`);
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  const watch = watchThread(github, at, issue.number, narrator, {
    onEyes: () => {
      timings["eyesMs"] = since();
    },
    onStatus: () => {
      timings["firstStatusMs"] ??= since();
    },
  });
  await github.rest.issues.addLabels({ ...at, issue_number: issue.number, labels: ["architect"] });
  await settled(stage);
  await watch.stop();
  timings["pullRequestMs"] = since();
  const pull = await showPull(github, narrator);
  const { data: repository } = await github.rest.repos.get(at);
  const facts = await factsOf(app, repository.id, issue.number, pull?.body ?? "");
  const followUp = pull ? await reviewIt(stage, github, pull, timings) : null;
  const { data: comments } = await github.rest.issues.listComments({ ...at, issue_number: issue.number });
  const { data: onPull } = pull
    ? await github.rest.issues.listComments({ ...at, issue_number: pull.result.number })
    : { data: [] };
  return {
    issue: { number: issue.number, title: issue.title },
    pull: pull?.result ?? null,
    ...facts,
    comments: comments.map(({ user, body }) => ({ by: user?.login ?? "", body: body ?? "" })),
    pages: pagesIn([...comments, ...onPull]),
    timings: { ...timings, totalMs: narrator.elapsedMs() },
    followUp,
  };
};

const pagesIn = (comments: readonly { readonly body?: string }[]): string[] =>
  comments.flatMap(({ body = "" }) => [...body.matchAll(/\[Run page\]\((\S+)\)/g)].map(([, page = ""]) => page));

/** Every delivery is answered and no job is left. */
const settled = async ({ scene, app }: Stage): Promise<void> => {
  await scene.emulator.idle();
  await app.queue.idle();
  await scene.emulator.idle();
};

type Shown = { readonly result: PullResult; readonly body: string };

const showPull = async (github: Octokit, narrator: Narrator): Promise<Shown | undefined> => {
  const { data: pulls } = await github.rest.pulls.list({ ...at, state: "open" });
  const [pull] = pulls;
  if (!pull) {
    narrator.say("No pull request was opened: see the status comment above");
    return undefined;
  }
  const { data: files } = await github.rest.pulls.listFiles({ ...at, pull_number: pull.number, per_page: 100 });
  narrator.say(`Pull request #${pull.number}${pull.draft ? " (draft)" : ""}: ${pull.html_url}`);
  const widest = Math.max(...files.map(({ filename }) => filename.length));
  narrator.show(
    files
      .map(({ filename, additions, deletions }) => `${filename.padEnd(widest)}  +${additions} -${deletions}`)
      .join("\n"),
  );
  narrator.show(terminalText(pull.body ?? ""));
  return {
    body: pull.body ?? "",
    result: {
      number: pull.number,
      url: pull.html_url,
      branch: pull.head.ref,
      headSha: pull.head.sha,
      draft: pull.draft ?? false,
      files: files.map(({ filename, status, additions, deletions }) => ({
        path: filename,
        status,
        additions,
        deletions,
      })),
    },
  };
};

/** What the App itself keeps: not what a body says of it. */
const factsOf = async (app: App, repositoryId: number, issue: number, body: string) => {
  const repository = { id: repositoryId, owner: at.owner, name: at.repo, installationId: 0, defaultBranch: "" };
  const [run] = await app.store.runsOf(repository, issue);
  const events = run ? await app.store.events(run.id) : [];
  return {
    report: parseBody(body) ?? events.findLast((event) => event.type === "report")?.report ?? null,
    findings: events.findLast((event) => event.type === "report")?.findings ?? [],
    evidence: events.flatMap((event) => (event.type === "evidence" || event.type === "checked" ? event.evidence : [])),
  };
};

const reviewIt = async (
  { scene, app, narrator }: Stage,
  github: Octokit,
  pull: Shown,
  timings: Record<string, number>,
): Promise<FollowUpResult | null> => {
  const { number, headSha, files } = pull.result;
  const texts = await Promise.all(
    files
      .filter(({ path, status }) => path.endsWith(".py") && status === "added")
      .map(async ({ path }) => ({ path, text: await fileText(github, path, headSha) })),
  );
  const comments = reviewOf(texts);
  if (comments.length === 0) return null;
  narrator.say(`A maintainer reviews #${number} with ${comments.length} comments on its lines:`);
  narrator.show(comments.map(({ path, line, body }) => `${path}:${line}\n    ${body}`).join("\n"));
  const started = performance.now();
  await github.rest.pulls.createReview({
    ...at,
    pull_number: number,
    event: "COMMENT",
    comments: comments.map((comment) => ({ ...comment, side: "RIGHT" })),
  });
  const watch = watchThread(github, at, number, narrator, {});
  await settled({ scene, app, narrator, issue: { title: "", body: "" } });
  await watch.stop();
  timings["followUpMs"] = Math.round(performance.now() - started);
  return showFollowUp(github, narrator, pull.result);
};

const fileText = async (github: Octokit, path: string, ref: string): Promise<string> => {
  const { data } = await github.rest.repos.getContent({ ...at, path, ref });
  return "content" in data ? Buffer.from(data.content, "base64").toString("utf8") : "";
};

const showFollowUp = async (github: Octokit, narrator: Narrator, before: PullResult): Promise<FollowUpResult> => {
  const { data: pull } = await github.rest.pulls.get({ ...at, pull_number: before.number });
  const { data: all } = await github.rest.pulls.listCommits({ ...at, pull_number: before.number, per_page: 100 });
  const commits = all
    .slice(all.findIndex(({ sha }) => sha === before.headSha) + 1)
    .map(({ sha, commit }) => ({ sha, message: commit.message.split("\n")[0] ?? "" }));
  narrator.say(commits.length > 0 ? "New on the branch:" : "Nothing was changed on the branch");
  narrator.show(commits.map(({ sha, message }) => `${sha.slice(0, 7)} ${message}`).join("\n"));
  const { data: thread } = await github.rest.pulls.listReviewComments({
    ...at,
    pull_number: before.number,
    per_page: 100,
  });
  const answers = thread
    .filter(({ in_reply_to_id }) => in_reply_to_id === undefined)
    .map((comment) => ({
      path: comment.path,
      line: comment.line ?? null,
      comment: comment.body,
      answer: thread.find(({ in_reply_to_id }) => in_reply_to_id === comment.id)?.body ?? null,
    }));
  narrator.say("The answers in the threads:");
  narrator.show(
    answers.map(({ comment, answer }) => `› ${comment}\n${terminalText(answer ?? "no answer")}`).join("\n\n"),
  );
  return { headSha: pull.head.sha, commits, answers };
};
