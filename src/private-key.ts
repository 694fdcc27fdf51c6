/** ROOF: the App's private key, from a setting or a file, told to be one before anything is signed. Knows no other setting. */
import { createPrivateKey } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

export type Key = { readonly pem?: string; readonly problems: readonly string[]; readonly warnings: readonly string[] };

/** No message ever carries the key itself. @param given settings, without empty ones */
export const readKey = (given: Readonly<Record<string, string | undefined>>): Key => {
  const { PRIVATE_KEY: text, PRIVATE_KEY_PATH: path } = given;
  const wrong = (problem: string): Key => ({ problems: [problem], warnings: [] });
  if (text !== undefined && path !== undefined)
    return wrong("PRIVATE_KEY and PRIVATE_KEY_PATH are both set: keep one of them");
  if (text !== undefined) return checkKey("PRIVATE_KEY", text, []);
  if (path === undefined)
    return wrong(
      "PRIVATE_KEY_PATH is missing: it must be the .pem file that the App's settings page gave you (or PRIVATE_KEY its text)",
    );
  try {
    const open = (statSync(path).mode & 0o077) !== 0;
    const warnings = open ? [`PRIVATE_KEY_PATH: others on this machine can read ${path}; \`chmod 600\` it`] : [];
    return checkKey("PRIVATE_KEY_PATH", readFileSync(path, "utf8"), warnings);
  } catch (error) {
    return wrong(`PRIVATE_KEY_PATH cannot be read (${(error as NodeJS.ErrnoException).code}): ${path}`);
  }
};

const checkKey = (name: string, text: string, warnings: readonly string[]): Key => {
  const pem = `${text.replaceAll("\\n", "\n").trim()}\n`;
  const wish =
    "it must be the RSA key in PEM format that GitHub made for the App, from -----BEGIN to the end of the END line";
  try {
    const { asymmetricKeyType } = createPrivateKey(pem);
    if (asymmetricKeyType === "rsa") return { pem, problems: [], warnings };
    return { problems: [`${name} holds a key of type ${asymmetricKeyType}: ${wish}`], warnings };
  } catch {
    return { problems: [`${name} holds no private key: ${wish}`], warnings };
  }
};
