import { describe, expect, it } from "vitest";
import { hasSeccompFilter, renderSeccompFilter } from "../../src/workspace/seccomp.ts";

/** Runs a filter as the kernel would, on one call. Only the instructions that ours has. */
const judge = (filter: Buffer, audit: number, call: number, args: readonly number[] = []): string => {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call, 0);
  data.writeUInt32LE(audit >>> 0, 4);
  args.forEach((value, index) => {
    data.writeBigUInt64LE(BigInt(value), 16 + 8 * index);
  });
  let loaded = 0;
  for (let at = 0; at < filter.byteLength / 8; ) {
    const code = filter.readUInt16LE(at * 8);
    const [ifTrue, ifFalse, value] = [
      filter.readUInt8(at * 8 + 2),
      filter.readUInt8(at * 8 + 3),
      filter.readUInt32LE(at * 8 + 4),
    ];
    at += 1;
    const jump = (holds: boolean): void => {
      at += holds ? ifTrue : ifFalse;
    };
    if (code === 0x20) loaded = data.readUInt32LE(value);
    else if (code === 0x54) loaded = (loaded & value) >>> 0;
    else if (code === 0x15) jump(loaded === value);
    else if (code === 0x35) jump(loaded >= value);
    else if (code === 0x45) jump((loaded & value) !== 0);
    else if (code === 0x06) return verdicts.get(value) ?? `0x${value.toString(16)}`;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("the filter ended without a verdict");
};

const verdicts = new Map([
  [0x7fff0000, "allow"],
  [0x80000000, "kill"],
  [0x00050001, "EPERM"],
  [0x00050026, "ENOSYS"],
  [0x00050061, "EAFNOSUPPORT"],
]);

// From the kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
const machines = {
  x64: {
    audit: 0xc000003e,
    calls: {
      read: 0,
      openat: 257,
      execve: 59,
      ptrace: 101,
      mount: 165,
      unshare: 272,
      bpf: 321,
      io_uring_setup: 425,
      clone: 56,
      clone3: 435,
      ioctl: 16,
      socket: 41,
      socketpair: 53,
      mknodat: 259,
      fchmod: 91,
      fchmodat: 268,
      fchmodat2: 452,
    },
  },
  arm64: {
    audit: 0xc00000b7,
    calls: {
      read: 63,
      openat: 56,
      execve: 221,
      ptrace: 117,
      mount: 40,
      unshare: 97,
      bpf: 280,
      io_uring_setup: 425,
      clone: 220,
      clone3: 435,
      ioctl: 29,
      socket: 198,
      socketpair: 199,
      mknodat: 33,
      fchmod: 52,
      fchmodat: 53,
      fchmodat2: 452,
    },
  },
} as const;

describe.each(["x64", "arm64"] as const)("the system-call filter of %s", (name) => {
  const { audit, calls } = machines[name];
  const filter = renderSeccompFilter(name);
  const ask = (call: keyof typeof calls, ...args: number[]) => judge(filter, audit, calls[call], args);

  it("lets ordinary work through and stops what would change the machine", () => {
    for (const call of ["read", "openat", "execve"] as const) expect([call, ask(call)]).toEqual([call, "allow"]);
    for (const call of ["ptrace", "mount", "unshare", "bpf"] as const)
      expect([call, ask(call)]).toEqual([call, "EPERM"]);
    for (const call of ["io_uring_setup", "clone3"] as const) expect([call, ask(call)]).toEqual([call, "ENOSYS"]);
  });

  it("looks at arguments where it has to", () => {
    expect(ask("clone", 0x003d0f00)).toBe("allow");
    expect([0x10000000, 0x20000000, 0x40000000, 0x00020000].map((flag) => ask("clone", flag | 0x11))).toEqual(
      Array(4).fill("EPERM"),
    );
    expect(ask("ioctl", 0, 0x5401)).toBe("allow");
    expect([ask("ioctl", 0, 0x5412), ask("ioctl", 0, 0x541c), ask("ioctl", 0, 0x1_0000_5412)]).toEqual(
      Array(3).fill("EPERM"),
    );
    expect([1, 2, 10].map((family) => ask("socket", family))).toEqual(Array(3).fill("allow"));
    expect([16, 17, 40].map((family) => ask("socket", family))).toEqual(Array(3).fill("EAFNOSUPPORT"));
    expect([ask("socketpair", 1), ask("socketpair", 16)]).toEqual(["allow", "EAFNOSUPPORT"]);
    expect([0o644, 0o100644].map((mode) => ask("mknodat", 0, 0, mode))).toEqual(["allow", "allow"]);
    expect([0o010644, 0o020644, 0o060644, 0o140644].map((mode) => ask("mknodat", 0, 0, mode))).toEqual(
      Array(4).fill("EPERM"),
    );
    expect([ask("fchmod", 3, 0o755), ask("fchmodat", 0, 0, 0o755)]).toEqual(["allow", "allow"]);
    expect([ask("fchmod", 3, 0o4755), ask("fchmodat", 0, 0, 0o2755), ask("fchmodat2", 0, 0, 0o6755)]).toEqual(
      Array(3).fill("EPERM"),
    );
  });

  it("kills a call by another machine's table", () => {
    expect(judge(filter, 0x40000003, calls.read)).toBe("kill");
  });
});

describe("the system-call filter", () => {
  it("answers the x32 table with ENOSYS", () => {
    expect(judge(renderSeccompFilter("x64"), machines.x64.audit, 0x40000000 + 101)).toBe("ENOSYS");
  });

  it("is refused for a machine whose numbers are not known", () => {
    expect(hasSeccompFilter("riscv64")).toBe(false);
    expect(() => renderSeccompFilter("riscv64")).toThrow("no system-call filter for riscv64");
  });
});
