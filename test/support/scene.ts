/** A small GitHub with one repository, and the App installed on it: what the demo, the stories and the benchmarks start from. */
import { execFile, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { type Config, readConfig, readRunConfig } from "../../src/config.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../emulator/emulator.ts";

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

export const fixture = (name: string): string => join(projectFolder, "test/fixtures/backends", name);

export type Scene = {
  /** Everything of it lies here. */
  readonly folder: string;
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
  readonly config: Config;
  close(): Promise<void>;
};

export type SceneOptions = {
  /** A git repository, a folder of files that becomes one with two commits, or texts by path that become one commit. */
  readonly repository:
    | { readonly git: string }
    | { readonly files: string }
    | { readonly texts: Readonly<Record<string, string>> };
  readonly name?: string;
  /** Besides. */
  readonly others?: EmulatorOptions["repositories"];
  /** Besides the maintainer and the stranger, by login. */
  readonly users?: EmulatorOptions["users"];
  readonly env?: Readonly<Record<string, string>>;
  /** The App's private key (PEM), where many scenes need not each make one. */
  readonly privateKey?: string;
  /** GitHub's. */
  readonly clock?: () => Date;
};

/** Permissions and events as the manifest asks for them: what the App could not do on GitHub it cannot do here. */
const manifest = parse(readFileSync(join(projectFolder, "app.yml"), "utf8")) as {
  default_permissions: Record<string, "read" | "write">;
  default_events: string[];
};

const git = (folder: string, ...args: string[]) =>
  run("git", ["-C", folder, "-c", "user.name=maintainer", "-c", "user.email=maintainer@localhost", ...args]);

/** The first commit holds everything but the tests, so that there is a history to read. */
const asRepository = async (files: string, folder: string): Promise<string> => {
  cpSync(files, folder, { recursive: true, filter: (path) => !/(__pycache__|\.pytest_cache|\.db$)/.test(path) });
  await git(folder, "init", "-q", "-b", "main");
  await git(folder, "add", "-A", "--", ".", ":!*/tests/*");
  await git(folder, "commit", "-q", "-m", "Start the backend");
  await git(folder, "add", "-A");
  await git(folder, "commit", "-q", "--allow-empty", "-m", "Test what there is");
  return folder;
};

export const makePrivateKey = (): string =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;

const startOf = async (
  repository: SceneOptions["repository"],
  folder: string,
): Promise<Pick<EmulatorOptions["repositories"][number], "from" | "files">> => {
  if ("texts" in repository) return { files: repository.texts };
  return { from: "git" in repository ? repository.git : await asRepository(repository.files, join(folder, "seed")) };
};

export const startScene = async (options: SceneOptions): Promise<Scene> => {
  const folder = mkdtempSync(join(tmpdir(), "architect-scene-"));
  chmodSync(folder, 0o711);
  const start = await startOf(options.repository, folder);
  const privateKey = options.privateKey ?? makePrivateKey();
  const webhookSecret = randomBytes(32).toString("hex");
  const emulator = await startEmulator({
    root: join(folder, "github"),
    app: {
      id: 7,
      slug: "backend-architect",
      privateKey,
      webhookSecret,
      permissions: manifest.default_permissions,
      events: manifest.default_events,
      installationId: 100,
    },
    users: {
      maintainer: { token: "maintainer-token", permission: "write" },
      stranger: { token: "stranger-token", permission: "read" },
      ...options.users,
    },
    repositories: [{ owner: "acme", name: options.name ?? "shop", ...start }, ...(options.others ?? [])],
    ...(options.clock ? { clock: options.clock } : {}),
  });
  const { python } = readRunConfig();
  const env = {
    APP_ID: "7",
    PRIVATE_KEY: privateKey,
    WEBHOOK_SECRET: webhookSecret,
    GITHUB_API_URL: emulator.api,
    GITHUB_URL: emulator.url,
    PORT: "0",
    ARCHITECT_DATA: join(folder, "data"),
    ARCHITECT_MODEL: "blueprint",
    ARCHITECT_QUIET_SECONDS: "0",
    ...(python ? { ARCHITECT_PYTHON: python } : {}),
    ...options.env,
  };
  return {
    folder,
    emulator,
    env,
    config: readConfig(env),
    close: async () => {
      await emulator.close();
      // `fs.rm` overflows the stack on trees thousands of folders deep.
      await run("rm", ["-rf", folder]);
    },
  };
};

export type Served = { readonly url: string; readonly pid: number; kill(): Promise<void> };

/** `architect start` in a process of its own, as an operator starts it. */
export const serve = (scene: Scene): Promise<Served> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(projectFolder, "src/main.ts"), "start"], {
      env: { PATH: process.env["PATH"] ?? "", HOME: scene.folder, ...scene.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    let said = "";
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const url = /Listening on (http:\S+)/.exec(said)?.[1];
      if (!url || child.pid === undefined) return;
      const { pid } = child;
      resolve({
        url,
        pid,
        kill: async () => {
          child.kill("SIGKILL");
          await ended;
        },
      });
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("exit", (code) => reject(new Error(`architect start ended with ${code}: ${said}`)));
  });
