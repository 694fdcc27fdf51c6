/** A request for decisions and contracts alone: a pull request with records and a contract between services, and no code. */
import type { FileChange } from "../../domain/changeset.ts";
import type { Finding } from "../../domain/finding.ts";
import { type Paper, paperSchema } from "../../domain/paper.ts";
import { isPaperPath, paperBoundary, paperFiles } from "../../domain/render/paper.ts";
import type { Report } from "../../domain/report.ts";
import { checkPaper, paperClaims } from "../../verify/check-paper.ts";
import { settleStatus } from "../../verify/check-report.ts";
import { checkThreads } from "../../verify/check-threads.ts";
import { unheard } from "../judge.ts";
import type { Ground, Mode, Reading } from "../mode.ts";
import { suggestedAlone, withSuggestions } from "../suggest.ts";
import { createSubmitReport, type Judge, maxRefusals } from "../tools/submit-report.ts";

const directive = `
You design, and write no code: people want decisions, service boundaries and the contracts between services. Nothing of /repo
can be written, by commands either; what is said above about implementing, tests and hand-offs of migrations is for other runs.

- Read what there is first: services, tables and who writes them, endpoints, events. A boundary follows the data that must
  change together, and the teams that change it; split nothing that no force splits.
- Each table or aggregate has one owner. The others ask its owner (http, rpc) or listen to it (event).
- Each contract has a provider, its consumers, its fields, its errors, and what both sides may rely on: idempotency, order,
  time-outs, retries, what happens when the other one is down.
- \`exists\` is checked against the code: true for an endpoint that is served now, false for one that is not.
- Each decision becomes a record: its context, the decision, what becomes easier and harder, and two alternatives at least.
- On review comments: answer each in \`threads\`, and hand in the whole design again as it now is. A suggestion that is
  applied the App writes into the file itself, word for word: hand in the lines that it replaces as they were.

SubmitPaper ends the run; plain text ends nothing. The App writes the files from it.`;

const description = `Hands in the design and ends the run. It is held against the code and against itself; what does not hold comes back, up to ${maxRefusals} times. DONE needs a decision at least; BLOCKED needs blockers, NEEDS_CONTEXT questions. Call it alone, as the last thing.`;

export const paper: Mode = {
  name: "paper",
  directive,
  tool: "SubmitPaper",
  submit: (ground, door) =>
    createSubmitReport({
      door,
      form: { input: paperSchema },
      judge: judgeOf(ground),
      as: { tool: "SubmitPaper", description },
    }),
  publish: async (reading) => propose(reading),
};

const judgeOf =
  (ground: Ground): Judge<Omit<Paper, "kind">> =>
  async (submitted) => {
    const design: Paper = { kind: "paper", ...submitted };
    const findings: readonly Finding[] = [
      ...checkPaper(design, await factsOf(ground)),
      ...checkThreads(design, {
        changeset: await filesOf(ground, design),
        threads: ground.gathered.brief.review?.comments ?? [],
      }),
      ...((await ground.unheard()) ? [unheard] : []),
    ];
    return { accepted: !findings.some(({ severity }) => severity === "error"), report: design, findings };
  };

const factsOf = async (ground: Ground) => {
  const inspection = await ground.inspect();
  return inspection?.ok ? inspection.facts : undefined;
};

const propose = async ({ ground, submission, findings, publish }: Reading) => {
  if (submission.kind !== "paper") throw new Error(`a ${submission.kind} is no design`);
  const facts = await factsOf(ground);
  const status = settleStatus(submission, findings);
  const isWhole = status === "DONE" || status === "DONE_WITH_CONCERNS";
  const { followUp } = ground.gathered;
  const changeset = isWhole ? await filesOf(ground, submission) : await suggestedAlone(followUp, ground.readFiles);
  return publish({
    report: reportOf(submission),
    ...{ status, findings, changeset, paper: submission },
    claims: facts ? paperClaims(submission, facts) : [],
    boundaries: [paperBoundary],
  });
};

/** With what people suggested in them; records of this pull request that the design no longer has go; those of others are never touched. */
const filesOf = async (ground: Ground, design: Paper): Promise<readonly FileChange[]> => {
  const { run, gathered } = ground;
  const there = await ground.list(gathered.commit, isPaperPath);
  const before = gathered.base === gathered.commit ? there : await ground.list(gathered.base, isPaperPath);
  const own = there.filter((path) => !before.includes(path));
  const files = paperFiles(design, { issue: run.issue, date: run.startedAt.slice(0, 10) }, { known: there, own });
  const { texts } = await ground.readFiles(files.map(({ path }) => path));
  const suggested = await ground.suggested();
  const written = files.flatMap(({ path, text: made }): FileChange[] => {
    const text = withSuggestions(path, made, suggested);
    const was = texts.get(path);
    const content = Buffer.from(text).toString("base64");
    return was === text ? [] : [{ path, kind: was === undefined ? "added" : "modified", mode: "100644", content }];
  });
  const gone = own.filter((path) => !files.some((file) => file.path === path));
  return [...written, ...gone.map((path): FileChange => ({ path, kind: "deleted" }))].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
};

/** What memory, commits and the description of a pull request are made from. */
const reportOf = (design: Paper): Report => ({
  ...{ status: design.status, feature: design.feature, summary: design.summary },
  ...{ endpoints_created: [], graphql_created: [], models_created: [], middleware_added: [], security_measures: [] },
  ...{ test_commands: [], documentation: { openapi_updated: false, postman_collection: null } },
  decisions: design.decisions.map(({ title, decision, category, impact, alternatives }) => ({
    ...{ title, rationale: decision, category, impact, alternatives },
  })),
  ...{ concerns: design.concerns, blockers: design.blockers, questions: design.questions },
  ...{ handoffs: design.handoffs, threads: design.threads },
});
