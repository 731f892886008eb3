import { readdir, readFile, rm } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { isObject } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** A file or folder that `cdk deploy` would upload, and where it lies now. */
export type Asset = {
  /** Absolute if the assembly's folder was given so. */
  readonly path: string;
  /** `zip`: a folder, deployed as an archive of what is in it. `file`: deployed as it is. */
  readonly packaging: "zip" | "file";
};

/** By the object key under which the asset would be uploaded. */
export type Assets = ReadonlyMap<string, Asset>;

function keysOf(entry: Record<string, unknown>): string[] {
  const destinations = isObject(entry.destinations) ? Object.values(entry.destinations) : [];
  return destinations.flatMap((destination) =>
    isObject(destination) && typeof destination.objectKey === "string" ? [destination.objectKey] : [],
  );
}

/**
 * Reads `<stack>.assets.json` of a cloud assembly (`cdk.out`): the files section of the schema in the package
 * `@aws-cdk/cloud-assembly-schema`. Throws {@link TemplateError} when it is not what the schema says.
 */
export async function readAssets(assemblyDirectory: string, stackName: string): Promise<Assets> {
  const manifestPath = join(assemblyDirectory, `${stackName}.assets.json`);
  const manifest: unknown = JSON.parse(await readFile(manifestPath, "utf8"));
  const files = isObject(manifest) ? (manifest.files ?? {}) : undefined;
  if (!isObject(files)) throw new TemplateError(manifestPath, "expected an object with the section files");
  const assets = new Map<string, Asset>();
  for (const [id, entry] of Object.entries(files)) {
    if (!isObject(entry)) throw new TemplateError(`${manifestPath}: files.${id}`, "expected an object");
    // An asset with an executable is made at deployment; no path means there is nothing to run from.
    const { path, packaging } = isObject(entry.source) ? entry.source : {};
    if (typeof path !== "string") continue;
    const asset: Asset = { path: join(assemblyDirectory, path), packaging: packaging === "zip" ? "zip" : "file" };
    for (const key of keysOf(entry)) assets.set(key, asset);
  }
  return assets;
}

/** Deletes assets of earlier assemblies, which CDK leaves in its folder: each change of the code makes new ones. */
export async function deleteOldAssets(assemblyDirectory: string, stackName: string): Promise<void> {
  const assets = await readAssets(assemblyDirectory, stackName);
  const used = new Set([...assets.values()].map(({ path }) => relative(assemblyDirectory, path).split(sep)[0]));
  for (const name of await readdir(assemblyDirectory)) {
    if (!name.startsWith("asset.") || used.has(name)) continue;
    await rm(join(assemblyDirectory, name), { recursive: true, force: true });
  }
}

/** The folder of a function's code, from the evaluated `Code` property of an `AWS::Lambda::Function`. */
export function codeDirectory(logicalId: string, code: unknown, assets: Assets): string {
  const place = `${logicalId}.Properties.Code`;
  const key = isObject(code) ? code.S3Key : undefined;
  if (typeof key !== "string") {
    const got = isObject(code) ? Object.keys(code).join(", ") || "nothing" : JSON.stringify(code);
    throw new TemplateError(place, `expected S3Bucket and S3Key of an asset, got ${got}`);
  }
  const asset = assets.get(key);
  if (asset === undefined) throw new TemplateError(place, `no asset of the cloud assembly has the key ${key}`);
  if (asset.packaging !== "zip") throw new TemplateError(place, `expected a folder, got the file ${asset.path}`);
  return asset.path;
}
