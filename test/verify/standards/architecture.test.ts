/** ARCHITECTURE.md says what sees to each row of the specification, and says it of the rules that there are. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { defaults, ruleIds } from "../../../src/domain/standards.ts";
import type { CodeRule } from "../../../src/verify/standards/standard.ts";
import { standards } from "../../../src/verify/standards/standards.ts";

const root = join(import.meta.dirname, "../../..");

const rows = {
  Standards: [
    "API Design",
    "Authentication",
    "Validation",
    "Database",
    "Rate Limiting",
    "Response Time",
    "Error Handling",
    "Caching",
    "Architecture",
  ],
  Objectives: [
    "Design RESTful API endpoints following OpenAPI 3.1 specifications",
    "Implement authentication/authorization (JWT, OAuth2, API keys)",
    "Create SQLAlchemy models with proper relationships and constraints",
    "Implement service layer patterns (repository, unit of work)",
    "Configure middleware (CORS, rate limiting, request validation)",
    "Design microservice boundaries and inter-service communication",
  ],
  Do: [
    "Design RESTful APIs with proper HTTP methods and status codes",
    "Implement Pydantic v2 request/response schemas with validation",
    "Create SQLAlchemy 2.0 async models with type hints",
    "Set up FastAPI dependency injection patterns",
    "Configure CORS, rate limiting, and request logging",
    "Implement JWT authentication with refresh tokens",
    "Write OpenAPI documentation for all endpoints",
    "Test endpoints with curl/httpie before marking complete",
  ],
  "Don't": [
    "Modify frontend code (that's frontend-ui-developer)",
    "Design LangGraph workflows (that's workflow-architect)",
    "Generate embeddings (that's data-pipeline-engineer)",
    "Create Alembic migrations (that's database-engineer)",
    "Implement LLM integrations (that's llm-integrator)",
  ],
};

const section = readFileSync(join(root, "ARCHITECTURE.md"), "utf8")
  .split("## The house standards")[1]!
  .split("\n## ")[0]!;
const tables = section
  .split(/\n\n/)
  .filter((part) => part.startsWith("| "))
  .map((part) =>
    part
      .split("\n")
      .slice(2)
      .filter((line) => line.startsWith("|"))
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      ),
  );
const [asked = [], told = []] = tables;

const cited = (text: string): string[] => [...text.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name!);

/** Names of findings that other parts of `verify/` make. */
const elsewhere = new Set(
  readdirSync(join(root, "src/verify"))
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => [
      ...readFileSync(join(root, "src/verify", name), "utf8").matchAll(/(?:rule: |(?:error|concern)\(\s*)"([a-z-]+)"/g),
    ])
    .map(([, rule]) => rule!),
);

describe("the table of what the specification asks for", () => {
  const found = Map.groupBy(asked, ([row]) => row!);

  test("has each group of rows, in order", () => {
    const groups = asked.flatMap(([row]) => /^\*\*(.+)\*\*$/.exec(row!)?.[1] ?? []);
    expect(groups).toEqual(Object.keys(rows));
    expect(asked).toHaveLength(Object.values(rows).flat().length + groups.length);
  });

  test.each(Object.values(rows).flat())("says who sees to: %s", (wanted) => {
    const [line, ...more] = [...found]
      .filter(([row]) => row === wanted || row.startsWith(`${wanted}: `))
      .flatMap(([, all]) => all);
    expect(more).toEqual([]);
    const checks = line?.[1] ?? "";
    expect(
      cited(checks).filter((name) => !elsewhere.has(name) && !(ruleIds as readonly string[]).includes(name)),
    ).toEqual([]);
    expect(cited(checks).length > 0 || /\*unverifiable\*: \w+/.test(checks)).toBe(true);
  });

  test("names each rule", () => {
    const named = new Set(asked.flatMap(([, checks]) => cited(checks!)));
    expect(ruleIds.filter((rule) => !named.has(rule))).toEqual([]);
  });
});

describe("the table of rules", () => {
  test("has each rule once, with its severity and its parameters", () => {
    const severityOf = (rule: string) => (rule in standards ? standards[rule as CodeRule].severity : "error");
    expect(told.map(([rule, severity, parameters]) => [cited(rule!)[0], severity, parameters])).toEqual(
      ruleIds.map((rule) => [rule, severityOf(rule), Object.keys(defaults[rule]).join(", ")]),
    );
  });

  test("says what was measured", () => {
    for (const [rule, , , hits, wrong] of told) {
      expect(`${rule} ${hits}`).toMatch(/ (\d+|on added lines only)$/);
      expect(`${rule} ${wrong}`).toMatch(/^\d+$/.test(hits!) && Number(hits) > 0 ? / \d+( of \d+)?$/ : / $/);
    }
  });
});
