/** What the operator allows the set-up of repositories: settings as they are written, and what they come to. */
import { z } from "zod";

/** A name of the public internet: one with a dot, that ends in letters and is no address. */
const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Of https and http, where none is given. */
const webPorts = [443, 80];

const parseHost = (entry: string): { readonly host: string; readonly ports: readonly number[] } | undefined => {
  const [host = "", port, ...more] = entry.split(":");
  if (!hostName.test(host) || more.length > 0) return undefined;
  if (port === undefined) return { host, ports: webPorts };
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 ? { host, ports: [Number(port)] } : undefined;
};

const entriesOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

const hosts = z.string().transform((text, context) =>
  entriesOf(text).flatMap((entry) => {
    const host = parseHost(entry);
    if (host) return [host];
    context.addIssue({
      code: "custom",
      message: `has "${entry}": it must be a list of host names such as pypi.org,files.pythonhosted.org or packages.example.com:8443; this machine and its own network are never reached`,
    });
    return [];
  }),
);

const indexWish =
  "must be the URL of a package index such as https://pypi.org/simple, without a user: a set-up has no secret";

const isIndex = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
};

export const setupSettings = z.object({
  ARCHITECT_SETUP_HOSTS: hosts.default([]),
  ARCHITECT_SETUP_INDEX: z.string().refine(isIndex, indexWish).optional(),
  ARCHITECT_SETUP_CACHE_GB: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, "must be a whole number from 1 to 9999")
    .transform(Number)
    .default(10),
});

export type SetupConfig = {
  /** What a set-up may reach; no network where there are none. */
  readonly hosts: z.output<typeof hosts>;
  /** Where pip and uv look for packages. */
  readonly index?: string;
  /** What the kept results of all repositories may take of the disk. */
  readonly cacheBytes: number;
};

export const toSetup = (settings: z.output<typeof setupSettings>): SetupConfig => ({
  hosts: settings.ARCHITECT_SETUP_HOSTS,
  ...(settings.ARCHITECT_SETUP_INDEX === undefined ? {} : { index: settings.ARCHITECT_SETUP_INDEX }),
  cacheBytes: settings.ARCHITECT_SETUP_CACHE_GB * 1024 ** 3,
});

/** What no setting shows by itself. */
export const setupProblems = (given: Readonly<Record<string, string | undefined>>): string[] => {
  const index = given["ARCHITECT_SETUP_INDEX"] ?? "";
  if (!isIndex(index)) return [];
  const { hostname, port, protocol } = new URL(index);
  const wanted = Number(port || (protocol === "https:" ? 443 : 80));
  const allowed = entriesOf(given["ARCHITECT_SETUP_HOSTS"] ?? "").map(parseHost);
  if (allowed.some((one) => one?.host === hostname && one.ports.includes(wanted))) return [];
  return [
    `ARCHITECT_SETUP_INDEX is on ${hostname}, port ${wanted}, which ARCHITECT_SETUP_HOSTS does not allow: add it there, and the host that serves its files`,
  ];
};
