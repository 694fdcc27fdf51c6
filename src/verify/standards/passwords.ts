/** How passwords are kept: bcrypt with its cost and its 72 bytes, or Argon2id; never a digest that is fast to guess. */
import { children, field, type Node, textOf } from "../python/node.ts";
import type { Code, CodeFile } from "./code.ts";
import { numberOf } from "./constant.ts";
import { enclosing } from "./place.ts";
import { hitAt, type Standards } from "./standard.ts";

const passwordText = /passw|pwd/i;

/** A digest that bcrypt is given so that no byte is cut off. */
const isPrehash = (node: Node): boolean => {
  const fn = enclosing(node, /^function_definition$/);
  return fn !== undefined && /bcrypt|argon2|scrypt|pbkdf2|hasher/i.test(textOf(fn));
};

const fast = /^hashlib\.(md5|sha1|sha224|sha256|sha384|sha512|blake2\w|new)$/;

const argumentText = (node: Node): string => {
  const list = field(node, "arguments");
  return list ? textOf(list) : "";
};

const handles72 =
  /\b72\b|bcrypt_sha256|truncate_error|b64encode\(\s*hashlib|hashlib\.sha\d+\([^)]*\)\s*\.\s*(digest|hexdigest)\(\)[^\n]*\n?[^\n]*bcrypt/i;

const roundsOf = (file: CodeFile, code: Code) =>
  file.calls.flatMap(({ name, args, keywords, node }) => {
    const given = /(^|\.)gensalt$/.test(name)
      ? (keywords.get("rounds") ?? args[0])
      : /(^|\.)BcryptHasher$|(^|\.)bcrypt(_sha256)?\.using$/.test(name)
        ? (keywords.get("rounds") ?? (name.endsWith("using") ? undefined : args[0]))
        : /(^|\.)CryptContext$/.test(name)
          ? (keywords.get("bcrypt__rounds") ?? keywords.get("bcrypt__default_rounds"))
          : undefined;
    const rounds = numberOf(given, file, code);
    return rounds === undefined ? [] : [{ rounds, node }];
  });

const hashesWithBcrypt = /^bcrypt\.hashpw$|(^|\.)BcryptHasher$/;

export const passwordStandards: Standards<
  "weak-bcrypt-cost" | "bcrypt-truncation" | "fast-password-hash" | "other-password-hash"
> = {
  "weak-bcrypt-cost": {
    severity: "error",
    check: (file, code, { cost }) =>
      roundsOf(file, code)
        .filter(({ rounds }) => rounds < cost)
        .map(({ rounds, node }) => hitAt(file, node, `bcrypt costs ${rounds} rounds: at least ${cost}`)),
  },
  "bcrypt-truncation": {
    severity: "concern",
    check: (file, code) => {
      // Beside Argon2id it only reads hashes that were made before.
      if (/\bArgon2/.test(file.text)) return [];
      const hashes = file.calls.filter(
        ({ name, node }) =>
          hashesWithBcrypt.test(name) ||
          (/(^|\.)CryptContext$/.test(name) && /["']bcrypt["']/.test(argumentText(node))),
      );
      if (hashes.length === 0 || code.mentions(passwordText, handles72)) return [];
      return hashes.map(({ node }) =>
        hitAt(
          file,
          node,
          "bcrypt reads 72 bytes and no more: refuse longer passwords where they come in, or use Argon2id",
        ),
      );
    },
  },
  "fast-password-hash": {
    severity: "error",
    check: (file) =>
      file.calls
        .filter(
          ({ name, node }) =>
            fast.test(name) &&
            passwordText.test(argumentText(node)) &&
            !/token|reset|cache|breach|pwned/i.test(argumentText(node)) &&
            !isPrehash(node),
        )
        .map(({ name, node }) =>
          hitAt(file, node, `${name} is no password hash, it is fast to guess: Argon2id, or bcrypt with cost 12`),
        ),
  },
  "other-password-hash": {
    severity: "concern",
    check: (file) =>
      file.calls
        .filter(
          ({ name, node, keywords }) =>
            (/(^|\.)CryptContext$/.test(name) &&
              keywords.get("schemes")?.type === "list" &&
              /^["'](?!.*(bcrypt|argon2|scrypt))/.test(firstScheme(keywords.get("schemes")))) ||
            (name === "hashlib.pbkdf2_hmac" && passwordText.test(argumentText(node))),
        )
        .map(({ node }) => hitAt(file, node, "hashes passwords otherwise than with Argon2id or bcrypt")),
  },
};

const firstScheme = (list: Node | undefined): string => {
  const [first] = list ? children(list) : [];
  return first ? textOf(first) : "";
};
