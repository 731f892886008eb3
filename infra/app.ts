import { App } from "aws-cdk-lib";
import { ConfigError } from "../lib/config/error.ts";
import { configFile, loadConfig } from "../lib/config/load.ts";
import { names } from "../lib/names.ts";
import { MillraceStack } from "./millrace-stack.ts";

// Ctrl-C, as the end of a process does, removes what lies in the folder for temporary files.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

// Needs no AWS account: the template says nothing of one. The `cdk` command runs this too and says where to write.
const file = configFile(undefined);
try {
  const config = await loadConfig(file);
  const app = new App({ outdir: process.env.CDK_OUTDIR ?? "cdk.out", analyticsReporting: false });
  new MillraceStack(app, names.stack, { config, configFile: file });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${file}\n${error.message}\n`);
  process.exitCode = 1;
}
