/** What must fail inside the sandbox, and what must work, as shell commands with what it means when they go the other way. */

export type Canary = {
  readonly command: string;
  readonly mustFail: boolean;
  /** Said of the sandbox where the command went the other way. */
  readonly finding: string;
  /** What to do about it, where that is known. */
  readonly mend?: string;
};

export type Outside = {
  /** A file of the App that the sandbox must not reach. */
  readonly secret: string;
  /** Where the host listens on its loopback. */
  readonly port: number;
  readonly python: boolean;
};

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const status = (name: string, value: string): string => `grep -Eq '^${name}:[[:space:]]*${value}$' /proc/self/status`;

const blocked = (command: string, finding: string): Canary => ({ command, mustFail: true, finding });
const works = (command: string, finding: string): Canary => ({ command, mustFail: false, finding });

const pythonRuns: Canary = {
  ...works("/opt/toolchain/bin/python -c 'print(1)'", "the Python environment cannot be run"),
  mend: "Make the environment of ARCHITECT_PYTHON with the system's own Python: /usr/bin/python3 -m venv FOLDER.",
};

export const canaries = ({ secret, port, python }: Outside): Canary[] => [
  blocked(`cat ${quote(secret)}`, "it reads the App's own files"),
  blocked("cat /etc/shadow", "it reads the system's passwords"),
  blocked("grep -q . /proc/1/environ", "it sees an environment from outside"),
  blocked("echo x > /repo/closed/x", "it writes outside the allowed folder"),
  blocked("echo x > /usr/x", "it writes to the system"),
  blocked("echo x > /x", "it writes to its root"),
  blocked(`exec 9<> /dev/tcp/127.0.0.1/${port}`, "it reaches the host's network"),
  blocked("unshare -Ur true", "it makes namespaces of its own"),
  blocked("mount -t tmpfs none /tmp", "it mounts"),
  blocked("mkfifo /repo/open/pipe", "it makes named pipes"),
  blocked("truncate -s 100M /repo/open/large", "files can grow without limit"),
  blocked(
    'for f in /proc/self/fd/*; do n="$(basename "$f")"; [ "$n" -gt 2 ] && [ -e "$f" ] && exit 0; done; exit 1',
    "it has open descriptors of the host",
  ),
  works('[ "$(id -u)" -ne 0 ]', "it runs as root"),
  works(status("CapEff", "0+"), "it has capabilities"),
  works(status("NoNewPrivs", "1"), "it can gain rights"),
  works(status("Seccomp", "2"), "no system-call filter is in force"),
  works('[ "$(ulimit -u)" -le 256 ]', "it can start any number of processes"),
  works("grep -q needle /repo/closed/file.txt", "it cannot read the repository"),
  works("echo x > /repo/open/x", "it cannot write where it may"),
  works("rg --version && git --version", "ripgrep or git cannot be run"),
  ...(python ? [pythonRuns] : []),
];
