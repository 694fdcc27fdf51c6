/** The repository's own pull-request template on its default branch. */
import type { Octokit } from "@octokit/rest";
import { unless } from "./client.ts";
import type { Place } from "./shapes.ts";

type Entry = { readonly path: string; readonly type: string; readonly sha: string };

/** In the order in which GitHub looks; "" is the root. */
const folders = [".github", "", "docs"];

/** @returns the template's text, or undefined */
export const fetchPullTemplate = async (client: Octokit, place: Place, branch: string): Promise<string | undefined> => {
  const entriesOf = async (tree: string): Promise<Entry[]> => {
    // 409: the repository has no commit at all.
    const found = await unless([404, 409], () => client.rest.git.getTree({ ...place, tree_sha: tree }));
    return found?.data.tree ?? [];
  };
  const root = await entriesOf(branch);
  for (const folder of folders) {
    const tree = root.find((entry) => entry.type === "tree" && entry.path === folder)?.sha;
    const entries = folder === "" ? root : tree === undefined ? [] : await entriesOf(tree);
    const template = entries.find(
      (entry) => entry.type === "blob" && /^pull_request_template(?:\.(?:md|txt))?$/i.test(entry.path),
    );
    if (!template) continue;
    const { data } = await client.rest.git.getBlob({ ...place, file_sha: template.sha });
    return Buffer.from(data.content, "base64").toString();
  }
  return undefined;
};
