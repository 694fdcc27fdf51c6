/** Texts as they stand now: files of a repository's default branch, issues. Knows nothing of what they say. */
import type { Octokit } from "@octokit/rest";
import type { FetchedFile } from "../ports.ts";
import { unless } from "./client.ts";
import type { Place } from "./shapes.ts";

export const fetchFile = async (client: Octokit, place: Place, path: string): Promise<FetchedFile | undefined> => {
  const found = await unless([404], () => client.rest.repos.getContent({ ...place, path }));
  if (!found || Array.isArray(found.data) || found.data.type !== "file") return undefined;
  // Over 1 MiB GitHub leaves the content out.
  if (found.data.encoding !== "base64") return { tooLarge: true };
  return { text: Buffer.from(found.data.content, "base64").toString() };
};

/** @param number of an issue or a pull request */
export const fetchText = async (
  client: Octokit,
  place: Place,
  number: number,
): Promise<{ readonly title: string; readonly body: string } | undefined> => {
  const found = await unless([404, 410], () => client.rest.issues.get({ ...place, issue_number: number }));
  return found && { title: found.data.title, body: found.data.body ?? "" };
};

/** The first of several that is there. */
export const fetchFirst = async (
  client: Octokit,
  place: Place,
  paths: readonly string[],
): Promise<(FetchedFile & { readonly path: string }) | undefined> => {
  for (const path of paths) {
    const file = await fetchFile(client, place, path);
    if (file) return { ...file, path };
  }
  return undefined;
};
