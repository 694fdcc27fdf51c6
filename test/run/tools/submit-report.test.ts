import { describe, expect, it } from "vitest";
import { noSpend } from "../../../src/domain/budget.ts";
import type { Finding } from "../../../src/domain/finding.ts";
import type { Report } from "../../../src/domain/report.ts";
import { architectForm, createSubmitReport, type Judged } from "../../../src/run/tools/submit-report.ts";
import { soundReport } from "../../support/report.ts";

const context = { signal: new AbortController().signal, callId: "toolu_1" };

const submit = async (input: unknown, findings: readonly Finding[] = [], before = 0) => {
  const judged: Judged[] = [];
  const tool = createSubmitReport({
    judge: async (report) => ({ accepted: findings.every(({ severity }) => severity !== "error"), report, findings }),
    form: architectForm,
    door: {
      evidence: () => [],
      spend: () => noSpend,
      refusals: () => before,
      removed: () => false,
      last: () => false,
      reminded: () => false,
      tasks: () => [],
      onJudged: (one) => judged.push(one),
    },
  });
  const prepared = tool.prepare(input);
  if (!prepared.ok) return { judged, text: prepared.reason };
  const text = await prepared.run(context).catch((error: Error) => error.message);
  return { judged, text };
};

const wrong: Finding = {
  rule: "claim-missing",
  severity: "error",
  message: "no route POST /x",
  path: "app/a.py",
  line: 3,
};

describe("SubmitReport", () => {
  it("accepts a report that the judge accepts", async () => {
    const { judged, text } = await submit(soundReport, [{ rule: "r", severity: "concern", message: "m" }]);
    expect(text).toBe("The report is accepted. The run ends here.");
    expect(judged).toMatchObject([{ accepted: true, report: { feature: "user-registration" } }]);
  });

  it("gives the findings back as sentences, errors only", async () => {
    const { text } = await submit(soundReport, [wrong, { rule: "note", severity: "note", message: "fine" }]);
    expect(text).toBe(
      "The report is not accepted (1 of 3):\n- /repo/app/a.py:3: no route POST /x [claim-missing]\nMend the files or the report, then call SubmitReport again.",
    );
  });

  it("says at the third refusal that the run ends", async () => {
    expect((await submit(soundReport, [wrong], 2)).text).toMatch(/\(3 of 3\).*The run ends here/s);
  });

  it("names each key that does not fit", async () => {
    const { status: _, ...rest } = soundReport;
    const { judged, text } = await submit({ ...rest, feature: "User Registration" });
    expect(judged).toEqual([]);
    expect(text).toContain("- status: ");
    expect(text).toContain("- feature: kebab-case");
  });

  it("reads the small object of the worked example as the report that it abbreviates", async () => {
    const { judged } = await submit({
      status: "DONE",
      endpoint: "/api/v1/auth/register",
      method: "POST",
      rate_limit: "5/min",
      security: ["bcrypt hashing", "email validation"],
    });
    expect(judged[0]?.report).toMatchObject({
      status: "DONE",
      feature: "auth-register",
      endpoints_created: [{ method: "POST", path: "/api/v1/auth/register", auth: "none", rate_limit: "5/min" }],
      security_measures: ["bcrypt hashing", "email validation"],
      threads: [],
    } satisfies Partial<Report>);
  });

  it("demands a status of the small object as well", async () => {
    const { text } = await submit({ endpoint: "/x", method: "GET", rate_limit: null, security: [] });
    expect(text).toContain("- status: ");
  });

  it("shows the model a schema in which no object is open, but for free-form configuration", () => {
    const tool = createSubmitReport({
      form: architectForm,
      judge: async () => expect.fail(),
      door: {
        evidence: () => [],
        spend: () => noSpend,
        refusals: () => 0,
        removed: () => false,
        last: () => false,
        reminded: () => false,
        tasks: () => [],
        onJudged: () => {},
      },
    });
    const open: string[] = [];
    const walk = (node: unknown, at: string): void => {
      if (typeof node !== "object" || node === null) return;
      if ("properties" in node && (node as Record<string, unknown>)["additionalProperties"] !== false) open.push(at);
      for (const [key, value] of Object.entries(node)) walk(value, `${at}/${key}`);
    };
    walk(tool.spec.input_schema, "");
    expect(open).toEqual([]);
    expect(tool.spec.input_schema).not.toHaveProperty("$schema");
  });
});
