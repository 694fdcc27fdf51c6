import { describe, expect, test } from "vitest";
import { imagesIn } from "../../src/domain/image-links.ts";

const a = "https://github.com/user-attachments/assets/11111111-2222-3333-4444-555555555555";
const b = "https://github.com/user-attachments/assets/99999999-2222-3333-4444-555555555555";

describe("images of a text", () => {
  test.each([
    ["as Markdown", `See ![the form](${a}) here`, [{ url: a, alt: "the form" }]],
    ["with a title", `![x](${a} "A title")`, [{ url: a, alt: "x" }]],
    ["as GitHub pastes them", `<img width="842" alt="Image" src="${a}" />`, [{ url: a, alt: "Image" }]],
    ["inside of a line", `Like <img src='${a}'> this`, [{ url: a, alt: "" }]],
    ["in a block of HTML", `<details>\n<img src="${a}&amp;x=1">\n</details>`, [{ url: `${a}&x=1`, alt: "" }]],
    [
      "in a list and in a quote",
      `- ![a](${a})\n\n> ![b](${b})`,
      [
        { url: a, alt: "a" },
        { url: b, alt: "b" },
      ],
    ],
    [
      "each once, in their order",
      `![a](${a}) ![b](${b})\n\n![again](${a})`,
      [
        { url: a, alt: "a" },
        { url: b, alt: "b" },
      ],
    ],
  ])("are found %s", (_, text, links) => {
    expect(imagesIn(text)).toEqual(links);
  });

  test.each([
    ["in code", `\`![x](${a})\``],
    ["in a block of code", `\`\`\`\n![x](${a})\n\`\`\``],
    ["in a hidden comment", `<!-- ![x](${a}) <img src="${a}"> -->`],
    ["in a comment inside of a block", `<div>\n<!-- <img src="${a}"> -->\n</div>`],
    ["behind a backslash", `\\![x](${a})`],
    ["with another scheme", "![x](file:///etc/passwd) <img src='data:image/png;base64,AAAA'>"],
    ["in a name", `![x][${a}]`],
  ])("are none %s", (_, text) => {
    expect(imagesIn(text).filter(({ url }) => url !== `${a})`)).toEqual([]);
  });

  test("are looked for in linear time", () => {
    const started = performance.now();
    for (const text of [
      "![".repeat(100_000),
      "<img ".repeat(60_000),
      "<img src=".repeat(30_000),
      "<!--".repeat(60_000),
    ])
      imagesIn(`<div>\n${text}`);
    imagesIn("![".repeat(100_000));
    imagesIn("![a](https://".repeat(10_000));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
