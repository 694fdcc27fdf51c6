/** Runs a repository's set-up commands in the sandbox, with the network that the operator allows or none. Keeps nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RefusedError } from "../domain/errors.ts";
import type { CommandResult } from "../ports.ts";
import { runCommand } from "./command.ts";
import { type AllowedHost, type Egress, type Network, openEgress, systemNetwork } from "./egress.ts";
import { openRoot } from "./folder-walk.ts";
import { createQuota, sizeOf } from "./quota.ts";
import {
  certificatesInside,
  egressInside,
  type Making,
  nodeInside,
  type SandboxSettings,
  setupInside,
  setupProcessInside,
  startInSandbox,
  type View,
} from "./sandbox.ts";

/** What the operator allows a set-up. */
export type SetupSettings = {
  /** No network where there are none. */
  readonly hosts: readonly AllowedHost[];
  /** The package index that pip and uv are told of. */
  readonly index?: string | undefined;
  /** Of all results together. */
  readonly cacheBytes: number;
  /** How its names are looked up and addresses reached, where not by the system's ways. */
  readonly network?: Network;
};

export type SetupPlan = {
  readonly view: Omit<View, "mounts" | "setup" | "making">;
  readonly commands: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /**
   * Folders that exist, given to the sandbox's user. `tree` is a copy of the repository: what builds a package writes beside
   * its sources. `egress` is for the proxy's socket.
   */
  readonly folders: {
    readonly result: string;
    readonly tree: string;
    readonly scratch: string;
    readonly egress: string;
  };
};

const minute = 60_000;
const commandMs = 10 * minute;
const maxLog = 16_000;
const gigabyte = 1024 ** 3;
const limits = { file: 2 * gigabyte, memory: 4 * gigabyte };
const room = { bytes: 3 * gigabyte, files: 300_000 };
const maxNetworkBytes = 2 * gigabyte;
const port = 3128;
const socketName = "proxy";

/** Packages go into a virtual environment, whatever the commands are: its `bin` comes first on every PATH from here on. */
const makeEnvironment = `python3 -m venv ${setupInside}`;

/** @throws RefusedError with the log, where a command fails */
export const runSetup = async (sandbox: SandboxSettings, settings: SetupSettings, plan: SetupPlan): Promise<void> => {
  const hasNetwork = settings.hosts.length > 0;
  const egress = hasNetwork ? await openProxy(plan.folders.egress, settings) : undefined;
  const start = createStart(sandbox, settings, plan);
  const whole = join(plan.folders.result, "..");
  const isOverQuota = createQuota(whole, await sizeOf(whole), room);
  let log = "";
  try {
    for (const command of [makeEnvironment, ...plan.commands]) {
      plan.signal.throwIfAborted();
      const result = await runCommand(start(command), { timeoutMs: commandMs, signal: plan.signal, isOverQuota });
      plan.signal.throwIfAborted();
      log = `${log}$ ${command}\n${result.output.trimEnd()}\n`.slice(-maxLog);
      if (result.exitCode !== 0 || result.ended)
        throw new RefusedError(problemOf(command, result, egress, hasNetwork), log);
    }
  } finally {
    await egress?.close();
  }
};

/** By a short name, since the path of a socket cannot be longer than some 100 bytes. */
const openProxy = async (folder: string, { hosts, network = systemNetwork }: SetupSettings): Promise<Egress> => {
  const root = openRoot(folder);
  try {
    return await openEgress(join(root.path, socketName), { ...network, hosts, maxBytes: maxNetworkBytes });
  } finally {
    root.close();
  }
};

const bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** stderr joins stdout inside, in the order in which they are written; what is outside on stderr is bubblewrap's own. */
const mergeOutput = 'exec 2>&1 /bin/bash -c "$0"';

const createStart = (sandbox: SandboxSettings, settings: SetupSettings, plan: SetupPlan) => {
  const { result, tree, scratch, egress } = plan.folders;
  const hasNetwork = settings.hosts.length > 0;
  const certificates = bundles.find((path) => existsSync(path));
  const making: Making = { result, scratch, certificates, egress: hasNetwork ? egress : undefined };
  const forwarded = [nodeInside, setupProcessInside, `${egressInside}/${socketName}`, String(port)];
  const env = {
    ...plan.env,
    ...pipSettings(settings.index),
    ...(certificates === undefined ? {} : trust),
    ...(hasNetwork ? proxySettings : {}),
  };
  return (command: string) => {
    const folder = openRoot(tree);
    try {
      return startInSandbox(
        sandbox,
        { ...plan.view, mounts: [{ at: "", folder, writable: true }], making },
        [...(hasNetwork ? forwarded : []), "/bin/bash", "-c", mergeOutput, command],
        { stdin: "ignore", stdout: "pipe", cpuSeconds: commandMs / 1_000, limits, env },
      );
    } finally {
      folder.close();
    }
  };
};

/** From the operator alone: no file of the host is read for it. */
const pipSettings = (index: string | undefined): Record<string, string> => ({
  PIP_CONFIG_FILE: "/dev/null",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
  PIP_NO_CACHE_DIR: "1",
  PIP_NO_INPUT: "1",
  PIP_PROGRESS_BAR: "off",
  ...(index === undefined ? {} : { PIP_INDEX_URL: index, UV_DEFAULT_INDEX: index }),
});

const proxy = `http://127.0.0.1:${port}`;
const proxySettings = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy };

/** As Python, pip, curl and Node look for it. */
const trust: Readonly<Record<string, string>> = Object.fromEntries(
  ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"].map((name) => [
    name,
    certificatesInside,
  ]),
);

const whyEnded: Readonly<Record<NonNullable<CommandResult["ended"]>, string>> = {
  timeout: `did not end within ${commandMs / minute} minutes`,
  output: "wrote more than 256 KiB of output; make it quieter",
  disk: "left more than 3 GiB or 300,000 files",
  aborted: "was stopped",
};

const problemOf = (
  command: string,
  { exitCode, ended }: CommandResult,
  egress: Egress | undefined,
  hasNetwork: boolean,
): string => {
  const how = ended ? whyEnded[ended] : `ended with exit code ${exitCode}`;
  const refusals = egress?.refusals() ?? [];
  const network = hasNetwork
    ? refusals.map((refusal) => ` Not let through: ${refusal}.`).join("")
    : " It had no network: the App's operator allows none (ARCHITECT_SETUP_HOSTS).";
  const shown = command.split("\n")[0]?.slice(0, 200) ?? "";
  return `The repository's set-up failed: \`${shown}\` ${how}.${network}`;
};
