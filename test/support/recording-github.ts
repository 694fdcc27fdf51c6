/** A GitHub port that answers from what a test says and remembers what it was asked for. */
import type { Person } from "../../src/domain/repository.ts";
import type { ReviewThread } from "../../src/domain/review-thread.ts";
import type { GitHub, GitHubSession, Permission } from "../../src/ports.ts";
import { self } from "./deliveries.ts";

export type RecordingGitHub = GitHub & {
  /** In order: `open acknowledge`, `permission maintainer`, `react {…}`, `close`. */
  readonly calls: string[];
};

export type Answers = {
  readonly permission?: Permission | (() => Promise<Permission>);
  readonly threads?: readonly ReviewThread[];
  readonly open?: () => Promise<void>;
  readonly react?: () => Promise<void>;
};

export const recordingGitHub = (answers: Answers = {}): RecordingGitHub => {
  const calls: string[] = [];
  const unexpected = (name: string) => (): never => {
    throw new Error(`${name} was not to be called`);
  };
  const session: GitHubSession = {
    permissionOf: async (person: Person) => {
      calls.push(`permission ${person.login}`);
      const { permission = "write" } = answers;
      return typeof permission === "function" ? permission() : permission;
    },
    fetchReviews: async (_, ids) => {
      calls.push(`reviews ${ids.join(" ")}`);
      const author = { login: "maintainer", id: 501, type: "User" };
      return {
        reviews: ids.map((id) => ({ id, state: "commented" as const, body: "", author })),
        threads: answers.threads ?? [],
      };
    },
    react: async (target, content) => {
      calls.push(`react ${content} ${JSON.stringify(target)}`);
      await answers.react?.();
    },
    close: async () => {
      calls.push("close");
    },
    findPull: unexpected("findPull"),
    fetchFile: unexpected("fetchFile"),
    fetchText: unexpected("fetchText"),
    fetchImages: unexpected("fetchImages"),
    fetchPull: unexpected("fetchPull"),
    fetchPullFiles: unexpected("fetchPullFiles"),
    fetchOwnReviews: unexpected("fetchOwnReviews"),
    postReview: unexpected("postReview"),
    fetchPullTemplate: unexpected("fetchPullTemplate"),
    fetchBranch: unexpected("fetchBranch"),
    commit: unexpected("commit"),
    hasCheck: unexpected("hasCheck"),
    beginCheck: unexpected("beginCheck"),
    openPulls: unexpected("openPulls"),
    reviseComment: unexpected("reviseComment"),
    commitTree: unexpected("commitTree"),
    fetchAuthor: unexpected("fetchAuthor"),
    fetchVerification: unexpected("fetchVerification"),
    pointBranch: unexpected("pointBranch"),
    openPull: unexpected("openPull"),
    updatePull: unexpected("updatePull"),
    fetchComment: unexpected("fetchComment"),
    upsertComment: unexpected("upsertComment"),
    answerThread: unexpected("answerThread"),
    resolveThread: unexpected("resolveThread"),
    requestReview: unexpected("requestReview"),
    upsertCheck: unexpected("upsertCheck"),
    fetchOwnIssues: unexpected("fetchOwnIssues"),
    openIssue: unexpected("openIssue"),
    updateIssue: unexpected("updateIssue"),
    ensureLabel: unexpected("ensureLabel"),
    fetchChecks: unexpected("fetchChecks"),
    fetchFailure: unexpected("fetchFailure"),
  };
  return {
    calls,
    whoami: async () => ({ login: self.login, id: self.id, type: "Bot" }),
    open: async (_, phase) => {
      calls.push(`open ${phase}`);
      await answers.open?.();
      return session;
    },
    gitCredentials: unexpected("gitCredentials"),
    fetchShared: unexpected("fetchShared"),
    attribution: unexpected("attribution"),
    mayRerun: unexpected("mayRerun"),
    rerunFailedJobs: unexpected("rerunFailedJobs"),
    threadUrl: unexpected("threadUrl"),
    lineUrl: unexpected("lineUrl"),
  };
};
