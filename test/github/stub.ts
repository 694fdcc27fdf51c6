/** GitHub as nock plays it: every exchange held against GitHub's own contract. */
import { generateKeyPairSync } from "node:crypto";
import nock from "nock";
import { createGitHub } from "../../src/github/github.ts";
import type { Clock, GitHub, GitHubPhase, GitHubSession } from "../../src/ports.ts";
import { checkExchange } from "../emulator/contract/contract.ts";
import { accountReply, appReply, bot, repository, tokenReply } from "./replies.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
export type Stub = {
  readonly github: GitHub;
  /** `POST /repos/…` and, behind a space, its body; without tokens' coming and going. */
  readonly requests: string[];
  readonly tokens: string[];
  /** What GitHub's contract says against the exchanges. */
  readonly violations: string[];
  readonly log: string[];
  open(phase: GitHubPhase): Promise<GitHubSession>;
};

export type StubOptions = { readonly clock?: Clock; readonly throttle?: boolean; readonly apiUrl?: string };

/** Answers the App's own sign-in from the start; everything else a test sets up with `nock`. */
export const startStub = (options: StubOptions = {}): Stub => {
  nock.disableNetConnect();
  nock.enableNetConnect("127.0.0.1");
  const requests: string[] = [];
  const tokens: string[] = [];
  const violations: string[] = [];
  const log: string[] = [];
  const checked: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const url = new URL(String(input));
    const method = init?.method ?? "GET";
    const requestBody = parseJson(init?.body);
    const responseBody = parseJson(await answer.clone().text());
    const line = `${method} ${decodeURIComponent(url.pathname)}${url.search}`;
    const isToken = url.pathname.endsWith("/access_tokens") || url.pathname === "/installation/token";
    (isToken ? tokens : requests).push(requestBody === undefined ? line : `${line} ${JSON.stringify(requestBody)}`);
    // GraphQL is no part of the REST contract.
    if (url.pathname !== "/graphql")
      violations.push(...checkExchange({ method, url: url.href, requestBody, status: answer.status, responseBody }));
    return answer;
  };
  const github = createGitHub({
    appId: 5,
    privateKey,
    apiUrl: options.apiUrl ?? "https://api.github.com",
    webUrl: "https://github.com",
    clock: options.clock ?? (() => new Date("2026-11-20T10:00:00Z")),
    throttle: options.throttle ?? false,
    log: (line) => log.push(line),
    fetch: checked,
  });
  answerSignIn();
  return { github, requests, tokens, violations, log, open: (phase) => github.open(repository, phase) };
};

export const api = (): nock.Scope => nock("https://api.github.com");

const answerSignIn = (): void => {
  let count = 0;
  api()
    .persist()
    .post("/app/installations/9001/access_tokens")
    .reply(201, () => {
      count += 1;
      return tokenReply({ token: `ghs_5_a.b.c${count}` });
    })
    .delete("/installation/token")
    .reply(204)
    .get("/app")
    .reply(200, appReply())
    .get("/users/architect-app%5Bbot%5D")
    .reply(200, accountReply(bot));
};

const parseJson = (text: unknown): unknown => {
  if (typeof text !== "string" || !/^[[{]/.test(text)) return undefined;
  return JSON.parse(text);
};
