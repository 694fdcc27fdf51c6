/** The repository's own pull-request template on its default branch. */
import type { Octokit } from "@octokit/rest";
import { unless } from "./client.ts";
import type { Place } from "./shapes.ts";

/** In the order in which GitHub looks. */
const folders = [".github", "", "docs"];

/** @returns the template's text, or undefined */
export const fetchPullTemplate = async (client: Octokit, place: Place): Promise<string | undefined> => {
  for (const folder of folders) {
    const listed = await unless([404], () => client.rest.repos.getContent({ ...place, path: folder }));
    const entries = Array.isArray(listed?.data) ? listed.data : [];
    const template = entries.find(
      (entry) => entry.type === "file" && /^pull_request_template(?:\.(?:md|txt))?$/i.test(entry.name),
    );
    if (!template) continue;
    const { data } = await client.rest.repos.getContent({ ...place, path: template.path });
    if (!Array.isArray(data) && data.type === "file") return Buffer.from(data.content, "base64").toString();
  }
  return undefined;
};
