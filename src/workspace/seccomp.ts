/** The filter of system calls that every process in the sandbox runs under, assembled as classic BPF. Knows numbers, not processes. */

/** Numbers of x86-64 and of arm64 (asm-generic/unistd.h); undefined where that architecture has no such call. */
const numbers = {
  ptrace: [101, 117],
  syslog: [103, 116],
  mount: [165, 40],
  umount2: [166, 39],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  init_module: [175, 105],
  delete_module: [176, 106],
  finit_module: [313, 273],
  quotactl: [179, 60],
  unshare: [272, 97],
  setns: [308, 268],
  pivot_root: [155, 41],
  chroot: [161, 51],
  acct: [163, 89],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  perf_event_open: [298, 241],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  fanotify_init: [300, 262],
  lookup_dcookie: [212, 18],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  pidfd_getfd: [438, 438],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  nfsservctl: [180, 42],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  modify_ldt: [154, undefined],
  uselib: [134, undefined],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  clone: [56, 220],
  clone3: [435, 435],
  ioctl: [16, 29],
  socket: [41, 198],
  socketpair: [53, 199],
  mknod: [133, undefined],
  mknodat: [259, 33],
  chmod: [90, undefined],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
} as const satisfies Record<string, readonly [number | undefined, number | undefined]>;

type Call = keyof typeof numbers;

const notPermitted: readonly Call[] = [
  ...(["ptrace", "syslog", "mount", "umount2", "swapon", "swapoff", "reboot", "init_module", "delete_module"] as const),
  ...(["finit_module", "quotactl", "unshare", "setns", "pivot_root", "chroot", "acct", "settimeofday"] as const),
  ...([
    "clock_settime",
    "kexec_load",
    "kexec_file_load",
    "add_key",
    "request_key",
    "keyctl",
    "perf_event_open",
  ] as const),
  ...([
    "bpf",
    "userfaultfd",
    "name_to_handle_at",
    "open_by_handle_at",
    "process_vm_readv",
    "process_vm_writev",
  ] as const),
  ...(["kcmp", "fanotify_init", "lookup_dcookie", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount"] as const),
  ...([
    "fspick",
    "mount_setattr",
    "pidfd_getfd",
    "move_pages",
    "migrate_pages",
    "nfsservctl",
    "iopl",
    "ioperm",
  ] as const),
  ...(["modify_ldt", "uselib"] as const),
];

/** glibc falls back to what these replaced. */
const notThere: readonly Call[] = ["io_uring_setup", "io_uring_enter", "io_uring_register", "clone3"];

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// Codes of linux/bpf_common.h and return values of linux/seccomp.h.
const loadWord = 0x20;
const andWith = 0x54;
const jumpIfEqual = 0x15;
const jumpIfNotLess = 0x35;
const jumpIfAnyBit = 0x45;
const give = 0x06;
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const fail = (errno: number): number => 0x00050000 | errno;

const architectures: Readonly<Record<string, { readonly audit: number; readonly column: 0 | 1 }>> = {
  x64: { audit: 0xc000003e, column: 0 },
  arm64: { audit: 0xc00000b7, column: 1 },
};

export const hasSeccompFilter = (architecture: string): boolean => architecture in architectures;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const offsetOfNumber = 0;
const offsetOfArchitecture = 4;
/** The low word of an argument: both architectures are little-endian. */
const offsetOfArgument = (index: number): number => 16 + 8 * index;
const x32Bit = 0x40000000;
const newNamespaces = 0x7e020000;
const setIds = 0o6000;
const typeMask = 0o170000;
const regularFile = 0o100000;
const [TIOCSTI, TIOCLINUX] = [0x5412, 0x541c];
const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];

/**
 * As raw `struct sock_filter[]`, which is what `bwrap --seccomp` reads.
 * @param architecture as `process.arch` names it @throws where its call numbers are not known
 */
export const renderSeccompFilter = (architecture: string): Buffer => {
  const known = architectures[architecture];
  if (!known) throw new Error(`there is no system-call filter for ${architecture}: the sandbox runs on x64 and arm64`);
  const numberOf = (call: Call): number[] => {
    const number = numbers[call][known.column];
    return number === undefined ? [] : [number];
  };
  /** `body` runs with the call's number loaded over; it must end in a verdict. */
  const when = (calls: readonly Call[], body: readonly Instruction[]): Instruction[] =>
    calls.flatMap(numberOf).flatMap((number) => [[jumpIfEqual, 0, body.length, number] as const, ...body]);
  const refuseBits = (argument: number, bits: number): Instruction[] => [
    [loadWord, 0, 0, offsetOfArgument(argument)],
    [jumpIfAnyBit, 0, 1, bits],
    [give, 0, 0, fail(EPERM)],
    [give, 0, 0, allow],
  ];
  const program: Instruction[] = [
    [loadWord, 0, 0, offsetOfArchitecture],
    [jumpIfEqual, 1, 0, known.audit],
    [give, 0, 0, killProcess],
    [loadWord, 0, 0, offsetOfNumber],
    ...(architecture === "x64"
      ? ([
          [jumpIfNotLess, 0, 1, x32Bit],
          [give, 0, 0, fail(ENOSYS)],
        ] as const)
      : []),
    ...when(notPermitted, [[give, 0, 0, fail(EPERM)]]),
    ...when(notThere, [[give, 0, 0, fail(ENOSYS)]]),
    ...when(["clone"], refuseBits(0, newNamespaces)),
    ...when(
      ["ioctl"],
      [
        [loadWord, 0, 0, offsetOfArgument(1)],
        [jumpIfEqual, 1, 0, TIOCSTI],
        [jumpIfEqual, 0, 1, TIOCLINUX],
        [give, 0, 0, fail(EPERM)],
        [give, 0, 0, allow],
      ],
    ),
    ...when(
      ["socket", "socketpair"],
      [
        [loadWord, 0, 0, offsetOfArgument(0)],
        [jumpIfEqual, 3, 0, AF_UNIX],
        [jumpIfEqual, 2, 0, AF_INET],
        [jumpIfEqual, 1, 0, AF_INET6],
        [give, 0, 0, fail(EAFNOSUPPORT)],
        [give, 0, 0, allow],
      ],
    ),
    ...when(["mknod"], onlyRegular(1)),
    ...when(["mknodat"], onlyRegular(2)),
    ...when(["chmod", "fchmod"], refuseBits(1, setIds)),
    ...when(["fchmodat", "fchmodat2"], refuseBits(2, setIds)),
    [give, 0, 0, allow],
  ];
  return encode(program);
};

/** A type of 0 means a regular file, too: mknod(2). */
const onlyRegular = (argument: number): Instruction[] => [
  [loadWord, 0, 0, offsetOfArgument(argument)],
  [andWith, 0, 0, typeMask],
  [jumpIfEqual, 2, 0, 0],
  [jumpIfEqual, 1, 0, regularFile],
  [give, 0, 0, fail(EPERM)],
  [give, 0, 0, allow],
];

const encode = (program: readonly Instruction[]): Buffer => {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
};
