/** Why a server did not come up, told from what it wrote: its code's fault, or something that is not there to run it with. */

export type Unserved = {
  /** Ends a sentence. */
  readonly reason: string;
  /** The code, or the command, can be mended; else it cannot be run here at all. */
  readonly mendable: boolean;
};

const missingService =
  /ConnectionRefusedError|Connection refused|could not connect to server|could not translate host name|Name or service not known|Temporary failure in name resolution|getaddrinfo|Cannot assign requested address.*connect/i;

/** A database, cache or other service that the application connects to and the sandbox does not have. */
export const serviceMissing = (log: string): string | undefined => {
  const line = log.split("\n").findLast((one) => missingService.test(one));
  return line === undefined ? undefined : `it needs a service that is not here (${clip(line)})`;
};

/** @param own parts of the path of the application's module: what is missing of these is no package */
export const whyNotServed = (
  { log, exitCode }: { readonly log: string; readonly exitCode?: number | undefined },
  server: { readonly port: number; readonly own: readonly string[]; readonly waitedMs: number },
): Unserved => {
  const missing = missingPackage(log, exitCode);
  if (missing !== undefined && !server.own.includes(missing.split(".")[0] ?? ""))
    return { mendable: false, reason: `package ${missing} is missing` };
  const service = serviceMissing(log);
  if (service !== undefined) return { mendable: false, reason: service };
  const last = lastWords(log);
  if (exitCode !== undefined) return { mendable: true, reason: `the server ended with exit code ${exitCode}${last}` };
  return {
    mendable: true,
    reason: `the server did not listen on port ${server.port} within ${Math.round(server.waitedMs / 1_000)} s${last}`,
  };
};

const missingPackage = (log: string, exitCode: number | undefined): string | undefined => {
  const python =
    /ModuleNotFoundError: No module named '([\w.]+)'/.exec(log)?.[1] ?? /No module named (\w+)/.exec(log)?.[1];
  if (python !== undefined) return python;
  return exitCode === 127 ? /: ([\w./-]+): (?:command )?not found/.exec(log)?.[1] : undefined;
};

const lastWords = (log: string): string => {
  const line = log.split("\n").findLast((one) => one.trim() !== "");
  return line === undefined ? "" : `: ${clip(line)}`;
};

const clip = (line: string): string => {
  const text = line.trim();
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
};
