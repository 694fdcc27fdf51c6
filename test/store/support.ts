/** Jobs, deliveries and a log for the tests of the store. */
import { createHash } from "node:crypto";
import type { Job } from "../../src/domain/job.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";

export const repository: RepositoryRef = {
  id: 41,
  owner: "acme",
  name: "shop",
  installationId: 7,
  defaultBranch: "main",
};

export const jobOf = (id: string, issue = 1, body = "Create user registration endpoint"): Job => ({
  id,
  key: `acme/shop#${issue}`,
  trigger: {
    kind: "label",
    repository,
    sender: { login: "maintainer", id: 11, type: "User" },
    thread: { kind: "issue", number: issue },
    title: "Create user registration endpoint",
    body,
  },
  acceptedAt: "2026-11-25T12:00:00.000Z",
});

/** A delivery whose body is its own: `body` makes two of them the same. */
export const deliveryOf = (body: string, dedupe?: string) => ({
  event: "issues",
  digest: createHash("sha256").update(`issues\n${body}`).digest("hex"),
  ...(dedupe === undefined ? {} : { dedupe }),
});

/** A promise that a test settles when the moment has come. */
export const gate = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();
