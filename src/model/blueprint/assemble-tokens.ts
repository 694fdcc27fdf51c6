/** Login and refresh beside a registration: their files, and what the report may say of them. Pure. */

import type { Report, ReportDecision } from "../../domain/report.ts";
import type { Context } from "./entity.ts";
import type { Layout } from "./layout.ts";
import { join, moduleOf } from "./modules.ts";
import { expectLine } from "./rehearsal.ts";
import { type Rate, renderRate, shortRate, type Wish } from "./request.ts";
import { tokenRequests } from "./requests.ts";
import type { Piece } from "./templates/py.ts";
import type { RouteStyle } from "./templates/routes.ts";
import type { EmailStyle } from "./templates/schemas.ts";
import { authService, tokenModule, tokenRoutes, tokenSchemas } from "./templates/tokens.ts";
import { freePath, type hashing, moduleFor, type Wired } from "./wire.ts";
import { type Built, type Draft, place, refuse } from "./work.ts";

type AuthWish = Extract<Wish, { kind: "auth" }>;

const loginRate: Rate = { count: 10, period: "minute" };
const refreshRate: Rate = { count: 30, period: "minute" };

/** What stands in the way of tokens, where some are asked for. */
export const tokenProblem = (wish: AuthWish, layout: Layout): Built | undefined => {
  if (!wish.parts.includes("login")) return undefined;
  if (!wish.parts.includes("register"))
    return refuse(
      `I read ${wish.parts.join(" and ")} without registration. I write login together with the User model that it reads. How shall this go on?`,
      ["Create user registration, login and refresh endpoints", "use a language model for this issue"],
    );
  if (layout.packages.has("pyjwt") || [...layout.packages].some((name) => name.startsWith("pyjwt["))) return undefined;
  return refuse(
    `Login needs signed tokens, and the package pyjwt is not among the dependencies${layout.dependencyFile ? ` in ${layout.dependencyFile}` : ""}. How shall this go on?`,
    [
      `add pyjwt>=2.9 to ${layout.dependencyFile ?? "the dependencies"} and label the issue again`,
      "Create user registration endpoint (without login)",
    ],
  );
};

export type Tokens = {
  readonly routes: readonly Piece[];
  readonly summary: string;
  readonly endpoints: (base: string) => Report["endpoints_created"];
  readonly security: readonly string[];
  readonly decisions: readonly ReportDecision[];
  readonly concerns: readonly string[];
  readonly handoffs: Report["handoffs"];
  readonly tests: string;
  /** Run before the registration's own steps. */
  readonly steps: (base: string) => string[];
  /** Of the server, and what it is asked after somebody has registered. */
  readonly variables: Readonly<Record<string, string>>;
  readonly requests: (base: string) => readonly string[];
};

const none: Tokens = {
  routes: [],
  summary: "",
  endpoints: () => [],
  security: [],
  decisions: [],
  concerns: [],
  handoffs: [],
  tests: "",
  steps: () => [],
  variables: {},
  requests: () => [],
};

