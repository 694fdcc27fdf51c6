/** The eight reactions as drawings of our own: machines without an emoji font show them, too. */
import { type Html, trusted } from "./html.ts";

const FACE =
  '<circle cx="8" cy="8" r="7" fill="#f5c04a"/><circle cx="5.5" cy="6" r="1" fill="#4a3410"/><circle cx="10.5" cy="6" r="1" fill="#4a3410"/>';
const THUMB = '<path d="M2 7h3v7H2zM6 7l2.5-5c1.6 0 2 1.3 1.6 2.4L9.5 6H14l-1.3 8H6z" fill="#f5c04a"/>';
const EYE = (x: number): string =>
  `<ellipse cx="${x}" cy="8" rx="3.2" ry="5" fill="#fff" stroke="#8a94a3"/><circle cx="${x + 0.8}" cy="9.2" r="1.7" fill="#3b2a1a"/>`;

const DRAWINGS: ReadonlyMap<string, string> = new Map([
  ["+1", THUMB],
  ["-1", `<g transform="rotate(180 8 8)">${THUMB}</g>`],
  ["laugh", `${FACE}<path d="M4.5 9h7a3.5 3.5 0 0 1-7 0z" fill="#4a3410"/>`],
  ["confused", `${FACE}<path d="M5.5 11.5q2.6-2 5-.6" fill="none" stroke="#4a3410" stroke-width="1.2"/>`],
  ["heart", '<path d="M8 14 2.2 8.2a3.6 3.6 0 0 1 5.1-5.1l.7.7.7-.7a3.6 3.6 0 0 1 5.1 5.1z" fill="#d9433f"/>'],
  [
    "hooray",
    '<path d="M2 14 5.5 5l5.5 5.5z" fill="#f5c04a"/><circle cx="10" cy="3" r="1.2" fill="#d9433f"/><circle cx="13" cy="6" r="1.2" fill="#3d7ad9"/><circle cx="13.5" cy="11" r="1.2" fill="#37a35a"/>',
  ],
  ["eyes", EYE(4.5) + EYE(11.5)],
  [
    "rocket",
    '<path d="M8 1c3 2.2 4 6 3 10H5C4 7 5 3.2 8 1z" fill="#8fa3bd"/><circle cx="8" cy="6" r="1.4" fill="#3d7ad9"/><path d="m5 8-2.5 4H5zM11 8l2.5 4H11z" fill="#d9433f"/><path d="M6.5 12h3L8 15z" fill="#f5a623"/>',
  ],
]);

/** In the order in which GitHub shows them. */
export const reactionContents: readonly string[] = [...DRAWINGS.keys()];

export const reactionIcon = (content: string): Html =>
  trusted(
    `<svg class="icon" viewBox="0 0 16 16" role="img" aria-label="${content}"><title>${content}</title>${DRAWINGS.get(content) ?? ""}</svg>`,
  );
