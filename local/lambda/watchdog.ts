import { type ChildProcess, spawn } from "node:child_process";

/**
 * Kills processes when this one is gone, however it went. A function whose event loop turns sees the end of its
 * standard input by itself, but one in an endless loop does not, and nobody would be left to hold it to its time limit.
 */
export interface Watchdog {
  watch(pid: number): void;
  forget(pid: number): void;
  close(): Promise<void>;
}

/** A shell that reads the pids to watch, and at the end of its input kills those left. */
const script = `trap '' INT TERM HUP
pids=" "
while read -r sign pid; do
  case "$sign" in
    +) pids="$pids$pid " ;;
    -) case "$pids" in *" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done`;

export function startWatchdog(): Watchdog {
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script, "lambda-watchdog"], {
    stdio: ["pipe", "ignore", "ignore"],
    // Not in this process's group, so that Ctrl-C does not reach it.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    shell.once("exit", () => resolve());
    // Without a shell there is no watchdog, and functions without endless loops still end by themselves.
    shell.once("error", () => resolve());
  });
  shell.stdin?.on("error", () => {});
  shell.unref();
  return {
    watch: (pid) => shell.stdin?.write(`+ ${pid}\n`),
    forget: (pid) => shell.stdin?.write(`- ${pid}\n`),
    close: () => {
      shell.stdin?.end();
      return ended;
    },
  };
}
