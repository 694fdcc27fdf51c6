import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { createGitHub } from "../../src/github/github.ts";
import { fetchImages } from "../../src/github/images.ts";
import type { GitHub } from "../../src/ports.ts";
import { type Emulator, startEmulator } from "../emulator/emulator.ts";
import { pngOf } from "../support/pictures.ts";

const id = "11111111-2222-3333-4444-555555555555";
const asset = `https://github.com/user-attachments/assets/${id}`;
const at = { owner: "acme", repo: "shop" };

type Seen = { readonly url: string; readonly authorization: string | undefined };
type Answers = (url: string) => Response;
const redirect = (location: string) => new Response(null, { status: 302, headers: { location } });

/** GitHub's API says what the rendered text is; every other request is answered by a test and remembered. */
const fetching = async (answers: Answers, options: { web?: string; html?: string; urls?: readonly string[] } = {}) => {
  const seen: Seen[] = [];
  const rendered = async () => Response.json({ body_html: options.html ?? "" });
  const client = new Octokit({ request: { fetch: rendered } });
  const source = {
    webUrl: options.web ?? "https://github.com",
    token: async () => "the-token",
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const url = String(input);
      const headers = new Headers(init?.headers);
      expect(init?.redirect).toBe("manual");
      seen.push({ url, authorization: headers.get("authorization") ?? undefined });
      return answers(url);
    },
  };
  const urls = options.urls ?? [asset];
  const images = await fetchImages(client, at, source, { from: { number: 1 }, urls });
  return { images, seen };
};
const png = () => new Response(pngOf(2, 2));
const given = { ok: true, bytes: Buffer.from(pngOf(2, 2)) };
const refusal = (reason: RegExp) => ({ ok: false, reason: expect.stringMatching(reason) });

describe("an attachment", () => {
  test("comes over its redirect, and GitHub alone sees the token", async () => {
    const signed = "https://github-production-user-asset-6210df.s3.amazonaws.com/1/2.png?X-Amz-Signature=abc";
    const { images, seen } = await fetching((url) => (url === asset ? redirect(signed) : png()));
    expect(images).toEqual([given]);
    expect(seen).toEqual([
      { url: asset, authorization: "Bearer the-token" },
      { url: signed, authorization: undefined },
    ]);
  });

  test("of a private repository comes by the signed link of the rendered text, without the token", async () => {
    const signed = `https://private-user-images.githubusercontent.com/1/2-${id}.png?jwt=abc`;
    const other =
      "https://private-user-images.githubusercontent.com/1/2-99999999-2222-3333-4444-555555555555.png?jwt=d";
    const { images, seen } = await fetching(png, { html: `<p><img src="${other}"><img src="${signed}"></p>` });
    expect(images).toEqual([given]);
    expect(seen).toEqual([{ url: signed, authorization: undefined }]);
  });

  test("of a GitHub server comes from it and the names below it", async () => {
    const own = `https://git.example.com/storage/user/5/files/${id}`;
    const media = "https://media.git.example.com/x.png";
    const options = { web: "https://git.example.com", urls: [own] };
    const { images, seen } = await fetching((url) => (url === own ? redirect(media) : png()), options);
    expect(images).toEqual([given]);
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer the-token", undefined]);
  });
});

