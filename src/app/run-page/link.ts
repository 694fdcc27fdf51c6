/** The address of a run's page: whoever has it may see the page, and nobody can make one. Knows no run. */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

export type RunLinks = {
  /** Below the server's root, … */
  pathOf(runId: string): string;
  /** … and as people open it. @param publicUrl without a slash at its end */
  below(publicUrl: string): (runId: string) => string;
  /** The run whose page the path is, where its key is right. */
  runOf(path: string): string | undefined;
};

/** What it is a key for: another use of the same secret has another label. */
const label = "backend-architect run page";
/** 144 bits, and whole characters of base64url, so that one key has one writing. */
const keyBytes = 18;

const form = /^\/runs\/([\w-]{1,64})\/([\w-]{24})$/;

/** Whether it looks like one, whatever its key. */
export const isRunPath = (path: string): boolean => form.test(path);

/** @param secret the webhooks': a new one closes every address that was given out */
export const createRunLinks = (secret: string): RunLinks => {
  const key = Buffer.from(hkdfSync("sha256", secret, "", label, 32));
  const digestOf = (runId: string): Buffer => createHmac("sha256", key).update(runId).digest().subarray(0, keyBytes);
  const pathOf = (runId: string): string => `/runs/${runId}/${digestOf(runId).toString("base64url")}`;
  return {
    pathOf,
    below: (publicUrl) => (runId) => `${publicUrl}${pathOf(runId)}`,
    runOf: (path) => {
      const [, runId, given] = form.exec(path) ?? [];
      if (runId === undefined || given === undefined) return undefined;
      return timingSafeEqual(digestOf(runId), Buffer.from(given, "base64url")) ? runId : undefined;
    },
  };
};
