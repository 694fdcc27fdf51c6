/** The one way out to a repository's host: lists and fetches branches. The token is in the environment of that one process and nowhere else. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isBranchName, runGit } from "./git.ts";

export type Credentials = { readonly url: string; readonly authorization: string };

export type RemoteRules = {
  /** The one http base URL, on loopback, that may be fetched from. */
  readonly allowHttpLoopback?: string;
  /** The one folder that may be fetched from, as an absolute path. */
  readonly allowLocalFolder?: string;
  /**
   * A git configuration with `safe.directory = *`, for that folder alone: the operator named it, whoever owns it. Git
   * hands no other setting on to the process that serves a local fetch.
   */
  readonly trustingConfig: string;
  /**
   * Certificates of those whom Node trusts, as PEM, where the operator has added some (`NODE_EXTRA_CA_CERTS`): a server
   * of his own is reached by its API and by git, and git knows nothing of Node's.
   */
  readonly authorities?: string;
};

export type Remote = {
  /** @returns commit by branch; a branch that does not exist is left out */
  list(branches: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Brings the branches into a repository under their own names, whole and without tags. */
  fetch(gitDir: string, branches: readonly string[]): Promise<void>;
  /** Brings a pull request's head in under its own name. @returns false where there is none */
  fetchPull(gitDir: string, ref: string): Promise<boolean>;
};

const fetchTimeoutMs = 30 * 60_000;

/** @throws when the address is none that the rules allow */
export const openRemote = ({ url, authorization }: Credentials, rules: RemoteRules): Remote => {
  const env = { ...protocolFor(url, rules), ...headerFor(url, authorization) };
  return {
    async list(branches) {
      const refs = branches.map(refOf);
      const output = await runGit(undefined, ["ls-remote", "--quiet", "--", url, ...refs], { env });
      const found = new Map<string, string>();
      for (const line of output.toString("utf8").split("\n")) {
        const [sha = "", ref = ""] = line.split("\t");
        // A pattern matches the end of other names, too.
        if (refs.includes(ref)) found.set(ref.slice("refs/heads/".length), sha);
      }
      return found;
    },
    async fetch(gitDir, branches) {
      await runGit(gitDir, [...fetchArgs, "--", url, ...branches.map(refspecOf)], { env, timeoutMs: fetchTimeoutMs });
      await tidy(gitDir);
    },
    async fetchPull(gitDir, ref) {
      const listed = await runGit(undefined, ["ls-remote", "--quiet", "--", url, ref], { env });
      if (!listed.toString("utf8").trimEnd().endsWith(`\t${ref}`)) return false;
      await runGit(gitDir, [...fetchArgs, "--", url, `+${ref}:${ref}`], { env, timeoutMs: fetchTimeoutMs });
      await tidy(gitDir);
      return true;
    },
  };
};

/** Between two repositories of ours. */
export const fetchLocally = async (from: string, gitDir: string, branch: string): Promise<void> => {
  const env = { GIT_ALLOW_PROTOCOL: "file" };
  await runGit(gitDir, [...fetchArgs, "--", `file://${from}`, refspecOf(branch)], { env, timeoutMs: fetchTimeoutMs });
  await tidy(gitDir);
};

const fetchArgs = [
  "fetch",
  "--quiet",
  "--no-tags",
  "--no-recurse-submodules",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-show-forced-updates",
  // A local clone may have been made with --depth.
  "--update-shallow",
];

const refOf = (branch: string): string => {
  if (!isBranchName(branch)) throw new Error(`${JSON.stringify(branch)} is no name that a git branch can have`);
  return `refs/heads/${branch}`;
};

const refspecOf = (branch: string): string => `+${refOf(branch)}:${refOf(branch)}`;

const protocolFor = (url: string, rules: RemoteRules): Record<string, string> => {
  if (rules.allowLocalFolder !== undefined && url === `file://${rules.allowLocalFolder}`)
    return { GIT_ALLOW_PROTOCOL: "file", GIT_CONFIG_GLOBAL: rules.trustingConfig };
  const { protocol, username, password } = new URL(url);
  if (username !== "" || password !== "") throw new Error("a repository's address must not carry a user or a password");
  if (protocol === "https:")
    return { GIT_ALLOW_PROTOCOL: "https", ...(rules.authorities ? { GIT_SSL_CAINFO: rules.authorities } : {}) };
  const base = rules.allowHttpLoopback?.replace(/\/$/, "");
  if (base !== undefined && isLoopback(base) && url.startsWith(`${base}/`)) return { GIT_ALLOW_PROTOCOL: "http" };
  throw new Error(`${url} is no address that is fetched from: it must be https`);
};

const isLoopback = (base: string): boolean => /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(new URL(base).hostname);

const headerFor = (url: string, authorization: string): Record<string, string> => {
  if (authorization === "") return {};
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraheader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
  };
};

/** As `git gc --auto` estimates it; small fetches leave loose objects, and thousands of them make every look-up slow. */
const tooMany = 6_700;

const tidy = async (gitDir: string): Promise<void> => {
  const sample = await readdir(join(gitDir, "objects/17")).catch(() => []);
  if (sample.length * 256 > tooMany) await runGit(gitDir, ["repack", "-d", "-l", "-q"], { timeoutMs: 10 * 60_000 });
};
