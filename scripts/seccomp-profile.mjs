// @ts-check
/**
 * Writes seccomp-bwrap.json, the seccomp profile for compose.yml: Docker's own default of a named release, and the system
 * calls besides that bubblewrap builds its walls with. Docker's default allows them to root's capabilities only.
 * `node scripts/seccomp-profile.mjs [FILE]`: FILE is Docker's default where this machine can't fetch it.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const release = "seccomp/v0.2.3";
const source = `https://raw.githubusercontent.com/moby/profiles/${release}/seccomp/default.json`;
const sha256 = "536529b665dd0972c37bfb569f5d4ac8a53592e7b00752bc39ff063ca9864c74";

/**
 * @param {{ syscalls: readonly object[] }} profile Docker's default
 * @returns the same, and what bubblewrap needs
 */
export const allowBubblewrap = (profile) => ({
  ...profile,
  syscalls: [
    ...profile.syscalls,
    {
      names: ["clone", "mount", "pivot_root", "sethostname", "umount2", "unshare"],
      action: "SCMP_ACT_ALLOW",
      comment: "bubblewrap: user namespaces, and mounts inside of them",
    },
  ],
});

/** @param {string | undefined} file the profile, where this machine can't fetch it */
const readDefault = async (file) => {
  if (file) return readFileSync(file, "utf8");
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source} answered ${answer.status}`);
  return answer.text();
};

if (fileURLToPath(import.meta.url) === process.argv[1]) {
  const text = await readDefault(process.argv[2]);
  const found = createHash("sha256").update(text).digest("hex");
  if (found !== sha256) throw new Error(`this is not ${source} as this script knows it: its SHA-256 is ${found}`);
  writeFileSync("seccomp-bwrap.json", `${JSON.stringify(allowBubblewrap(JSON.parse(text)), null, 2)}\n`);
  console.log(`seccomp-bwrap.json written (Docker's default, ${release}, and bubblewrap's system calls)`);
}
