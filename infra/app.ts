import { App } from "aws-cdk-lib";
import { configFile, loadConfig } from "../lib/load-config.ts";
import { names } from "../lib/names.ts";
import { MillraceStack } from "./millrace-stack.ts";

// Needs no AWS account: the template says nothing of one. The `cdk` command runs this too and says where to write.
const file = configFile(undefined);
const app = new App({ outdir: process.env.CDK_OUTDIR ?? "cdk.out", analyticsReporting: false });
new MillraceStack(app, names.stack, { config: await loadConfig(file), configFile: file });
app.synth();
