import { createHash, generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/domain/redact.ts";

/** Made while the test runs, so that no file of this repository looks as if a secret stood in it. */
const random = (seed: string, length: number): string => {
  let text = "";
  for (let n = 0; text.length < length; n++)
    text += createHash("sha512").update(`${seed}${n}`).digest("base64").replace(/[+/=]/g, "");
  return text.slice(0, length);
};
const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (seed: string, claims: object) =>
  `${segment({ alg: "RS256", typ: "JWT" })}.${segment(claims)}.${random(seed, 342)}`;

const secrets = {
  "an installation token": `ghs_${random("old", 36)}`,
  "an installation token of the new form": `ghs_1234567_${jwt("new", { iat: 1790000000, exp: 1790003600, iss: "1234567", jti: random("jti", 22) })}`,
  "a model key": `sk-ant-api03-${random("anthropic", 40)}-${random("key", 52)}_${random("end", 2)}AA`,
  "a webhook secret": createHash("sha256").update("webhook").digest("hex"),
  "a webhook secret with signs": `K9!${random("signs", 8)}$%^&*${random("more", 9)}(){}|:?<>`,
  "the App's key": generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs1",
    format: "pem",
  }) as string,
};
const redact = createRedactor(Object.values(secrets));

const wrap = (text: string, width: number) => text.match(new RegExp(`[^]{1,${width}}`, "g"))!.join("\n");
const hex = (text: string) => Buffer.from(text).toString("hex");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const rot13 = (text: string) =>
  text.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < "n" ? 13 : -13)));

const encodings: Record<string, (secret: string) => string> = {
  "as it is": (secret) => secret,
  "as JSON": (secret) => JSON.stringify({ token: secret }),
  "url-encoded": encodeURIComponent,
  "fully url-encoded": (secret) => hex(secret).replace(/../g, "%$&"),
  base64,
  base64url: (secret) => Buffer.from(secret).toString("base64url"),
  "base64 after one byte": (secret) => base64(`x${secret}`),
  "base64 inside a header": (secret) => base64(`user:${secret}\n`),
  "base64 wrapped at 20": (secret) => wrap(base64(secret), 20),
  "base64 wrapped at 76": (secret) => wrap(base64(secret), 76),
  hex,
  "hex in capitals": (secret) => hex(secret).toUpperCase(),
  "hex with spaces": (secret) => hex(secret).replace(/../g, "$& "),
  "hex escapes": (secret) => hex(secret).replace(/../g, "\\x$&"),
  "lines of xxd": (secret) =>
    wrap(hex(secret), 32)
      .split("\n")
      .map((line, n) => `${(n * 16).toString(16).padStart(8, "0")}: ${line.replace(/..../g, "$& ")} ................`)
      .join("\n"),
  "without its first seven": (secret) => secret.slice(7),
  "its middle": (secret) => secret.slice(4, -4),
  backwards: (secret) => [...secret].reverse().join(""),
  "backwards in base64": (secret) => base64([...secret].reverse().join("")),
  "one letter a line": (secret) => [...secret].join("\n"),
  "one letter between dashes": (secret) => [...secret].join("-"),
  "a list of letters": (secret) => JSON.stringify([...secret]),
  "in capitals": (secret) => secret.toUpperCase(),
  rot13,
  "character codes": (secret) => JSON.stringify([...Buffer.from(secret)]),
};

const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The longest piece of `hidden` that still stands in `text`, letters and digits only, up to 20. */
const remains = (hidden: string, text: string): string | undefined => {
  const [from, within] = [letters(hidden), letters(text)];
  for (let start = 0; start + 20 <= from.length; start++)
    if (within.includes(from.slice(start, start + 20))) return from.slice(start, start + 20);
  return undefined;
};

describe.each(Object.entries(secrets))("%s", (_, secret) => {
  test.each(Object.entries(encodings))("is taken out %s", (_, encode) => {
    const hidden = encode(secret);
    const { text, leaks } = redact(`The value is: ${hidden}; use it well.`);
    expect(leaks).toBeGreaterThan(0);
    expect(remains(hidden, text)).toBeUndefined();
    // A letter or two beside it may happen to go on like the secret.
    expect(text).toMatch(/^The valu.*e it well\.$/s);
  });
});

