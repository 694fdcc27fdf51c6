/** The pages for people in a browser: repositories, issues, pull requests, deliveries. */
import type { Reply } from "../http.ts";
import type { World } from "../state.ts";

export function createWeb(_world: World): (method: string, url: URL, form: string) => Promise<Reply> {
  return async () => ({ status: 404, text: "Not found", type: "text/plain" });
}