/** @returns undefined where nothing verifies a password */
export const placeTokens = (given: {
  readonly wish: AuthWish;
  readonly draft: Draft;
  readonly context: Context;
  readonly wired: Wired;
  readonly hashed: ReturnType<typeof hashing>;
  readonly style: RouteStyle;
  readonly email: EmailStyle;
}): Tokens | undefined => {
  const { wish, draft, context, wired, hashed, style, email } = given;
  const { layout } = draft;
  if (!wish.parts.includes("login")) return none;
  if (!hashed.verify) return undefined;
  const refresh = wish.parts.includes("refresh");
  const tokenPath = freePath(draft, ["tokens", "jwt_tokens"]);
  const schemas =
    layout.schemas.kind === "file"
      ? layout.schemas.path
      : join(layout.schemas.folder, `auth${layout.schemas.suffix}.py`);
  const service =
    layout.services.kind === "file"
      ? layout.services.path
      : join(layout.services.folder, `auth${layout.services.suffix}.py`);
  place(draft, tokenPath, "Access and refresh tokens (JWT).", tokenModule(draft.format.utc), "core");
  place(draft, schemas, "Schemas of authentication.", tokenSchemas(email, refresh), "schemas");
  const from = {
    tokens: moduleFor(draft, tokenPath),
    schemas: moduleOf(layout, schemas),
    hash: hashed.hash,
    verify: hashed.verify,
  };
  place(draft, service, "Login and tokens.", authService(context, from, refresh), "service");
  const rates = { login: wish.rates.login ?? loginRate, refresh: wish.rates.refresh ?? refreshRate };
  const limit = (rate: Rate): string | null => (wired.inForce ? shortRate(rate) : null);
  const routes = tokenRoutes(
    context,
    style,
    { schemas: from.schemas, service: moduleOf(layout, service) },
    {
      login: wired.limit(renderRate(rates.login)),
      refresh: refresh ? wired.limit(renderRate(rates.refresh)) : "none",
    },
  );
  return {
    routes,
    summary: ` Login gives an access token for 15 minutes and a refresh token for 7 days${refresh ? ", which /auth/refresh exchanges for new ones" : ""}.`,
    endpoints: (base) => [
      { method: "POST", path: `${base}/auth/login`, auth: "none", rate_limit: limit(rates.login) },
      ...(refresh
        ? [{ method: "POST" as const, path: `${base}/auth/refresh`, auth: "none", rate_limit: limit(rates.refresh) }]
        : []),
    ],
    security: [
      "JWT with 15min access / 7d refresh, HS256, algorithm pinned, kinds told apart",
      "Login does the same work for an unknown address as for a wrong password, and answers the same",
    ],
    decisions: [tokenDecision],
    concerns: ["Refresh tokens are not stored, so one cannot be revoked before its 7 days are over."],
    handoffs: [
      {
        to: "maintainer",
        task: "Set JWT_SECRET in the environment to at least 32 random bytes (`openssl rand -hex 32`): without it login answers 500.",
      },
    ],
    tests: ` Cover POST /auth/login${refresh ? " and /auth/refresh" : ""}: 200 with both tokens; 401 with the same body for an unknown address and for a wrong password${refresh ? "; 401 for an expired, a foreign and an access token at /auth/refresh" : ""}.`,
    steps: (base) => tokenSteps(base, refresh),
    variables: { JWT_SECRET: "for-a-server-that-is-tried-and-ended" },
    requests: (base) => tokenRequests(base, refresh),
  };
};

const tokenDecision: ReportDecision = {
  title: "Sign stateless tokens with a key from the environment",
  rationale:
    "15 minutes bound what a stolen access token is worth, and no table is needed; the key has no default that could be forgotten.",
  category: "security",
  impact: "high",
  alternatives: [
    {
      option: "refresh tokens stored and rotated",
      rejected_because: "needs a table and a migration that this issue does not ask for",
    },
    { option: "python-jose", rejected_because: "nearly abandoned, with open vulnerabilities; PyJWT is maintained" },
  ],
};

const tokenSteps = (base: string, refresh: boolean): string[] => {
  const login = `${base}/auth/login`;
  const renew = `${base}/auth/refresh`;
  return [
    'os.environ["JWT_SECRET"] = "of this rehearsal alone, nothing else"',
    'member = {"email": "member@example.com", "password": "correct horse battery staple"}',
    expectLine(201, "POST", `${base}/auth/register`, "member"),
    `pair = (${expectLine(200, "POST", login, "member")}).json()`,
    expectLine(401, "POST", login, 'member | {"password": "wrong horse"}'),
    expectLine(401, "POST", login, 'member | {"email": "nobody@example.com"}'),
    ...(refresh
      ? [
          expectLine(200, "POST", renew, '{"refresh_token": pair["refresh_token"]}'),
          expectLine(401, "POST", renew, '{"refresh_token": pair["access_token"]}'),
          expectLine(401, "POST", renew, '{"refresh_token": "x.y.z"}'),
        ]
      : []),
  ];
};
