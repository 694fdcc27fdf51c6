/** The pages for people in a browser, by path. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attachmentReply } from "../attachments.ts";
import type { Reply } from "../http.ts";
import { repositoryOf } from "../routes/repositories.ts";
import { fullName, type Repository, type World } from "../state.ts";
import { deliveriesPage, redeliver } from "./deliveries.ts";
import { commitPage, filePage, folderPage, splitRef } from "./files.ts";
import { html } from "./html.ts";
import { avatar, page } from "./layout.ts";
import { createMarkdown } from "./markdown.ts";
import { register } from "./registration.ts";
import { listPage, threadPage } from "./threads.ts";

type Found = Reply | undefined | Promise<Reply | undefined>;

export function createWeb(world: World): (method: string, url: URL, form: string) => Promise<Reply> {
  const style = readFileSync(join(import.meta.dirname, "style.css"), "utf8");
  const markdown = createMarkdown();

  function get(path: string): Found {
    if (path === "/") return homePage(world);
    if (path === "/style.css") return { status: 200, text: style, type: "text/css; charset=utf-8" };
    if (path === "/deliveries") return deliveriesPage(world);
    const face = /^\/avatars\/(\d+)$/.exec(path);
    if (face !== null) return avatar(world, Number(face[1]));
    if (path.startsWith("/apps/")) return appPage(world);
    const [, owner = "", name = "", kind, ...rest] = path.split("/");
    const repository = repositoryOf(world, owner, name);
    return repository === undefined ? undefined : inRepository(repository, kind, rest.join("/"));
  }

  function inRepository(repository: Repository, kind: string | undefined, rest: string): Found {
    const { ref, path } = splitRef(repository, rest);
    switch (kind) {
      case undefined:
      case "":
        return folderPage(repository, repository.defaultBranch, "", markdown);
      case "tree":
        return folderPage(repository, ref, path, markdown);
      case "blob":
        return filePage(repository, ref, path, false);
      case "raw":
        return filePage(repository, ref, path, true);
      case "commit":
        return commitPage(repository, rest);
      case "issues":
      case "pull":
        return rest === "" ? listPage(repository, "issues") : threadPage(repository, Number(rest), markdown);
      case "pulls":
        return listPage(repository, "pulls");
      default:
        return undefined;
    }
  }

  function post(url: URL, form: string): Found {
    const again = /^\/deliveries\/(\d+)\/redeliver$/.exec(url.pathname);
    if (again !== null) return redeliver(world, Number(again[1]));
    if (/^(?:\/organizations\/[^/]+)?\/settings\/apps\/new$/.test(url.pathname)) return register(world, url, form);
    return undefined;
  }

  return async (method, url, form) => {
    const path = decodeURIComponent(url.pathname).replace(/(.)\/$/, "$1");
    const found = method === "POST" ? post(url, form) : (attachmentReply(world, url) ?? get(path));
    return (
      (await found) ?? page("Not found", html`<h1>Not found</h1><p class="soft">There is nothing at ${path}.</p>`, 404)
    );
  };
}

function homePage(world: World): Reply {
  const rows = [...world.repositories.values()].map((repository) => {
    const open = [...repository.issues.values()].filter(({ state }) => state === "open");
    const pulls = open.filter(({ pull }) => pull !== undefined).length;
    return html`<tr><td class="grow"><a href="/${fullName(repository)}"><b>${fullName(repository)}</b></a></td>
<td class="fixed"><a href="/${fullName(repository)}/issues">${open.length - pulls} open issues</a></td>
<td class="fixed"><a href="/${fullName(repository)}/pulls">${pulls} open pull requests</a></td></tr>`;
  });
  return page(
    "Repositories",
    html`<h1>Repositories</h1><section class="card"><table class="rows">${rows}</table></section>`,
  );
}

function appPage({ app, installedOn }: World): Reply {
  const permissions = Object.entries(app.permissions).map(
    ([name, level]) => html`<li><code>${name}</code>: ${level}</li>`,
  );
  const body = html`<h1>${app.slug} <span class="tag">bot</span></h1>
<p>Installed on <b>${installedOn.login}</b>. It receives: ${app.events.join(", ")}. It may:</p><ul>${permissions}</ul>`;
  return page(app.slug, body);
}