describe("other people's secrets", () => {
  const body = wrap(random("pem", 800), 64);
  test.each([
    ["a personal token", `ghp_${random("a", 36)}`],
    ["a fine-grained token", `github_pat_${random("b", 22)}_${random("c", 59)}`],
    ["an installation token", `ghs_${random("d", 36)}`],
    ["an installation token of the new form", `ghs_99_${jwt("e", { iss: "99" })}`],
    ["a model key", `sk-ant-api03-${random("f", 80)}`],
    ["another model's key", `sk-proj-${random("g", 60)}`],
    ["a cloud key's id", `AKIA${"Q7RT".repeat(4)}`],
    ["a chat token", `xoxb-1234567890-${random("h", 24)}`],
    ["a payment key", `sk_live_${random("i", 24)}`],
    ["a signed web token", jwt("j", { sub: "42" })],
    ["a private key", `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`],
    ["a private key without its end", `-----BEGIN RSA PRIVATE KEY-----\n${body.slice(0, 300)}`],
    [
      "a private key in one string",
      `-----BEGIN EC PRIVATE KEY-----\\n${body.replaceAll("\n", "\\n")}\\n-----END EC PRIVATE KEY-----\\n`,
    ],
  ])("%s is taken out and counted, but is no leak of ours", (_, token) => {
    const { text, hits, leaks } = redact(`before ${token} after`);
    expect(text).toMatch(/^before \[redacted\](\\n)? after$/);
    expect({ hits, leaks }).toEqual({ hits: 1, leaks: 0 });
  });

  test("keys and tokens that begin and end like ours are no leak of ours", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const others = [
      privateKey.export({ type: "pkcs1", format: "pem" }) as string,
      `ghs_1234567_${jwt("other", { iat: 1790000000, exp: 1790003600, iss: "1234567", jti: "none" })}`,
      `${secrets["a model key"].slice(0, 14)}${random("k", 80)}`,
    ];
    for (const other of others) {
      expect(redact(other)).toMatchObject({ hits: 1, leaks: 0 });
      for (const text of [base64(other), hex(other), other.toUpperCase()]) expect(redact(text).leaks).toBe(0);
    }
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    const ours = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
      type: "pkcs8",
      format: "pem",
    });
    expect(createRedactor([ours as string])(pkcs8)).toMatchObject({ hits: 1, leaks: 0 });
  });

  test("a second pass finds nothing more", () => {
    const once = redact(Object.values(secrets).join("\n")).text;
    expect(redact(once)).toEqual({ text: once, hits: 0, leaks: 0 });
  });
});

describe("what is no secret", () => {
  test.each([
    "token = os.environ['GITHUB_TOKEN']",
    "ghp_token_from_environment = settings.ghp_token_from_environment",
    'if "-----BEGIN PRIVATE KEY-----" in text or "-----END PRIVATE KEY-----" in text:\n    raise ValueError("a key")',
    "A key file starts with -----BEGIN RSA PRIVATE KEY----- and is kept in a vault.",
    '<div class="sk-loading-spinner-container-wrapper sk-fading-circle">',
    "header = 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9'",
    "commit 5a1a404bd2f3c1a9e8d7c6b5a4f3e2d1c0b9a897",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    'ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"',
    "sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxx",
  ])("%s stays", (text) => {
    expect(redact(text)).toEqual({ text, hits: 0, leaks: 0 });
  });

  test("this project's own sources and the fixtures' Python stay as they are", () => {
    const root = join(import.meta.dirname, "../..");
    const files = ["src", "test/fixtures"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ts|py|md)$/.test(name))
        .map((name) => join(root, folder, name)),
    );
    expect(files.length).toBeGreaterThan(20);
    const changed = files.filter((file) => redact(readFileSync(file, "utf8")).hits > 0);
    expect(changed).toEqual([]);
  });
});

describe("short secrets", () => {
  test("of words are found whole and in part", () => {
    const words = createRedactor(["my-secret-token-12345678"]);
    expect(words("x my-secret-token-12345678 y")).toEqual({ text: "x [redacted] y", hits: 1, leaks: 1 });
    expect(words("x secret-token-1234 y").leaks).toBe(1);
  });

  test("are found as they are, the shortest not at all", () => {
    const short = createRedactor(["p4ss!w", "abc", ""]);
    expect(short("say p4ss!w, abc, p4ss!")).toEqual({ text: "say [redacted], abc, p4ss!", hits: 1, leaks: 1 });
  });
});

describe("speed", () => {
  const size = 256 * 1024;
  const fill = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
  const python =
    "    async def create_user(self, data: UserCreate) -> User:\n        return await self.repo.add(User(**data.model_dump()))\n";

  test.each([
    ["ordinary code", fill(python)],
    ["random letters", random("long", size)],
    ["one secret again and again", fill(`${secrets["a model key"]} `)],
    ["headers of keys", fill("-----BEGIN PRIVATE KEY-----")],
    ["a key's header and blanks", `-----BEGIN PRIVATE KEY----- ${"A".repeat(16)}${fill(" ")}`],
    ["a key's header and quotes", `-----BEGIN PRIVATE KEY----- ${fill('"')}`],
    ["beginnings of web tokens", fill("-eyJ")],
    ["dots after a token's start", `ghs_a${fill(".")}`],
    ["prefixes", fill("sk-ghs_-xoxb-sk-ant-")],
  ])("256 KiB of %s take less than half a second on a busy machine", (_, text) => {
    const start = process.cpuUsage();
    redact(text);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(500);
  });
});