describe("nothing is asked of", () => {
  test.each([
    ["another site", "https://example.com/a.png"],
    ["an address", "http://169.254.169.254/latest/meta-data"],
    ["this machine", "http://127.0.0.1:9/a.png"],
    ["GitHub's host by another port", `https://github.com:8443/user-attachments/assets/${id}`],
    ["GitHub without a lock", `http://github.com/user-attachments/assets/${id}`],
    ["a page of GitHub that is no attachment", "https://github.com/acme/other/raw/main/a.png"],
    ["a name that looks like GitHub's", `https://github.com.example.com/user-attachments/assets/${id}`],
    ["GitHub with a password", `https://a:b@github.com/user-attachments/assets/${id}`],
    ["somebody's bucket", "https://github-production-user-asset-abcdef.s3.amazonaws.com/a.png"],
    ["what is no URL", "::"],
  ])("%s", async (_, url) => {
    const { images, seen } = await fetching(png, { urls: [url] });
    expect(images).toEqual([refusal(/not attached here/)]);
    expect(seen).toEqual([]);
  });

  test("where a redirect leads away", async () => {
    const { images, seen } = await fetching(() => redirect("http://169.254.169.254/"));
    expect(images).toEqual([refusal(/leads to 169\.254\.169\.254, which is none of GitHub's own hosts/)]);
    expect(seen).toHaveLength(1);
  });

  test("where a signed link of the rendered text leads away", async () => {
    const { images, seen } = await fetching(png, { html: `<img src="https://example.com/${id}.png">` });
    expect(images).toEqual([refusal(/leads to example\.com/)]);
    expect(seen).toEqual([]);
  });
});

describe("an image that can't be had is left out with the reason", () => {
  test("redirects without an end", async () => {
    const { images, seen } = await fetching((url) => redirect(url));
    expect(images).toEqual([refusal(/redirected more than 3 times/)]);
    expect(seen).toHaveLength(4);
  });

  test.each([
    ["what GitHub refuses", () => new Response("no", { status: 404 }), /GitHub does not give it \(404\)/],
    [
      "what says that it is too large",
      () => new Response("x", { headers: { "content-length": "3750001" } }),
      /larger than 3.75 MB/,
    ],
    ["what is too large", () => new Response(Buffer.alloc(3_750_001)), /larger than 3.75 MB/],
    [
      "a line that breaks",
      () => {
        throw new TypeError("fetch failed");
      },
      /could not be fetched: fetch failed/,
    ],
  ])("%s", async (_, answer, reason) => {
    expect((await fetching(answer)).images).toEqual([refusal(reason)]);
  });

  test("and the others come", async () => {
    const { images } = await fetching(png, { urls: ["https://example.com/a.png", asset] });
    expect(images).toEqual([refusal(/not attached/), given]);
  });
});

describe("on the emulated GitHub", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  let root: string;
  let emulator: Emulator;
  let github: GitHub;
  let repository: RepositoryRef;
  let person: Octokit;
  let elsewhere: Server;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "architect-images-"));
    emulator = await startEmulator({
      root,
      app: {
        ...{ id: 5, slug: "architect-app", privateKey, webhookSecret: "a secret of thirty-two bytes or more" },
        permissions: { checks: "write", contents: "write", issues: "write", pull_requests: "write", metadata: "read" },
        events: ["issues", "issue_comment"],
        installationId: 9001,
      },
      users: { maintainer: { token: "token-of-maintainer", permission: "write" } },
      repositories: [{ owner: "acme", name: "shop", files: { "README.md": "# Shop\n" } }],
    });
    person = new Octokit({ baseUrl: emulator.api, auth: "token-of-maintainer" });
    const { data } = await person.rest.repos.get(at);
    repository = { id: data.id, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
    github = createGitHub({
      appId: 5,
      privateKey,
      apiUrl: emulator.api,
      webUrl: emulator.url,
      clock: () => new Date(),
    });
    elsewhere = createServer((_, response) => response.end(pngOf(1, 1)));
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    elsewhere.close();
    await emulator.close();
    await rm(root, { recursive: true });
  });

  test("public and private attachments of an issue and of a comment come, and no violation", async () => {
    const open = emulator.attach({ bytes: pngOf(1, 1), type: "image/png", private: false });
    const closed = emulator.attach({ bytes: pngOf(2, 2), type: "image/png", private: true });
    const below = emulator.attach({ bytes: pngOf(3, 3), type: "image/png", private: true });
    const unseen = emulator.attach({ bytes: pngOf(4, 4), type: "image/png", private: true });
    const away = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/a.png`;
    const body = `![a](${open})\n<img width="10" alt="Image" src="${closed}" />`;
    const { data: issue } = await person.rest.issues.create({ ...at, title: "Forms", body });
    const { data: comment } = await person.rest.issues.createComment({
      ...at,
      issue_number: issue.number,
      body: `/architect design this ![b](${below})`,
    });
    const session = await github.open(repository, "read");
    const from = { number: issue.number, commentId: comment.id };
    const images = await session.fetchImages(from, [open, closed, below, unseen, away]);
    await session.close();
    expect(images).toEqual([
      { ok: true, bytes: pngOf(1, 1) },
      { ok: true, bytes: pngOf(2, 2) },
      { ok: true, bytes: pngOf(3, 3) },
      refusal(/GitHub does not give it \(404\)/),
      refusal(/not attached here/),
    ]);
    expect(emulator.violations).toEqual([]);
  });
});
