/** A sound report for tests, and changes to it. */
import type { Report } from "../../src/domain/report.ts";

export const soundReport: Report = {
  status: "DONE",
  feature: "user-registration",
  summary: "Adds POST /api/v1/auth/register with a User model.",
  endpoints_created: [{ method: "POST", path: "/api/v1/auth/register", auth: "none", rate_limit: "5/min" }],
  graphql_created: [],
  models_created: [{ name: "User", table: "users", fields: ["id", "email", "password_hash"] }],
  middleware_added: [{ name: "SlowAPIMiddleware", config: { default: "100/min" } }],
  security_measures: ["Argon2id password hashing"],
  test_commands: [
    "python -m pytest backend/tests -q",
    "fastapi run backend/app/main.py --port 8500",
    "curl -X POST localhost:8500/api/v1/auth/register -d '{}' -H 'Content-Type: application/json'",
  ],
  documentation: { openapi_updated: true, postman_collection: null },
  decisions: [
    {
      title: "Hash passwords with Argon2id",
      rationale: "Memory-hard, and no 72-byte limit.",
      category: "security",
      impact: "high",
      alternatives: [{ option: "bcrypt, cost 12", rejected_because: "cuts passwords at 72 bytes" }],
    },
  ],
  concerns: [],
  blockers: [],
  questions: [],
  handoffs: [],
  threads: [],
};

export const reportWith = (change: Partial<Report>): Report => ({ ...soundReport, ...change });
