/** A person with a token, as tests and the demo play one: small calls over the real REST API. */
import type { World } from "./state.ts";

type Json = Record<string, unknown>;

export type RepositoryName = { readonly owner: string; readonly name: string };

export type ReviewInput = {
  /** Left out: a draft that only its author sees. */
  readonly state?: "APPROVE" | "REQUEST_CHANGES" | "COMMENT";
  readonly body?: string;
  readonly comments?: readonly InlineInput[];
};

export type InlineInput = {
  readonly path: string;
  readonly line: number;
  readonly side?: "LEFT" | "RIGHT";
  readonly body: string;
};

export type Person = {
  /** Any call: the path below `/api/v3`. Throws on 4xx and 5xx, naming status and message. */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The same for another repository; without it calls go to the first one. */
  at(repository: RepositoryName): Person;
  createIssue(issue: { title: string; body?: string; labels?: readonly string[] }): Promise<{ number: number }>;
  updateIssue(number: number, change: { title?: string; body?: string; state?: "open" | "closed" }): Promise<void>;
  label(issue: number, name: string): Promise<void>;
  unlabel(issue: number, name: string): Promise<void>;
  comment(thread: number, body: string): Promise<{ id: number }>;
  editComment(id: number, body: string): Promise<void>;
  deleteComment(id: number): Promise<void>;
  openPull(pull: {
    head: string;
    base: string;
    title: string;
    body?: string;
    draft?: boolean;
  }): Promise<{ number: number }>;
  submitReview(pull: number, review: ReviewInput): Promise<{ id: number }>;
  /** A loose inline comment. */
  commentOnLine(pull: number, comment: InlineInput): Promise<{ id: number }>;
  /** @param comment the first one of the thread */
  replyInThread(pull: number, comment: number, body: string): Promise<{ id: number }>;
  /** Commits text files (null deletes) on a branch, made from the default branch where it is missing. @returns the SHA */
  pushFiles(branch: string, files: Readonly<Record<string, string | null>>, message: string): Promise<string>;
  deleteBranch(branch: string): Promise<void>;
  merge(pull: number, method?: "merge" | "squash"): Promise<{ sha: string }>;
  closePull(pull: number): Promise<void>;
};

export function createPerson(world: World, login: string, token: string, { owner, name }: RepositoryName): Person {
  const here = `/repos/${owner}/${name}`;

  async function request(method: string, path: string, body?: unknown): Promise<unknown> {
    const reply = await fetch(world.api + path, {
      method,
      headers: {
        authorization: `token ${token}`,
        accept: "application/vnd.github+json",
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${login}: ${method} ${path}: ${reply.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async function tipOf(branch: string): Promise<string | undefined> {
    const refs = (await request("GET", `${here}/git/matching-refs/heads/${branch}`)) as {
      ref: string;
      object: { sha: string };
    }[];
    return refs.find(({ ref }) => ref === `refs/heads/${branch}`)?.object.sha;
  }

  async function pushFiles(
    branch: string,
    files: Readonly<Record<string, string | null>>,
    message: string,
  ): Promise<string> {
    const repository = (await request("GET", here)) as { default_branch: string };
    const tip = await tipOf(branch);
    const parent = tip ?? (await tipOf(repository.default_branch));
    if (parent === undefined) throw new Error(`${login}: ${owner}/${name} is empty: seed it with files to push to it`);
    const tree = Object.entries(files).map(([path, content]) => ({
      path,
      mode: "100644",
      type: "blob",
      ...(content === null ? { sha: null } : { content }),
    }));
    const { sha } = (await request("POST", `${here}/git/trees`, { base_tree: parent, tree })) as { sha: string };
    const commit = { message, tree: sha, parents: [parent] };
    const made = (await request("POST", `${here}/git/commits`, commit)) as { sha: string };
    if (tip === undefined) await request("POST", `${here}/git/refs`, { ref: `refs/heads/${branch}`, sha: made.sha });
    else await request("PATCH", `${here}/git/refs/heads/${branch}`, { sha: made.sha });
    return made.sha;
  }

  const send = async <T = Json>(method: string, path: string, body?: unknown): Promise<T> =>
    (await request(method, here + path, body)) as T;
  const tell = async (method: string, path: string, body?: unknown): Promise<void> => {
    await request(method, here + path, body);
  };

  return {
    request,
    at: (repository) => createPerson(world, login, token, repository),
    createIssue: (issue) => send("POST", "/issues", issue),
    updateIssue: (number, change) => tell("PATCH", `/issues/${number}`, change),
    label: (issue, label) => tell("POST", `/issues/${issue}/labels`, { labels: [label] }),
    unlabel: (issue, label) => tell("DELETE", `/issues/${issue}/labels/${encodeURIComponent(label)}`),
    comment: (thread, body) => send("POST", `/issues/${thread}/comments`, { body }),
    editComment: (id, body) => tell("PATCH", `/issues/comments/${id}`, { body }),
    deleteComment: (id) => tell("DELETE", `/issues/comments/${id}`),
    openPull: (pull) => send("POST", "/pulls", pull),
    submitReview: (pull, { state, ...review }) =>
      send("POST", `/pulls/${pull}/reviews`, { ...review, ...(state === undefined ? {} : { event: state }) }),
    commentOnLine: async (pull, comment) => {
      const { head } = await send<{ head: { sha: string } }>("GET", `/pulls/${pull}`);
      return send("POST", `/pulls/${pull}/comments`, { side: "RIGHT", ...comment, commit_id: head.sha });
    },
    replyInThread: (pull, comment, body) => send("POST", `/pulls/${pull}/comments/${comment}/replies`, { body }),
    pushFiles,
    deleteBranch: (branch) => tell("DELETE", `/git/refs/heads/${branch}`),
    merge: (pull, method = "merge") => send("PUT", `/pulls/${pull}/merge`, { merge_method: method }),
    closePull: (pull) => tell("PATCH", `/pulls/${pull}`, { state: "closed" }),
  };
}
